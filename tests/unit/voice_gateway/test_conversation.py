"""The conversation, in virtual time: what it says when, and what it never does."""

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voice_gateway.conversation import Conversation
from voice_gateway.exchange import (
    AnsweredByMachine,
    AskVerdict,
    Began,
    BeginClosing,
    Clear,
    Closed,
    Command,
    CutOff,
    End,
    Event,
    HangUp,
    Heard,
    Hearing,
    JournalAway,
    Judged,
    KeepTurn,
    LineGone,
    OptOut,
    Outcome,
    Played,
    Pressed,
    Purpose,
    Sounding,
    Speak,
    Speaker,
    SpeechBegan,
    SpeechEnded,
    Tick,
    Turn,
    Unspoken,
    Verdict,
)
from voice_gateway.programme_files import programme_for
from voice_gateway.prompting import CLEAR_LOST_MS, MARK_LOST_MS
from voice_gateway.script import BORNE_WITHOUT_JOURNAL_MS
from voice_gateway.waiting import PATIENCE_MS, QUIET_BEFORE_PROMPT_MS, QUIET_BEFORE_VERDICT_MS, SILENCE_MS

ENGLISH = programme_for("en-US", "Daybook")
MAX_MS = 600_000
PROMPT_MS = 2_000


class Call:
    """A conversation with somebody on the other side, who hears each prompt for two seconds."""

    def __init__(self, *, turns: Iterable[Turn] = (), max_ms: int = MAX_MS, **options: object) -> None:
        self.conversation = Conversation(ENGLISH, greeting="Hello.", max_ms=max_ms, turns=tuple(turns), **options)
        self.now_ms = 0
        self.commands: list[Command] = []

    def apply(self, event: Event) -> list[Command]:
        commands = self.conversation.handle(event)
        self.commands += commands
        return commands

    def begin(self) -> None:
        self.hear_out(self.apply(Began(0)))

    def hear_out(self, commands: list[Command]) -> None:
        """Every prompt sounds and is heard to its end, and what follows from that too."""
        for command in commands:
            if isinstance(command, Speak):
                self.apply(Sounding(command.mark, self.now_ms))
                self.now_ms += PROMPT_MS
                self.hear_out(self.apply(Played(command.mark, self.now_ms)))

    def wait(self, duration_ms: int) -> list[Command]:
        """Silence of so long, up to the first thing that is decided."""
        until = self.now_ms + duration_ms
        while self.now_ms < until:
            self.now_ms += 100
            commands = self.apply(Tick(self.now_ms))
            if commands:
                return commands
        return []

    def say(self, text: str, duration_ms: int = 3_000) -> None:
        starts = self.now_ms
        self.apply(SpeechBegan(starts))
        while self.now_ms < starts + duration_ms:
            self.wait(500)
            self.apply(Hearing("words", self.now_ms))
        self.apply(SpeechEnded(self.now_ms))
        self.apply(Heard(text, starts, self.now_ms))

    def judge(self, verdict: Verdict | None) -> list[Command]:
        [asked] = self.wait(PATIENCE_MS)
        assert isinstance(asked, AskVerdict)
        commands = self.apply(Judged(asked.number, verdict))
        self.hear_out(commands)
        return commands

    def said(self) -> list[Purpose]:
        return [command.purpose for command in self.commands if isinstance(command, Speak)]

    def outcome(self) -> Outcome | None:
        """How it ended, if Daybook has hung up."""
        if HangUp() in self.commands:
            self.apply(Closed())
        return next((command.outcome for command in self.commands if isinstance(command, End)), None)


def keeps(commands: list[Command]) -> list[Turn]:
    return [command.turn for command in commands if isinstance(command, KeepTurn)]


def purposes(commands: list[Command]) -> list[Purpose]:
    return [command.purpose for command in commands if isinstance(command, Speak)]


@pytest.fixture
def call() -> Call:
    call = Call()
    call.begin()
    return call


def test_greets_and_asks(call):
    assert call.said() == [Purpose.GREETING, Purpose.QUESTION]


def test_asks_all_questions_and_closes(call):
    for _ in ENGLISH.questions:
        call.say("I went for a walk.")
        call.judge(Verdict.ANSWERED)
    assert call.said()[1:] == [Purpose.QUESTION] * 3 + [Purpose.CLOSING]
    assert call.outcome() is Outcome.COMPLETED
    assert [turn.sequence for turn in call.conversation.turns] == list(range(len(call.conversation.turns)))


@pytest.mark.parametrize("verdict", [Verdict.COMPLETE, Verdict.WANTS_TO_STOP])
def test_closes_when_they_are_done(call, verdict):
    call.say("That is all for today.")
    call.judge(verdict)
    assert call.said()[-1] is Purpose.CLOSING
    assert call.outcome() is Outcome.COMPLETED


def test_waits_before_it_asks_for_a_verdict(call):
    call.say("I went for a walk.")
    assert call.wait(QUIET_BEFORE_VERDICT_MS - 100) == []
    assert isinstance(call.wait(100)[0], AskVerdict)


