"""For how long a journal is kept: in words, as a form has it, and whether a change takes something away. Pure."""

from collections.abc import Sequence

from chassis.errors import InvalidInput
from daybook.journal.v1.keeping_pb2 import Keeping
from portal.languages import Language, marked

MOST_DAYS = 36_500
USUAL_DAYS = (0, 7, 30, 90, 365, 730)
"""What is offered; 0: for ever."""


def keeping_words(keeping: Keeping, language: Language) -> Sequence[str]:
    return [
        language.say("Recordings are kept %(time)s.", time=days_words(keeping.audio_days, language)),
        language.say("Entries are kept %(time)s.", time=days_words(keeping.entry_days, language)),
        language.say("No language model reads them.")
        if keeping.without_descriptions
        else language.say("A language model gives each a title and a summary."),
    ]


def days_words(days: int, language: Language) -> str:
    return language.say_of(days, "for %(num)d day", "for %(num)d days") if days else language.say("for ever")


def offered_days(own: int) -> Sequence[int]:
    """What there is to choose from, with what holds now; the longest first."""
    return sorted({*USUAL_DAYS, own}, key=lambda days: -(days or MOST_DAYS + 1))


def days_of(field: str, chosen: str) -> int:
    """
    Raises:
        InvalidInput: it is no number of days.
    """
    if not (chosen.isascii() and chosen.isdecimal() and int(chosen[:9]) <= MOST_DAYS):
        raise InvalidInput(field, marked("Choose one of those that are offered."))
    return int(chosen)


def takes_away(before: Keeping, after: Keeping) -> bool:
    """Whether something that was to stay longer is removed by a change."""
    return _shorter(before.audio_days, after.audio_days) or _shorter(before.entry_days, after.entry_days)


def _shorter(before: int, after: int) -> bool:
    return 0 < after < (before or MOST_DAYS + 1)
