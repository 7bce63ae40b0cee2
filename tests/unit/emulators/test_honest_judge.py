import json
import tomllib
from importlib.resources import files

import pytest

from emulators.gemini.errors import CannotJudge
from emulators.gemini.honest_judge import Conversation, HonestJudge, judge
from emulators.gemini.sentences import Turn

PROGRAMME = ["How was your day?", "What is on your mind?", "Is there anything you want to carry into tomorrow?"]
VERDICT = frozenset({"verdict", "reason"})


def verdict(*said: str, question: int = 0, silence_ms: int = 1500) -> str:
    asked = Turn(speaker="daybook", text=PROGRAMME[question])
    turns = [asked, *(Turn(speaker="person", text=text) for text in said)]
    conversation = Conversation(programme=PROGRAMME, turns=turns, question=PROGRAMME[question], silence_ms=silence_ms)
    return judge(conversation).verdict


@pytest.mark.parametrize(
    "said",
    [
        "Please stop calling me. I do not want these calls any more.",
        "Stop calling.",
        "don't call me again",
        "Don\N{RIGHT SINGLE QUOTATION MARK}t ever call me.",
        "I had a good day. Remove me.",
        "No more calls please.",
    ],
)
def test_no_more_calls(said: str) -> None:
    assert verdict(said) == "wants_no_more_calls"


@pytest.mark.parametrize(
    "said",
    [
        "I told my brother that he should stop calling the office all day long, and he laughed at me for a while.",
        "My children are far away and they do not call me as often as I would like them to.",
    ],
)
def test_calls_in_a_story_are_a_story(said: str) -> None:
    assert verdict(said) == "answered"


@pytest.mark.parametrize(
    "said",
    [
        "That is all for today, thank you.",
        "That is all for today. Thank you so much.",
        "I'm done.",
        "Nothing else. Good night.",
        "I have to go now.",
        "Bye.",
    ],
)
def test_taking_leave(said: str) -> None:
    assert verdict(said) == "wants_to_stop"
    assert verdict(said, question=2) == "complete"


def test_a_leave_in_a_story_is_a_story() -> None:
    said = "In the evening my father said that this is all he can do for the old boat and that he is sorry."
    assert verdict(said) == "answered"


@pytest.mark.parametrize("said", ["Who is this?", "Can you hear me?", "I was out. Are you a real person?"])
def test_questions_to_daybook(said: str) -> None:
    assert verdict(said) == "asks_something"


def test_a_question_to_oneself_is_none_to_daybook() -> None:
    assert verdict("And all the way home I was thinking about it. Why did I say that to her?") == "answered"


@pytest.mark.parametrize(
    "said",
    [
        "I do not really know, because",
        "It was a long and full day with many people in the house and then I went to the",
        "It was all right, um",
        "There was this letter on the table, and I opened it in the hall with my coat still on...",
        "Well.",
        "It was",
    ],
)
def test_breaking_off(said: str) -> None:
    assert verdict(said) == "still_thinking"


def test_thinking_so_is_no_breaking_off() -> None:
    assert verdict("It was one of the better days of this year, or at least I think so.") == "answered"


def test_little_is_a_pause() -> None:
    assert verdict("It was fine, I guess.") == "paused"
    assert verdict("Fine.", silence_ms=1500) == "still_thinking"
    assert verdict("Fine.", silence_ms=6000) == "paused"


def test_enough_over_several_turns_is_an_answer() -> None:
    assert verdict("It was quiet here.", "I read a book in the garden, and it rained.") == "answered"
    assert verdict("It was quiet here.", "I read a book in the garden, and it rained.", question=2) == "complete"


def test_no_is_an_answer_to_yes_or_no() -> None:
    assert verdict("No.", question=2) == "complete"
    assert verdict("No.", question=0) == "still_thinking"


def test_what_was_said_to_an_earlier_question_does_not_count() -> None:
    turns = [
        Turn(speaker="daybook", text=PROGRAMME[0]),
        Turn(speaker="person", text="A long answer to the first one, of more than a dozen words, all of them true."),
        Turn(speaker="daybook", text=PROGRAMME[1]),
        Turn(speaker="person", text="Nothing new."),
    ]
    conversation = Conversation(programme=PROGRAMME, turns=turns, question=PROGRAMME[1], silence_ms=5000)
    assert judge(conversation).verdict == "paused"


def test_nothing_was_said() -> None:
    assert verdict() == "still_thinking"
    assert judge(Conversation(programme=[], turns=[], question="", silence_ms=0)).verdict == "still_thinking"


@pytest.mark.parametrize("persona", ["talks_and_completes", "brief", "talks_seven_minutes"])
def test_the_first_answer_of_a_talking_persona_is_an_answer(persona: str) -> None:
    personas = tomllib.loads(files("emulators.twilio").joinpath("personas.toml").read_text("utf-8"))
    assert verdict(personas[persona]["script"][0]) == "answered"


def test_it_says_what_it_stumbles_at_and_repeats_nothing() -> None:
    with pytest.raises(CannotJudge, match=r"stumbles at: turns\.0\.speaker") as refused:
        HonestJudge().answer(
            json.dumps({"programme": [], "turns": [{"speaker": "Ada", "text": "x"}], "question": "", "silence_ms": 0}),
            VERDICT,
        )
    assert "Ada" not in str(refused.value)
    with pytest.raises(CannotJudge, match="stumbles at: all"):
        HonestJudge().answer("Hello?", VERDICT)