def test_a_verdict_is_asked_with_all_that_was_said(call):
    call.say("I went for a walk.")
    [asked] = call.wait(PATIENCE_MS)
    assert isinstance(asked, AskVerdict)
    assert asked.question == ENGLISH.questions[0]
    assert asked.silence_ms == QUIET_BEFORE_VERDICT_MS
    assert [turn.text for turn in asked.turns] == ["Hello.", ENGLISH.questions[0], "I went for a walk."]


def test_who_thinks_is_left_in_peace_then_encouraged_then_asked_on(call):
    call.say("I went for a walk and")
    assert call.judge(Verdict.STILL_THINKING) == []
    assert call.wait(PATIENCE_MS - QUIET_BEFORE_VERDICT_MS - 100) == []
    encouraged = call.wait(100)
    assert purposes(encouraged) == [Purpose.ENCOURAGEMENT]
    call.hear_out(encouraged)
    assert call.wait(PATIENCE_MS - 100) == []
    assert purposes(call.wait(100)) == [Purpose.QUESTION]


def test_no_verdict_means_listening(call):
    call.say("I went for a walk.")
    assert call.judge(None) == []
    assert purposes(call.wait(PATIENCE_MS)) == [Purpose.ENCOURAGEMENT]


def test_a_pause_is_encouraged_once_a_question(call):
    call.say("Hm.")
    assert purposes(call.judge(Verdict.PAUSED)) == [Purpose.ENCOURAGEMENT]
    call.say("Well.")
    assert call.judge(Verdict.PAUSED) == []


def test_a_question_to_daybook_is_answered(call):
    call.say("What do you think?")
    assert purposes(call.judge(Verdict.ASKS_SOMETHING)) == [Purpose.CANNOT_ANSWER]


def test_a_verdict_is_void_once_they_go_on(call):
    call.say("I went for a walk.")
    [asked] = call.wait(PATIENCE_MS)
    assert isinstance(asked, AskVerdict)
    call.apply(SpeechBegan(call.now_ms))
    assert call.apply(Judged(asked.number, Verdict.COMPLETE)) == []
    call.apply(SpeechEnded(call.now_ms))
    [again] = call.wait(PATIENCE_MS)
    assert isinstance(again, AskVerdict)
    assert again.number != asked.number


def test_silence_is_asked_about_then_closed(call):
    assert call.wait(SILENCE_MS - 100) == []
    asked = call.wait(100)
    assert purposes(asked) == [Purpose.ARE_YOU_THERE]
    call.hear_out(asked)
    assert call.wait(SILENCE_MS - 100) == []
    call.hear_out(call.wait(100))
    assert call.said()[-1] is Purpose.CLOSING
    assert call.outcome() is Outcome.SILENT


def test_falling_silent_for_good_is_cut_short(call):
    call.say("I went for a walk.")
    call.judge(Verdict.ANSWERED)
    call.hear_out(call.wait(SILENCE_MS))
    call.hear_out(call.wait(SILENCE_MS))
    assert call.outcome() is Outcome.CUT_SHORT


def test_words_that_are_not_settled_yet_are_waited_for(call):
    call.apply(SpeechBegan(call.now_ms))
    call.wait(2_000)
    call.apply(Hearing("words", call.now_ms))
    call.apply(SpeechEnded(call.now_ms))
    assert call.wait(2_000) == []
    call.apply(Heard("I went for a walk.", call.now_ms - 4_000, call.now_ms - 2_000))
    assert isinstance(call.wait(100)[0], AskVerdict)


def test_digit_nine_opts_out_at_once(call):
    commands = call.apply(Pressed("9"))
    assert isinstance(commands[0], OptOut)
    call.hear_out(commands)
    assert call.said()[-1] is Purpose.OPT_OUT_CONFIRMATION
    assert call.outcome() is Outcome.OPTED_OUT


def test_digit_nine_cuts_the_greeting():
    call = Call()
    [greeting] = call.apply(Began(0))
    assert isinstance(greeting, Speak)
    call.apply(Sounding(greeting.mark, 0))
    commands = call.apply(Pressed("9"))
    assert [type(command) for command in commands] == [OptOut, BeginClosing, Clear, Speak]


@pytest.mark.parametrize("digit", "12345678ABCD")
def test_other_keys_do_nothing(call, digit):
    assert call.apply(Pressed(digit)) == []


def test_opting_out_while_they_speak_is_confirmed_when_they_pause(call):
    call.apply(SpeechBegan(call.now_ms))
    assert call.apply(Pressed("9")) == [OptOut(), BeginClosing(Outcome.OPTED_OUT)]
    call.wait(1_000)
    call.apply(SpeechEnded(call.now_ms))
    assert purposes(call.wait(2_000)) == [Purpose.OPT_OUT_CONFIRMATION]


@pytest.mark.parametrize("words", ["Stop calling.", "please stop calling me", "Don\u2019t call me again!"])
def test_plain_words_opt_out_without_a_verdict(call, words):
    call.say(words)
    assert OptOut() in call.commands


def test_words_about_calling_are_left_to_the_verdict(call):
    call.say("My sister said I should stop calling her so late.")
    assert OptOut() not in call.commands
    call.judge(Verdict.WANTS_NO_MORE_CALLS)
    assert OptOut() in call.commands
    assert call.outcome() is Outcome.OPTED_OUT


