"""What goes into a conversation and what comes out of it.

Times are media time: milliseconds since the recording began, counted by the audio that arrived, never by a clock. A conversation
that is played twenty times as fast is therefore the same conversation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Speaker(StrEnum):
    PERSON = "person"
    DAYBOOK = "daybook"


class Purpose(StrEnum):
    """What a prompt is for."""

    GREETING = "greeting"
    QUESTION = "question"
    REPETITION = "repetition"
    ENCOURAGEMENT = "encouragement"
    ARE_YOU_THERE = "are_you_there"
    CANNOT_ANSWER = "cannot_answer"
    RESUMPTION = "resumption"
    SCREENING_ANSWER = "screening_answer"
    VOICEMAIL_MESSAGE = "voicemail_message"
    OPT_OUT_CONFIRMATION = "opt_out_confirmation"
    CLOSING = "closing"


class Outcome(StrEnum):
    """How a session ended; see daybook.journal.v1.SessionOutcome."""

    COMPLETED = "completed"
    CUT_SHORT = "cut_short"
    SILENT = "silent"
    OPTED_OUT = "opted_out"
    VOICEMAIL = "voicemail"


class Verdict(StrEnum):
    """What the person is about, as Gemini judges it."""

    STILL_THINKING = "still_thinking"
    PAUSED = "paused"
    ANSWERED = "answered"
    COMPLETE = "complete"
    WANTS_TO_STOP = "wants_to_stop"
    WANTS_NO_MORE_CALLS = "wants_no_more_calls"
    ASKS_SOMETHING = "asks_something"


@dataclass(frozen=True)
class Turn:
    """One prompt or one utterance that is over. `purpose` is None for an utterance."""

    sequence: int
    speaker: Speaker
    text: str
    purpose: Purpose | None
    starts_at_ms: int
    ends_at_ms: int


# ------------------------------------------------------------------------------------------------------------- events


@dataclass(frozen=True)
class Began:
    """The person can hear us."""

    at_ms: int


@dataclass(frozen=True)
class Tick:
    """So much audio has arrived; `sound_ms` is when the person last made a sound in it, if they did."""

    at_ms: int
    sound_ms: int | None = None


@dataclass(frozen=True)
class SpeechBegan:
    at_ms: int


@dataclass(frozen=True)
class SpeechEnded:
    at_ms: int


@dataclass(frozen=True)
class Hearing:
    """Words are being heard that are not settled yet; `at_ms` is how far they reach."""

    text: str
    at_ms: int


@dataclass(frozen=True)
class Heard:
    """An utterance, settled."""

    text: str
    starts_at_ms: int
    ends_at_ms: int


@dataclass(frozen=True)
class Judged:
    """The answer to `AskVerdict` of that number; None where there was none in time."""

    number: int
    verdict: Verdict | None


@dataclass(frozen=True)
class Sounding:
    """A prompt begins to be heard."""

    mark: str
    at_ms: int


@dataclass(frozen=True)
class Played:
    """A prompt has been heard to its end."""

    mark: str
    at_ms: int


@dataclass(frozen=True)
class CutOff:
    """A prompt that sounded was cleared, and this share of it had been heard, 0 to 1."""

    mark: str
    at_ms: int
    share: float


@dataclass(frozen=True)
class Unspoken:
    """A prompt could not be said."""

    mark: str


@dataclass(frozen=True)
class Pressed:
    digit: str


@dataclass(frozen=True)
class AnsweredByMachine:
    """It was no person who picked up; `takes_messages` where it has said all it has to say, and records from now on."""

    takes_messages: bool = False


@dataclass(frozen=True)
class JournalAway:
    """The journal has been away for so long that soon nothing more could be kept: the call is to be ended before."""


@dataclass(frozen=True)
class LineGone:
    """The person has hung up, or the line broke: nothing can be said any more."""


@dataclass(frozen=True)
class Closed:
    """The line is closed, and all that was said into it has been heard."""


Event = (
    Began
    | Tick
    | SpeechBegan
    | SpeechEnded
    | Hearing
    | Heard
    | Judged
    | Sounding
    | Played
    | CutOff
    | Unspoken
    | Pressed
    | AnsweredByMachine
    | JournalAway
    | LineGone
    | Closed
)

# ----------------------------------------------------------------------------------------------------------- commands


@dataclass(frozen=True)
class Speak:
    """Say this; `Sounding`, then `Played`, or else `Unspoken`, come back with its mark."""

    text: str
    purpose: Purpose
    mark: str


@dataclass(frozen=True)
class Clear:
    """Say nothing of what is still to be said; `CutOff` comes back where some of it sounds."""


@dataclass(frozen=True)
class KeepTurn:
    """Make this durable before anything else is said."""

    turn: Turn


@dataclass(frozen=True)
class BeginClosing:
    """The last words come next. Remember it, and how the conversation will end: whoever carries it on says these, no others."""

    outcome: Outcome


@dataclass(frozen=True)
class AskVerdict:
    """Ask what the person is about; `Judged` comes back with its number."""

    number: int
    question: str
    turns: Sequence[Turn]
    silence_ms: int


@dataclass(frozen=True)
class OptOut:
    """The person is not to be called any more: tell it at once."""


@dataclass(frozen=True)
class HangUp:
    """Close the line at once; `Heard` may still come for what was said into it, then `Closed` comes back."""


@dataclass(frozen=True)
class End:
    """The conversation was closed and ends in this way. Nothing comes after it."""

    outcome: Outcome


Command = Speak | Clear | KeepTurn | BeginClosing | AskVerdict | OptOut | HangUp | End
