"""The conversation, in virtual time: what it says when, and what it never does."""

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voice_gateway.conversation import MARK_LOST_MS, PATIENCE_MS, QUIET_BEFORE_VERDICT_MS, SILENCE_MS, Conversation
from voice_gateway.exchange import (
    AnsweredByMachine,
    AskVerdict,
    Began,
    Clear,
    Closed,
    Command,
    End,
    Event,
    HangUp,
    Heard,
    Hearing,
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
from voice_gateway.programmes import ENGLISH

MAX_MS = 600_000
PROMPT_MS = 2_000


class Call:
    """A conversation with somebody on the other side, who hears each prompt for two seconds."""

    def __init__(self, *, turns: Iterable[Turn] = (), max_ms: int = MAX_MS) -> None:
        self.conversation = Conversation(ENGLISH, greeting="Hello.", max_ms=max_ms, turns=tuple(turns))
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
            self.apply(Hearing(self.now_ms))
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
    call.apply(Hearing(call.now_ms))
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
    assert [type(command) for command in commands] == [OptOut, Clear, KeepTurn, Speak]


@pytest.mark.parametrize("digit", "012345678*#")
def test_other_keys_do_nothing(call, digit):
    assert call.apply(Pressed(digit)) == []


def test_opting_out_while_they_speak_is_confirmed_when_they_pause(call):
    call.apply(SpeechBegan(call.now_ms))
    assert call.apply(Pressed("9")) == [OptOut()]
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
    commands = call.apply(Hearing(call.now_ms + 200))
    assert isinstance(commands[0], Clear)
    assert isinstance(commands[1], KeepTurn)


def test_words_from_before_a_question_do_not_cut_it(call):
    question = question_under_way(call)
    call.apply(Sounding(question.mark, call.now_ms))
    assert call.apply(Hearing(call.now_ms - 200)) == []


def test_a_question_that_nobody_heard_is_asked_again(call):
    question_under_way(call)
    assert call.apply(SpeechBegan(call.now_ms)) == [Clear()]
    call.wait(1_000)
    call.apply(SpeechEnded(call.now_ms))
    call.apply(Heard("And then I read.", call.now_ms - 1_000, call.now_ms))
    assert purposes(call.judge(Verdict.ANSWERED)) == [Purpose.QUESTION]
    assert call.conversation.turns[-1].text == ENGLISH.questions[1]


def test_the_closing_is_heard_to_its_end(call):
    call.say("That is all.")
    [asked] = call.wait(PATIENCE_MS)
    assert isinstance(asked, AskVerdict)
    [closing] = call.apply(Judged(asked.number, Verdict.COMPLETE))
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


def test_a_machine_is_hung_up_on_only_before_the_first_question(call):
    assert call.apply(AnsweredByMachine()) == []
    fresh = Call()
    fresh.apply(Began(0))
    assert fresh.apply(AnsweredByMachine()) == [HangUp()]
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
    call.say("That is all.")
    call.judge(Verdict.COMPLETE)
    again = Call(turns=call.conversation.turns)
    assert again.apply(Began(0)) == [HangUp()]
    assert again.outcome() is Outcome.COMPLETED


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
    st.tuples(st.just("press"), st.sampled_from("19#")),
    st.tuples(st.just("judge"), st.sampled_from([None, *Verdict])),
    st.tuples(st.just("prompt"), st.sampled_from(["sound", "play", "fail"])),
)


@given(st.lists(deeds, max_size=60))
@example([("wait", 1), ("wait", 299), ("wait", 300)]).via("a greeting whose mark went missing")
def test_never_cuts_in_and_always_ends(script):
    """Whatever happens: nothing is begun while the person speaks, one prompt at a time, turns without gaps, one end."""
    conversation = Conversation(ENGLISH, greeting="Hello.", max_ms=120_000)
    now_ms, speaking, verdict, hung_up, ended = 0, False, 0, 0, 0
    sounding: list[str] = []
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
                    take(Hearing(now_ms))
                speaking = False
                take(SpeechEnded(now_ms))
                take(Heard("words", starts, now_ms))
            case "press":
                take(Pressed(argument))
            case "judge":
                take(Judged(verdict, argument))
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