def test_opting_out_into_the_greeting_is_judged_before_the_first_question():
    call = Call()
    [greeting] = call.apply(Began(0))
    assert isinstance(greeting, Speak)
    call.apply(Sounding(greeting.mark, 0))
    call.say("Oh, take me off your list, will you?", 1_000)
    call.apply(Played(greeting.mark, call.now_ms))
    call.judge(Verdict.WANTS_NO_MORE_CALLS)
    assert call.said() == [Purpose.GREETING, Purpose.OPT_OUT_CONFIRMATION]


def test_hello_into_the_greeting_leads_to_the_first_question():
    call = Call()
    [greeting] = call.apply(Began(0))
    assert isinstance(greeting, Speak)
    call.apply(Sounding(greeting.mark, 0))
    call.say("Hello?", 1_000)
    call.apply(Played(greeting.mark, call.now_ms))
    call.judge(Verdict.STILL_THINKING)
    assert call.said() == [Purpose.GREETING, Purpose.QUESTION]


def question_under_way(call: Call) -> Speak:
    call.say("I went for a walk.")
    [asked] = call.wait(PATIENCE_MS)
    assert isinstance(asked, AskVerdict)
    [question] = call.apply(Judged(asked.number, Verdict.ANSWERED))
    assert isinstance(question, Speak)
    return question


def test_a_question_gives_way_to_words(call):
    question = question_under_way(call)
    call.apply(Sounding(question.mark, call.now_ms))
    call.now_ms += 500
    call.apply(SpeechBegan(call.now_ms))
    assert Clear() not in call.commands, "a noise is no word"
    commands = call.apply(Hearing("words", call.now_ms + 200))
    assert commands == [Clear()]
    [kept] = call.apply(CutOff(question.mark, call.now_ms + 200, 0.5))
    assert isinstance(kept, KeepTurn)
    assert kept.turn.text == "What is on your mind most…"
    assert (kept.turn.starts_at_ms, kept.turn.ends_at_ms) == (call.now_ms - 500, call.now_ms + 200)


def test_words_that_cut_a_question_come_behind_what_was_heard_of_it(call):
    question = question_under_way(call)
    call.apply(Sounding(question.mark, call.now_ms))
    said = Heard("I know, wait.", call.now_ms + 100, call.now_ms + 900)
    assert call.apply(said) == [Clear()]
    assert [turn.text for turn in keeps(call.apply(CutOff(question.mark, call.now_ms + 950, 0.2)))] == [
        "What is…",
        "I know, wait.",
    ]


def test_a_clear_of_which_nothing_comes_back_holds_no_words_back(call):
    question = question_under_way(call)
    call.apply(Sounding(question.mark, call.now_ms))
    call.apply(Heard("I know, wait.", call.now_ms + 100, call.now_ms + 900))
    assert [turn.text for turn in keeps(call.wait(CLEAR_LOST_MS + 200))] == [ENGLISH.questions[1], "I know, wait."]


def test_who_hangs_up_into_a_clear_loses_no_words(call):
    question = question_under_way(call)
    call.apply(Sounding(question.mark, call.now_ms))
    call.apply(Heard("I know, wait.", call.now_ms + 100, call.now_ms + 900))
    call.apply(LineGone())
    assert keeps(call.apply(Closed()))[-1].text == "I know, wait."


@pytest.mark.parametrize("sound", ["Mhm.", "Uh huh", "yes, yeah", "Okay."])
def test_who_only_listens_is_not_given_way_to(call, sound):
    question = question_under_way(call)
    call.apply(Sounding(question.mark, call.now_ms))
    assert call.apply(Hearing(sound, call.now_ms + 300)) == []
    [kept] = keeps(call.apply(Heard(sound, call.now_ms + 100, call.now_ms + 300)))
    assert kept.text == sound, "it is a word nevertheless"
    call.now_ms += PROMPT_MS
    call.apply(Played(question.mark, call.now_ms))
    assert purposes(call.wait(SILENCE_MS + 1_000)) == [Purpose.ARE_YOU_THERE], "to listen is not to answer"


def test_yes_is_an_answer(call):
    call.say("Yes.")
    [asked] = call.wait(PATIENCE_MS)
    assert isinstance(asked, AskVerdict)


def test_words_from_before_a_question_do_not_cut_it(call):
    question = question_under_way(call)
    call.apply(Sounding(question.mark, call.now_ms))
    assert call.apply(Hearing("words", call.now_ms - 200)) == []


def test_a_question_that_nobody_heard_is_asked_again(call):
    question_under_way(call)
    assert call.apply(SpeechBegan(call.now_ms)) == [Clear()]
    call.wait(1_000)
    call.apply(SpeechEnded(call.now_ms))
    call.apply(Heard("And then I read.", call.now_ms - 1_000, call.now_ms))
    assert purposes(call.judge(Verdict.ANSWERED)) == [Purpose.QUESTION]
    assert call.conversation.turns[-1].text == ENGLISH.questions[1]


