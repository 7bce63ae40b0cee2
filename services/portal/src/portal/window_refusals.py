"""What window-scheduler refuses of a window, in a person's words and beside the field that it is about. Pure.

Its sentences are made for programs too: those that a person meets are told here in their language, and one that this release
does not know as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chassis.errors import Conflict, InvalidInput
from portal.languages import Language
from portal.window_form import WindowForm, field_of

_HOURS = re.compile(r"the person's calling hours, (?P<start>\S+) to (?P<end>\S+) local time\.")
_TOO_MANY = re.compile(r"holds (?P<days>[0-9]+) dates, and (?P<most>[0-9]+) is the most")
_ROOM = re.compile(r"This person has (?P<windows>[0-9]+) call windows")


@dataclass(frozen=True)
class Refusal:
    """
    Attributes:
        field: of the form.
        sentence: what is wrong with it, and what would be right.
    """

    field: str
    sentence: str


def refusal_of(refused: InvalidInput, form: WindowForm, language: Language) -> Refusal:
    field = field_of(refused.field, form)
    if hours := _HOURS.search(refused.remedy):
        sentence = language.say(
            "You can be called between %(start)s and %(end)s. Take a time within these hours, or change them on the page Me.",
            **hours.groupdict(),
        )
        return Refusal(field, sentence)
    if dates := _TOO_MANY.search(refused.remedy):
        sentence = language.say(
            "So many days cannot be left out: %(most)s is the most. For a longer absence, pause the window.",
            most=dates["most"],
        )
        return Refusal(field, sentence)
    return Refusal(field, _sentences(language).get(refused.remedy, refused.remedy))


def conflict_told(conflict: Conflict, language: Language) -> str:
    """Why a window cannot be added or changed at all."""
    if room := _ROOM.search(str(conflict)):
        return language.say(
            "You have %(windows)s windows, the most there may be. Change or delete one of them first.",
            windows=room["windows"],
        )
    if "time zone is not known" in str(conflict):
        return language.say(
            "Your time zone is not known any more. Choose it again on the page Me, and then your windows."
        )
    return language.say(str(conflict))


def _sentences(language: Language) -> Mapping[str, str]:
    """By what window-scheduler says (`bookings`, `calling_hours`); a test holds the two together."""
    return {
        "is to be HH:MM of a 24-hour clock, e.g. 08:30.": language.say(
            "Write the time as hours and minutes of a 24-hour clock, for example 08:30."
        ),
        "is to say the days: weekly, with its weekdays, or one_off, with its date.": language.say(
            "Choose whether the window opens every week, or on one date."
        ),
        "is to name at least one weekday.": language.say("Choose at least one day of the week."),
        "is to be 1 to 52; or 0, which means 1.": language.say("Take a whole number of weeks, from 1 to 52."),
        "is to be a date as YYYY-MM-DD, e.g. 2026-11-24.": language.say(
            "Choose a day, or write it as year, month and day, for example 2026-11-24."
        ),
        "lies more than ten years ahead.": language.say("This day is more than ten years ahead. Take an earlier one."),
        "lies in the past where the person is; take today or later.": language.say(
            "This day is over already. Take today or a later one."
        ),
        "are over already on that date, or the zone leaves that day out; take a later hour or date.": language.say(
            "This time is over already on that day. Take a later time, or another day."
        ),
        "is to lie after today.": language.say("A pause lasts until a day after today. Take a later one."),
        "lies before the first date; it is to be that date or a later one.": language.say(
            "The last day lies before the first one. Take the first day or a later one."
        ),
        "comes before the window would first open; take a later one.": language.say(
            "Until this day the window would never open. Take a later one."
        ),
        "leaves no day until the last date on which the window would open; delete the window instead.": language.say(
            "With this, the window would never open again until its last day. Delete the window instead."
        ),
    }
