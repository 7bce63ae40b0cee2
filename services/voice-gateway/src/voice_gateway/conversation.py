"""What Daybook does next in a conversation: greet, ask, listen, wait, close.

The end of speech is not the end of a thought. Daybook says nothing while the person speaks; a while after they fell silent
it asks what they are about (`AskVerdict`), and in doubt it waits.

    greeting → question → listening ⇄ verdict → next question … → closing → hang up → end
                              └ ten seconds of quiet: "Take your time."; ten more: the next question
                              └ fifteen seconds without a word: "Are you still there?"; fifteen more: closing

Digit 9, or words to that effect, opt out at any moment. The greeting and the last words are heard to their end; any other
prompt gives way to the person.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
from voice_gateway.programmes import Programme
from voice_gateway.standing import LAST_WORDS, standing_after

QUIET_BEFORE_PROMPT_MS = 700
QUIET_BEFORE_VERDICT_MS = 1_500
PATIENCE_MS = 10_000
SILENCE_MS = 15_000
WORDS_OVERDUE_MS = 4_000
"""How long after the last sound the words that were being heard may take to be settled."""
SPEECH_LOST_MS = 20_000
"""Speech of which neither a word nor an end has come for so long has ended unnoticed."""
MARK_LOST_MS = 60_000
"""No prompt is that long: its mark went missing."""
TIME_TO_CLOSE_MS = 30_000
"""How long before the longest call is over it is brought to a close."""
FAILURES_BEFORE_GIVING_UP = 3
OPT_OUT_DIGIT = "9"

_HEARD_TO_THE_END = LAST_WORDS | {Purpose.GREETING}


@dataclass
class _Prompt:
    text: str
    purpose: Purpose
    mark: str
    said_at_ms: int
    sounds_from_ms: int | None = None


class Conversation:
    """One conversation, as a state machine: `handle` takes what happened and returns what to do, in that order.

    Args:
        programme: the words.
        greeting: the words that begin it.
        max_ms: how long the recording may become.
        turns: what is kept of the conversation already, where another process began it.
    """

    def __init__(self, programme: Programme, *, greeting: str, max_ms: int, turns: Sequence[Turn] = ()) -> None:
        self._programme = programme
        self._greeting = greeting
        self._max_ms = max_ms
        self._turns = list(turns)
        self._standing = standing_after(turns)
        self._outcome: Outcome | None = None
        self._hung_up = False
        self._ended = False
        self._now_ms = self._quiet_since_ms = turns[-1].ends_at_ms if turns else 0
        self._speech_seen_ms = 0
        self._speaking = False
        self._words_unsettled = False
        self._unjudged = self._standing.answered
        self._verdicts = 0
        self._verdict_awaited: int | None = None
        self._prompts = 0
        self._failures = 0
        self._playing: _Prompt | None = None
        self._due: tuple[str, Purpose] | None = None

    @property
    def turns(self) -> Sequence[Turn]:
        """All that is over, in order."""
        return self._turns

    def handle(self, event: Event) -> list[Command]:
        """What to do now that this has happened; after `HangUp` only words still count, after `End` nothing does."""
        if self._ended or (self._hung_up and not isinstance(event, Heard | Closed)):
            return []
        match event:
            case Began(at_ms):
                return self._begin(at_ms)
            case Tick(at_ms):
                self._now_ms = at_ms
                return self._wait()
            case SpeechBegan(at_ms):
                self._speaking = True
                self._speech_seen_ms = max(at_ms, self._now_ms)
                self._disregard_verdict()
                return self._withdraw()
            case SpeechEnded(at_ms):
                self._speaking = False
                self._quiet_since_ms = max(self._quiet_since_ms, at_ms)
                return []
            case Hearing(at_ms):
                self._words_unsettled = True
                self._disregard_verdict()
                return self._notice_words(at_ms)
            case Heard():
                return self._hear(event)
            case Judged(number, verdict):
                return self._weigh(number, verdict)
            case Sounding(mark, at_ms):
                self._begin_to_sound(mark, at_ms)
                return []
            case Played(mark, at_ms):
                return self._finish_prompt(at_ms) if self._is_playing(mark) else []
            case Unspoken(mark):
                return self._go_without(mark)
            case Pressed(digit):
                return self._opt_out() if digit == OPT_OUT_DIGIT else []
            case AnsweredByMachine():
                talks = self._standing.question >= 0 or self._standing.opted_out
                return [] if talks else self._leave_machine()
            case LineGone():
                return self._hang_up()
            case Closed():
                self._ended = True
                return [End(self._outcome_if_over())]

    # ------------------------------------------------------------------------------------------------ what happened

    def _begin(self, at_ms: int) -> list[Command]:
        self._now_ms = self._quiet_since_ms = at_ms
        if self._standing.closed:
            return self._hang_up()
        if self._standing.greeted:
            return self._say(self._programme.resumption, Purpose.RESUMPTION)
        return self._say(self._greeting, Purpose.GREETING)

    def _notice_words(self, until_ms: int) -> list[Command]:
        """Words were heard, up to then: they are a sign of speech, and a prompt that sounds meanwhile gives way."""
        self._speech_seen_ms = max(self._speech_seen_ms, self._now_ms)
        self._quiet_since_ms = max(self._quiet_since_ms, until_ms)
        prompt = self._playing
        if prompt is None or prompt.purpose in _HEARD_TO_THE_END:
            return []
        if prompt.sounds_from_ms is None:
            return self._withdraw()
        if until_ms <= prompt.sounds_from_ms:
            return []  # they were spoken before it began
        return [Clear(), *self._finish_prompt(self._now_ms)]

    def _withdraw(self) -> list[Command]:
        """A prompt that nobody has heard yet is not said, since the person speaks; what it was to do is not done."""
        prompt = self._playing
        if prompt is None or prompt.sounds_from_ms is not None or prompt.purpose in _HEARD_TO_THE_END:
            return []
        self._playing = None
        return [Clear()]

    def _hear(self, heard: Heard) -> list[Command]:
        self._words_unsettled = False
        text = heard.text.strip()
        if not text:
            return []
        commands = self._notice_words(heard.ends_at_ms)
        commands.append(self._keep(Speaker.PERSON, text, None, heard.starts_at_ms, heard.ends_at_ms))
        self._standing.heard()
        self._unjudged = True
        self._verdict_awaited = None
        if self._programme.is_opt_out(text):
            commands += self._opt_out()
        return commands

    def _weigh(self, number: int, verdict: Verdict | None) -> list[Command]:
        """Acts on a verdict, unless the person has gone on meanwhile; in doubt (None) it goes on listening."""
        if number != self._verdict_awaited:
            return self._opt_out() if verdict is Verdict.WANTS_NO_MORE_CALLS else []
        self._verdict_awaited = None
        if verdict is Verdict.WANTS_NO_MORE_CALLS:
            return self._opt_out()
        if self._speaking or self._playing or self._outcome:
            return []
        if self._standing.question < 0 and verdict is not Verdict.WANTS_TO_STOP:
            return self._advance()
        match verdict:
            case Verdict.ANSWERED:
                return self._advance()
            case Verdict.COMPLETE | Verdict.WANTS_TO_STOP:
                return self._close(Outcome.COMPLETED)
            case Verdict.ASKS_SOMETHING:
                return self._say(self._programme.cannot_answer, Purpose.CANNOT_ANSWER)
            case Verdict.PAUSED if not self._standing.encouraged:
                return self._say(self._programme.encouragement, Purpose.ENCOURAGEMENT)
            case _:
                return []

    def _disregard_verdict(self) -> None:
        """The person goes on: what is being judged is not all they say, so it is to be asked again."""
        if self._verdict_awaited is not None:
            self._verdict_awaited = None
            self._unjudged = True

    def _begin_to_sound(self, mark: str, at_ms: int) -> None:
        prompt = self._playing
        if prompt is None or prompt.mark != mark:
            return
        prompt.sounds_from_ms = at_ms
        self._failures = 0
        self._standing.prompted(prompt.purpose)

    def _finish_prompt(self, at_ms: int) -> list[Command]:
        prompt = self._playing
        self._playing = None
        if prompt is None:
            return []
        self._now_ms = max(self._now_ms, at_ms)
        self._quiet_since_ms = max(self._quiet_since_ms, at_ms)
        commands: list[Command] = []
        if prompt.sounds_from_ms is not None:
            commands.append(self._keep(Speaker.DAYBOOK, prompt.text, prompt.purpose, prompt.sounds_from_ms, at_ms))
        if prompt.purpose in LAST_WORDS:
            return commands + self._hang_up()
        if self._standing.question < 0 and not self._unjudged:
            return commands + self._advance()
        return commands

    def _give_up(self, lost: _Prompt) -> list[Command]:
        """A prompt went missing: what began to sound counts as heard, anything else as not said."""
        return self._go_without(lost.mark) if lost.sounds_from_ms is None else self._finish_prompt(self._now_ms)

    def _go_without(self, mark: str) -> list[Command]:
        """A prompt could not be said. Its turn comes again by the same waiting; without a greeting there is no call."""
        prompt = self._playing
        if prompt is None or prompt.mark != mark:
            return []
        self._playing = None
        self._quiet_since_ms = self._now_ms
        self._failures += 1
        if prompt.purpose in _HEARD_TO_THE_END or self._failures >= FAILURES_BEFORE_GIVING_UP:
            return self._hang_up()
        return []

    # ---------------------------------------------------------------------------------------------------- the waiting

    def _wait(self) -> list[Command]:
        if self._now_ms >= self._max_ms:
            return self._hang_up()
        if self._speaking and self._now_ms - self._speech_seen_ms > SPEECH_LOST_MS:
            self._speaking = False
            self._quiet_since_ms = self._now_ms
        if self._playing is not None:
            lost = self._now_ms - self._playing.said_at_ms > MARK_LOST_MS
            return [Clear(), *self._give_up(self._playing)] if lost else []
        if self._speaking:
            return []
        quiet_ms = self._now_ms - self._quiet_since_ms
        if self._due is not None:
            return self._say(*self._due) if quiet_ms >= QUIET_BEFORE_PROMPT_MS else []
        if self._now_ms >= self._max_ms - TIME_TO_CLOSE_MS:
            return self._close(self._outcome_if_over()) if quiet_ms >= QUIET_BEFORE_PROMPT_MS else []
        if self._verdict_awaited is not None or (self._words_unsettled and quiet_ms < WORDS_OVERDUE_MS):
            return []
        if self._standing.question < 0:
            return self._wait_to_begin(quiet_ms)
        return self._wait_for_more(quiet_ms) if self._standing.answered else self._wait_for_an_answer(quiet_ms)

    def _wait_to_begin(self, quiet_ms: int) -> list[Command]:
        """Before the first question: what was said into the greeting is judged first, it may be that they want no call."""
        if quiet_ms < QUIET_BEFORE_PROMPT_MS:
            return []
        return self._ask_verdict(quiet_ms) if self._unjudged else self._advance()

    def _wait_for_more(self, quiet_ms: int) -> list[Command]:
        if quiet_ms >= QUIET_BEFORE_VERDICT_MS and self._unjudged:
            return self._ask_verdict(quiet_ms)
        if quiet_ms < PATIENCE_MS:
            return []
        return (
            self._advance()
            if self._standing.encouraged
            else self._say(self._programme.encouragement, Purpose.ENCOURAGEMENT)
        )

    def _wait_for_an_answer(self, quiet_ms: int) -> list[Command]:
        if quiet_ms < SILENCE_MS:
            return []
        if self._standing.asked_if_there:
            return self._close(self._outcome_if_over())
        return self._say(self._programme.are_you_there, Purpose.ARE_YOU_THERE)

    # ------------------------------------------------------------------------------------------------------ what to do

    def _ask_verdict(self, quiet_ms: int) -> list[Command]:
        self._verdicts += 1
        self._verdict_awaited = self._verdicts
        self._unjudged = False
        question = self._programme.questions[max(self._standing.question, 0)]
        return [AskVerdict(self._verdicts, question, tuple(self._turns), quiet_ms)]

    def _advance(self) -> list[Command]:
        following = self._standing.question + 1
        if following < len(self._programme.questions):
            return self._say(self._programme.questions[following], Purpose.QUESTION)
        return self._close(Outcome.COMPLETED)

    def _close(self, outcome: Outcome) -> list[Command]:
        self._outcome = outcome
        return self._say(self._programme.closings[outcome], Purpose.CLOSING)

    def _opt_out(self) -> list[Command]:
        if self._standing.opted_out:
            return []
        self._standing.opted_out = True
        commands: list[Command] = [OptOut()]
        if self._hung_up:
            return commands
        if self._playing is not None:
            commands += [Clear(), *self._cut_prompt()]
        return commands + self._say(self._programme.opt_out_confirmation, Purpose.OPT_OUT_CONFIRMATION)

    def _cut_prompt(self) -> list[Command]:
        """What was said of a prompt up to now is a turn; whatever it was to lead to is given up."""
        prompt, self._playing = self._playing, None
        if prompt is None or prompt.sounds_from_ms is None:
            return []
        return [self._keep(Speaker.DAYBOOK, prompt.text, prompt.purpose, prompt.sounds_from_ms, self._now_ms)]

    def _say(self, text: str, purpose: Purpose) -> list[Command]:
        """Says it, or, while the person speaks, as soon as they have paused."""
        if self._speaking:
            self._due = (text, purpose)
            return []
        self._due = None
        self._prompts += 1
        self._playing = _Prompt(text, purpose, f"prompt-{self._prompts}", self._now_ms)
        return [Speak(text, purpose, self._playing.mark)]

    def _keep(self, speaker: Speaker, text: str, purpose: Purpose | None, starts_ms: int, ends_ms: int) -> KeepTurn:
        turn = Turn(len(self._turns), speaker, text, purpose, starts_ms, max(starts_ms, ends_ms))
        self._turns.append(turn)
        return KeepTurn(turn)

    def _leave_machine(self) -> list[Command]:
        self._outcome = Outcome.VOICEMAIL
        return self._hang_up()

    def _hang_up(self) -> list[Command]:
        self._hung_up = True
        self._playing = None
        return [HangUp()]

    def _outcome_if_over(self) -> Outcome:
        return self._standing.outcome(self._outcome)

    def _is_playing(self, mark: str) -> bool:
        return self._playing is not None and self._playing.mark == mark