def test_the_closing_is_heard_to_its_end(call):
    call.say("I went for a walk.")
    [asked] = call.wait(PATIENCE_MS)
    assert isinstance(asked, AskVerdict)
    _, closing = call.apply(Judged(asked.number, Verdict.COMPLETE))
    assert isinstance(closing, Speak)
    call.apply(Sounding(closing.mark, call.now_ms))
    call.say("Thank you, bye!")
    assert Clear() not in call.commands
    assert call.outcome() is None
    call.apply(Played(closing.mark, call.now_ms))
    assert call.outcome() is Outcome.COMPLETED


def test_a_prompt_that_could_not_be_said_is_tried_again(call):
    question = question_under_way(call)
    assert call.apply(Unspoken(question.mark)) == []
    call.hear_out(call.wait(PATIENCE_MS))
    call.hear_out(call.wait(PATIENCE_MS))
    assert call.conversation.turns[-1].text == ENGLISH.questions[1]


def test_a_prompt_whose_mark_went_missing_is_over_and_nothing_of_it_comes_later(call):
    question = question_under_way(call)
    call.apply(Sounding(question.mark, call.now_ms))
    given_up = call.wait(2 * MARK_LOST_MS)
    assert [type(command) for command in given_up] == [Clear, KeepTurn]
    assert call.apply(Played(question.mark, call.now_ms)) == []
    assert purposes(call.wait(SILENCE_MS)) == [Purpose.ARE_YOU_THERE]


def test_a_greeting_that_never_began_to_sound_is_no_greeting():
    call = Call()
    call.apply(Began(0))
    assert call.wait(2 * MARK_LOST_MS) == [Clear(), HangUp()]
    assert call.outcome() is Outcome.SILENT


def test_without_a_greeting_there_is_no_call():
    call = Call()
    [greeting] = call.apply(Began(0))
    assert isinstance(greeting, Speak)
    assert call.apply(Unspoken(greeting.mark)) == [HangUp()]
    assert call.outcome() is Outcome.SILENT


def test_a_recogniser_that_lags_does_not_make_daybook_interrupt(call):
    """They talk on, and nothing is known of it but the sound."""
    call.say("It was a long day.")
    sound_ms = call.now_ms + 9_000
    while call.now_ms < sound_ms:
        call.now_ms += 100
        assert call.apply(Tick(call.now_ms, call.now_ms)) == []
    call.apply(Heard("I walked to the river,", call.now_ms - 9_000, call.now_ms - 7_000))
    until_ms = call.now_ms + 12_000
    while call.now_ms < until_ms:
        call.now_ms += 100
        assert call.apply(Tick(call.now_ms, sound_ms)) == [], "seven seconds of words are still to come"
    call.apply(Heard("and nobody else was out there.", sound_ms - 7_000, sound_ms))
    call.now_ms += 100
    assert [type(command) for command in call.apply(Tick(call.now_ms, sound_ms))] == [AskVerdict]


def test_a_verdict_that_comes_into_a_sound_is_asked_for_again_when_that_is_over(call):
    call.say("I went for a walk.")
    [asked] = call.wait(PATIENCE_MS)
    call.now_ms += 100
    assert call.apply(Tick(call.now_ms, call.now_ms)) == []
    assert call.apply(Judged(asked.number, Verdict.ANSWERED)) == []
    sound_ms = call.now_ms
    said = []
    while not said:
        call.now_ms += 100
        said = call.apply(Tick(call.now_ms, sound_ms))
    assert [type(command) for command in said] == [AskVerdict]
    assert call.now_ms - sound_ms >= QUIET_BEFORE_VERDICT_MS


def test_a_prompt_that_is_due_waits_for_a_sound_to_end(call):
    call.now_ms += 100
    sound_ms = call.now_ms
    call.apply(Tick(call.now_ms, sound_ms))
    assert call.apply(Pressed("#")) == []
    said = []
    while not said:
        call.now_ms += 100
        said = call.apply(Tick(call.now_ms, sound_ms))
    assert purposes(said) == [Purpose.QUESTION]
    assert call.now_ms - sound_ms >= QUIET_BEFORE_PROMPT_MS


# ------------------------------------------------------------------------------------------------- keys and words


def test_the_key_0_ends_the_call(call):
    call.say("I went for a walk.")
    call.hear_out(call.apply(Pressed("0")))
    assert call.said()[-1] is Purpose.CLOSING
    assert call.outcome() is Outcome.COMPLETED


def test_who_ends_the_call_before_a_word_is_told_nothing_of_a_journal_nor_that_it_is_tried_again(call):
    _, stopped = call.apply(Pressed("0"))
    assert isinstance(stopped, Speak)
    assert stopped.text == ENGLISH.stopped
    call.hear_out([stopped])
    assert call.outcome() is Outcome.CUT_SHORT


@pytest.mark.parametrize("words", ["Repeat.", "Skip.", "That's all."])
def test_words_from_before_a_question_take_its_place_and_do_not_talk_into_it(call, words):
    question = question_under_way(call)
    call.apply(Sounding(question.mark, call.now_ms))
    commands = call.apply(Heard(words, call.now_ms - 900, call.now_ms))
    assert [type(command) for command in commands if isinstance(command, Clear | Speak)] == [Clear, Speak]


