"""What the quiet means: go on listening, ask for a verdict, say something. Pure.

Times are of the call's own audio (`exchange`). The patience is the person's, not Daybook's: in doubt it is longer.
"""

from dataclasses import dataclass
from enum import Enum, auto

from voice_gateway.answering import Picked
from voice_gateway.standing import Standing

QUIET_BEFORE_PROMPT_MS = 700
QUIET_BEFORE_VERDICT_MS = 1_500
PATIENCE_MS = 10_000
SILENCE_MS = 15_000
SCREENED_MS = 45_000
"""How long a call screener may take to find out whether its person is there."""
WORDS_OVERDUE_MS = 4_000
"""How long after the last sound the words that were being heard may take to be settled."""
SPEECH_LOST_MS = 20_000
"""Speech of which neither a word nor an end has come for so long has ended unnoticed."""

LOOK_MS = 100
"""How often the quiet is looked at. All that is waited for is a multiple of it."""


class Wait(Enum):
    """What to do now."""

    FOR_MORE = auto()
    VERDICT = auto()
    ADVANCE = auto()
    ENCOURAGE = auto()
    ASK_IF_THERE = auto()
    ANSWER_SCREENER = auto()
    GREET = auto()
    LEAVE_MESSAGE = auto()
    CLOSE = auto()


@dataclass(frozen=True)
class Quiet:
    """
    Attributes:
        quiet_ms: for how long nobody has spoken.
        awaits_words: it is to be known yet what was said last.
        unjudged: something was said that no verdict was asked about.
    """

    quiet_ms: int
    awaits_words: bool
    unjudged: bool


def what_to_wait_for(quiet: Quiet, standing: Standing, picked: Picked) -> Wait:
    """While neither side speaks, nothing is due to be said, and no verdict is awaited."""
    if quiet.awaits_words:
        return Wait.FOR_MORE
    match picked:
        case Picked.MACHINE:
            return Wait.LEAVE_MESSAGE if quiet.quiet_ms >= QUIET_BEFORE_VERDICT_MS else Wait.FOR_MORE
        case Picked.SCREENER:
            return Wait.ANSWER_SCREENER if quiet.quiet_ms >= QUIET_BEFORE_PROMPT_MS else Wait.FOR_MORE
        case _:
            pass
    if standing.screened:
        return _after_the_screener(quiet)
    if standing.question < 0:
        return _before_the_first_question(quiet)
    return _for_more(quiet, standing) if standing.answered else _for_an_answer(quiet, standing)


def _after_the_screener(quiet: Quiet) -> Wait:
    """Whoever speaks now and does not ask to wait is the person."""
    if quiet.unjudged:
        return Wait.GREET if quiet.quiet_ms >= QUIET_BEFORE_PROMPT_MS else Wait.FOR_MORE
    return Wait.CLOSE if quiet.quiet_ms >= SCREENED_MS else Wait.FOR_MORE


def _before_the_first_question(quiet: Quiet) -> Wait:
    """What was said into the greeting is judged first, it may be that they want no call."""
    if quiet.quiet_ms < QUIET_BEFORE_PROMPT_MS:
        return Wait.FOR_MORE
    return Wait.VERDICT if quiet.unjudged else Wait.ADVANCE


def _for_more(quiet: Quiet, standing: Standing) -> Wait:
    if quiet.quiet_ms >= QUIET_BEFORE_VERDICT_MS and quiet.unjudged:
        return Wait.VERDICT
    if quiet.quiet_ms < PATIENCE_MS:
        return Wait.FOR_MORE
    return Wait.ADVANCE if standing.encouraged else Wait.ENCOURAGE


def _for_an_answer(quiet: Quiet, standing: Standing) -> Wait:
    if quiet.quiet_ms < SILENCE_MS:
        return Wait.FOR_MORE
    return Wait.CLOSE if standing.asked_if_there else Wait.ASK_IF_THERE


def next_look_ms(now_ms: int, quiet_since_ms: int) -> int:
    """When the quiet is to be looked at next: at multiples of `LOOK_MS` after it began, so that no wait is over unnoticed."""
    return now_ms + LOOK_MS - (now_ms - quiet_since_ms) % LOOK_MS