@pytest.mark.parametrize("words", ["That's all.", "That is all!", "I\u2019m done", "Good-bye."])
def test_plain_words_end_the_call_without_a_verdict(call, words):
    call.say("I went for a walk.")
    call.say(words)
    assert call.said()[-1] is Purpose.CLOSING


@pytest.mark.parametrize("ask", [Pressed("*"), Heard("Please repeat!", 0, 0), Heard("Say that again?", 0, 0)])
def test_the_question_is_repeated(call, ask):
    call.say("I went for a walk.")
    call.judge(Verdict.ANSWERED)
    [repeated] = [command for command in call.apply(ask) if isinstance(command, Speak)]
    assert (repeated.text, repeated.purpose) == (ENGLISH.questions[1], Purpose.REPETITION)
    call.hear_out([repeated])
    call.say("I wonder about tomorrow.")
    call.judge(Verdict.ANSWERED)
    assert call.conversation.turns[-1].text == ENGLISH.questions[2], "a repeated question is no other question"


@pytest.mark.parametrize("ask", [Pressed("#"), Heard("Skip.", 0, 0), Heard("Next question!", 0, 0)])
def test_a_question_is_skipped(call, ask):
    [skipped_to] = [command for command in call.apply(ask) if isinstance(command, Speak)]
    assert skipped_to.text == ENGLISH.questions[1]


def test_who_skips_everything_is_let_go(call):
    for _ in ENGLISH.questions:
        call.hear_out(call.apply(Pressed("#")))
    assert call.said()[-1] is Purpose.CLOSING
    assert call.outcome() is Outcome.CUT_SHORT


def test_a_key_breaks_a_prompt_off(call):
    question = question_under_way(call)
    call.apply(Sounding(question.mark, call.now_ms))
    commands = call.apply(Pressed("#"))
    assert [type(command) for command in commands] == [Clear, Speak]


def test_no_key_but_nine_is_obeyed_once_the_last_words_are_due(call):
    call.say("I went for a walk.")
    _, closing = call.apply(Pressed("0"))
    for digit in "0*#":
        assert call.apply(Pressed(digit)) == []
    assert isinstance(call.apply(Pressed("9"))[0], OptOut)
    assert isinstance(closing, Speak)


# ------------------------------------------------------------------------------------------- machines, call screeners

GREETING_OF_A_VOICEMAIL = "You have reached my voicemail. Please leave a message after the tone."
SCREENER = "Hi, if you record your name and reason for calling, I'll see if this person is available."


def picked_up(**options) -> Call:
    """Somebody who speaks into the greeting, so that nothing was asked yet."""
    call = Call(**options)
    [greeting] = call.apply(Began(0))
    call.apply(Sounding(greeting.mark, 0))
    call.greeting = greeting
    return call


def test_a_voicemail_is_told_one_message_and_hung_up_on():
    call = picked_up(leaves_message=True)
    call.say(GREETING_OF_A_VOICEMAIL)
    commands = call.apply(AnsweredByMachine(takes_messages=True))
    assert [type(command) for command in commands] == [Clear, BeginClosing, Speak]
    message = commands[2]
    assert (message.text, message.purpose) == (ENGLISH.voicemail_message, Purpose.VOICEMAIL_MESSAGE)
    call.hear_out([message])
    assert call.outcome() is Outcome.VOICEMAIL
    assert Purpose.QUESTION not in call.said()


def test_a_voicemail_that_still_talks_is_waited_for():
    call = picked_up(leaves_message=True)
    assert call.apply(AnsweredByMachine()) == [Clear()]
    call.say(GREETING_OF_A_VOICEMAIL)
    assert purposes(call.wait(3_000)) == [Purpose.VOICEMAIL_MESSAGE]


def test_a_voicemail_is_known_by_its_words_too():
    call = picked_up(leaves_message=True)
    call.say(GREETING_OF_A_VOICEMAIL)
    call.now_ms += 100
    call.apply(Played(call.greeting.mark, call.now_ms))
    assert purposes(call.wait(5_000)) == [Purpose.VOICEMAIL_MESSAGE]


def test_a_voicemail_that_is_found_out_while_it_is_being_judged_is_told_its_message_too():
    call = picked_up(leaves_message=True)
    call.say("Hello, this is the family Miller.")
    call.apply(Played(call.greeting.mark, call.now_ms))
    [asked] = call.wait(5_000)
    assert call.apply(AnsweredByMachine()) == []
    assert call.apply(Judged(asked.number, Verdict.ANSWERED)) == []
    assert purposes(call.wait(5_000)) == [Purpose.VOICEMAIL_MESSAGE]


def test_a_voicemail_is_left_no_second_message():
    call = picked_up(leaves_message=False)
    call.say(GREETING_OF_A_VOICEMAIL)
    assert call.apply(AnsweredByMachine(takes_messages=True)) == [Clear(), HangUp()]
    assert call.outcome() is Outcome.VOICEMAIL


def test_who_has_answered_a_question_is_no_machine(call):
    call.say("I went for a walk, and left a message after the tone.")
    assert call.apply(AnsweredByMachine(takes_messages=True)) == []


def test_who_has_answered_is_no_machine_in_what_they_say_next_nor_for_another_process(call):
    call.say("I went for a walk.")
    call.judge(Verdict.ANSWERED)
    call.say("I wanted to leave a message, but she is not available right now.")
    assert Purpose.VOICEMAIL_MESSAGE not in purposes(call.wait(5_000))
    other = Call(turns=call.conversation.turns)
    assert other.apply(AnsweredByMachine(takes_messages=True)) == []


def test_a_call_screener_is_told_who_calls_and_the_person_is_greeted_when_they_pick_up():
    call = picked_up()
    call.say(SCREENER)
    call.apply(Played(call.greeting.mark, call.now_ms))
    call.hear_out(call.wait(5_000))
    assert call.said()[-1] is Purpose.SCREENING_ANSWER
    assert call.apply(AnsweredByMachine()) == [], "what detects machines takes it for one"
    call.say("Thanks. Please stay on the line.")
    assert call.wait(20_000) == []
    call.say("Hello?")
    call.hear_out(call.wait(5_000))
    assert call.said()[-2:] == [Purpose.GREETING, Purpose.QUESTION]
    call.say("I went for a walk.")
    call.apply(LineGone())
    assert call.outcome() is Outcome.CUT_SHORT


@pytest.mark.parametrize("leaves_message", [True, False])
def test_a_call_screener_that_was_taken_for_a_voicemail_is_known_by_its_words(leaves_message):
    call = picked_up(leaves_message=leaves_message)
    call.apply(SpeechBegan(0))
    call.apply(Hearing("Hi, if you record your", 1_000))
    assert call.apply(AnsweredByMachine(takes_messages=True)) == [Clear()]
    call.apply(CutOff(call.greeting.mark, 1_000, 0.5))
    call.apply(SpeechEnded(2_000))
    call.apply(Heard(SCREENER, 0, 2_000))
    call.now_ms = 2_000
    assert purposes(call.wait(5_000)) == [Purpose.SCREENING_ANSWER]


def test_a_call_screener_whose_person_does_not_come_is_let_go_and_said_nothing():
    call = picked_up()
    call.say(SCREENER)
    call.apply(Played(call.greeting.mark, call.now_ms))
    call.hear_out(call.wait(5_000))
    call.hear_out(call.wait(60_000))
    assert call.outcome() is Outcome.SILENT


def test_another_process_knows_that_a_screener_was_answered():
    call = picked_up()
    call.say(SCREENER)
    call.apply(Played(call.greeting.mark, call.now_ms))
    call.hear_out(call.wait(5_000))
    [said] = Call(turns=call.conversation.turns).apply(Began(call.now_ms))
    assert said.purpose is Purpose.GREETING


def test_what_a_screener_was_asked_is_asked_of_the_person_and_they_are_no_machine_for_another_process():
    call = Call()
    call.hear_out(call.apply(Began(0)))
    assert call.said()[-1] is Purpose.QUESTION
    call.say(SCREENER)
    call.hear_out(call.wait(5_000))
    other = Call(turns=call.conversation.turns)
    assert other.apply(AnsweredByMachine(takes_messages=True)) == []
    call.say("Hello?")
    call.hear_out(call.wait(5_000))
    assert call.said()[-3:] == [Purpose.SCREENING_ANSWER, Purpose.GREETING, Purpose.QUESTION]


def test_a_machine_is_hung_up_on_as_long_as_nobody_has_answered(call):
    call.say("I went for a walk.")
    assert call.apply(AnsweredByMachine()) == []
    fresh = Call()
    fresh.apply(Began(0))
    assert fresh.apply(AnsweredByMachine()) == [Clear(), HangUp()]
    fresh.apply(Heard("Please leave a message.", 0, 2_000))
    assert fresh.outcome() is Outcome.VOICEMAIL


def test_a_machine_does_not_opt_out():
    call = Call()
    call.apply(Began(0))
    call.apply(Pressed("9"))
    assert call.apply(AnsweredByMachine()) == []
    call.apply(LineGone())
    assert call.outcome() is Outcome.OPTED_OUT


def test_hanging_up_is_cut_short_or_silent(call):
    silent = Call()
    silent.begin()
    assert silent.apply(LineGone()) == [HangUp()]
    assert silent.outcome() is Outcome.SILENT
    call.say("I went")
    call.apply(LineGone())
    assert call.outcome() is Outcome.CUT_SHORT


def test_words_that_were_begun_before_they_hung_up_are_kept(call):
    call.apply(SpeechBegan(call.now_ms))
    call.apply(LineGone())
    [kept] = call.apply(Heard("I went", call.now_ms, call.now_ms + 1_000))
    assert isinstance(kept, KeepTurn)
    assert call.outcome() is Outcome.CUT_SHORT
    assert call.apply(Heard("for a walk", call.now_ms, call.now_ms + 1_000)) == []


def test_opting_out_and_hanging_up_at_once_opts_out(call):
    call.apply(LineGone())
    assert OptOut() in call.apply(Heard("Stop calling me!", call.now_ms, call.now_ms + 1_000))
    assert call.said() == [Purpose.GREETING, Purpose.QUESTION]
    assert call.outcome() is Outcome.OPTED_OUT


def test_who_speaks_up_into_the_last_words_was_there(call):
    call.hear_out(call.wait(SILENCE_MS))
    call.hear_out(call.wait(SILENCE_MS))
    assert call.said()[-1] is Purpose.CLOSING
    call.apply(Heard("Wait!", call.now_ms, call.now_ms))
    assert call.outcome() is Outcome.CUT_SHORT


def test_another_process_carries_on_where_it_was(call):
    call.say("I went for a walk.")
    call.judge(Verdict.ANSWERED)
    call.say("Then I read and")
    carried_on = Call(turns=call.conversation.turns)
    carried_on.now_ms = call.now_ms
    carried_on.hear_out(carried_on.apply(Began(call.now_ms)))
    assert carried_on.said() == [Purpose.RESUMPTION]
    carried_on.judge(Verdict.ANSWERED)
    assert carried_on.conversation.turns[-1].text == ENGLISH.questions[2]


def test_what_is_over_stays_over(call):
    call.say("I went for a walk.")
    call.judge(Verdict.COMPLETE)
    again = Call(turns=call.conversation.turns)
    assert again.apply(Began(0)) == [HangUp()]
    assert again.outcome() is Outcome.COMPLETED


def carried_on_from(call: Call) -> Call:
    """What another process makes of it, knowing what was kept: the turns, and that the last words were due."""
    closing = [command.outcome for command in call.commands if isinstance(command, BeginClosing)][-1]
    other = Call(turns=call.conversation.turns, closing=closing, leaves_message=True)
    other.now_ms = call.now_ms
    other.hear_out(other.apply(Began(call.now_ms)))
    return other


def test_another_process_says_the_last_words_that_were_cut_off_and_no_others(call):
    call.say("I went for a walk.")
    [asked] = call.wait(PATIENCE_MS)
    _, closing = call.apply(Judged(asked.number, Verdict.COMPLETE))
    call.apply(Sounding(closing.mark, call.now_ms))
    other = carried_on_from(call)
    assert other.said() == [Purpose.CLOSING]
    assert other.conversation.turns[-1].text == closing.text
    assert other.outcome() is Outcome.COMPLETED


def test_another_process_ends_the_call_that_a_key_had_ended(call):
    call.apply(Pressed("0"))
    other = carried_on_from(call)
    assert [turn.text for turn in other.conversation.turns[2:]] == [ENGLISH.stopped]
    assert other.outcome() is Outcome.CUT_SHORT


def test_another_process_confirms_that_they_are_called_no_more_and_tells_it_again(call):
    call.apply(Pressed("9"))
    other = carried_on_from(call)
    assert OptOut() in other.commands
    assert other.said() == [Purpose.OPT_OUT_CONFIRMATION]
    assert other.outcome() is Outcome.OPTED_OUT


def test_another_process_leaves_the_message_that_was_cut_off():
    call = picked_up(leaves_message=True)
    call.say(GREETING_OF_A_VOICEMAIL)
    call.apply(AnsweredByMachine(takes_messages=True))
    other = carried_on_from(call)
    assert other.said() == [Purpose.VOICEMAIL_MESSAGE]
    assert other.outcome() is Outcome.VOICEMAIL


def test_whoever_speaks_into_last_words_that_are_said_again_does_not_open_it_anew(call):
    call.hear_out(call.wait(SILENCE_MS))
    call.wait(SILENCE_MS)
    other = carried_on_from(call)
    assert other.said() == [Purpose.CLOSING]
    other.apply(Heard("Wait!", other.now_ms, other.now_ms))
    assert other.outcome() is Outcome.CUT_SHORT


def test_the_longest_call_is_closed_before_it_is_cut():
    call = Call(max_ms=60_000)
    call.begin()
    call.say("I talk", 29_000)
    call.hear_out(call.wait(3_000))
    assert call.said()[-1] is Purpose.CLOSING
    assert call.outcome() is Outcome.CUT_SHORT


# ------------------------------------------------------------------------------------------------------- properties

deeds = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 300)),
    st.tuples(st.just("speak"), st.integers(1, 80)),
    st.tuples(st.just("press"), st.sampled_from("019*#")),
    st.tuples(st.just("judge"), st.sampled_from([None, *Verdict])),
    st.tuples(st.just("prompt"), st.sampled_from(["sound", "play", "fail", "cut"])),
    st.tuples(st.just("machine"), st.booleans()),
    st.tuples(
        st.just("say"),
        st.sampled_from([SCREENER, GREETING_OF_A_VOICEMAIL, "Please hold.", "mhm", "skip", "that's all"]),
    ),
)


@given(st.lists(deeds, max_size=60))
@example([("wait", 1), ("wait", 299), ("wait", 300)]).via("a greeting whose mark went missing")
@example([("prompt", "play"), ("prompt", "sound"), ("say", "skip")]).via(
    "a word that was said before a question sounded"
)
def test_never_cuts_in_and_always_ends(script):
    """Whatever happens: nothing is begun while the person speaks, one prompt at a time, turns without gaps, one end."""
    conversation = Conversation(ENGLISH, greeting="Hello.", max_ms=120_000)
    now_ms, speaking, verdict, hung_up, ended = 0, False, 0, 0, 0
    sounding: list[str] = []
    cleared: list[str] = []
    pending: list[Event] = [Began(0)]
    sequences: list[int] = []

    def take(event: Event) -> None:
        nonlocal verdict, hung_up, ended
        for command in conversation.handle(event):
            assert not ended, "something came after the end"
            assert not hung_up or isinstance(command, KeepTurn | OptOut | End), (
                "something is to be done on a closed line"
            )
            match command:
                case Speak(_, _, mark):
                    assert not speaking, "Daybook cut in"
                    assert not sounding, "two prompts at once"
                    sounding.append(mark)
                case Clear():
                    cleared.extend(sounding)
                    sounding.clear()
                case AskVerdict(number):
                    verdict = number
                case KeepTurn(turn):
                    sequences.append(turn.sequence)
                case HangUp():
                    hung_up += 1
                case End():
                    ended += 1
                case _:
                    pass

    for event in pending:
        take(event)
    for deed, argument in script:
        match deed:
            case "wait":
                for _ in range(argument):
                    now_ms += 100
                    take(Tick(now_ms))
            case "speak":
                speaking = True
                starts = now_ms
                take(SpeechBegan(now_ms))
                for _ in range(argument):
                    now_ms += 100
                    take(Tick(now_ms))
                    take(Hearing("words", now_ms))
                speaking = False
                take(SpeechEnded(now_ms))
                take(Heard("words", starts, now_ms))
            case "press":
                take(Pressed(argument))
            case "judge":
                take(Judged(verdict, argument))
            case "machine":
                take(AnsweredByMachine(takes_messages=argument))
            case "say":
                take(Heard(argument, now_ms, now_ms))
            case "prompt" if argument == "cut":
                take(CutOff(cleared.pop() if cleared else "prompt-0", now_ms, 0.5))
            case _ if sounding:
                mark = sounding[0]
                if argument == "sound":
                    take(Sounding(mark, now_ms))
                elif argument == "play":
                    sounding.clear()
                    take(Played(mark, now_ms))
                else:
                    sounding.clear()
                    take(Unspoken(mark))
    for _ in range(1_300):
        now_ms += 100
        take(Tick(now_ms))
        if sounding and now_ms % 3_000 == 0:
            mark = sounding.pop()
            take(Sounding(mark, now_ms))
            take(Played(mark, now_ms))
    assert hung_up == 1
    take(Closed())
    assert ended == 1
    assert sequences == list(range(len(sequences)))
    assert all(turn.starts_at_ms <= turn.ends_at_ms for turn in conversation.turns)
    assert {turn.speaker for turn in conversation.turns} <= set(Speaker)


def test_without_a_journal_the_person_is_told_when_they_have_paused_and_let_go():
    call = Call()
    call.begin()
    call.say("I went for a walk.")
    call.apply(SpeechBegan(call.now_ms))
    assert call.apply(JournalAway()) == []
    call.wait(2_000)
    call.apply(SpeechEnded(call.now_ms))
    [told] = call.wait(2_000)
    assert told == Speak(ENGLISH.journal_away, Purpose.CLOSING, told.mark)
    call.hear_out([told])
    assert call.commands[-1] == HangUp()
    assert call.apply(Closed()) == [End(Outcome.CUT_SHORT)]


def test_without_a_journal_who_talks_on_is_told_into_their_words():
    call = Call()
    call.begin()
    call.apply(SpeechBegan(call.now_ms))
    call.apply(JournalAway())
    told = call.wait(BORNE_WITHOUT_JOURNAL_MS + 1_000)
    assert [command.text for command in told if isinstance(command, Speak)] == [ENGLISH.journal_away]


def test_without_a_journal_a_prompt_is_broken_off_and_last_words_are_not():
    call = Call()
    [greeting] = call.apply(Began(0))
    call.apply(Sounding(greeting.mark, 0))
    told = call.apply(JournalAway())
    assert [type(command) for command in told] == [Clear, Speak]
    assert call.apply(JournalAway()) == []


def test_who_talked_on_over_a_break_hears_that_daybook_is_back_to_its_end():
    call = Call(turns=[Turn(0, Speaker.DAYBOOK, "Hello.", Purpose.GREETING, 0, 2_000)])
    [back] = call.apply(Began(5_000))
    assert (back.text, back.purpose) == (ENGLISH.resumption, Purpose.RESUMPTION)
    # heard again by the ear of this gateway: it was said before the break
    assert call.apply(SpeechBegan(3_000)) == []
    assert call.apply(Hearing("I went", 4_500)) == []
    call.apply(Sounding(back.mark, 5_100))
    assert call.apply(Hearing("I went for a walk", 5_900)) == []
    kept = [command.turn for command in call.apply(Heard("I went for a walk.", 3_000, 6_000))]
    assert [(turn.text, turn.starts_at_ms, turn.ends_at_ms) for turn in kept] == [("I went for a walk.", 3_000, 6_000)]
    assert [type(command) for command in call.apply(Played(back.mark, 8_000))] == [KeepTurn]


def test_a_resumption_that_cannot_be_said_ends_no_call():
    call = Call(turns=[Turn(0, Speaker.DAYBOOK, "Hello.", Purpose.GREETING, 0, 2_000)])
    [back] = call.apply(Began(5_000))
    assert call.apply(Unspoken(back.mark)) == []
