"""What is refused of what a person typed has its sentence: held to the rules of those who refuse it."""

from datetime import UTC, datetime, time
from functools import partial
from uuid import uuid4

import pytest

from chassis.errors import Conflict, InvalidInput
from daybook.journal.v1.revisions_pb2 import EditEntryRequest
from journal.revision_contract import content_of
from journal.search_query import parse_query
from portal.catalogues import Languages
from portal.refusal_words import hours_conflict_told, refusal_told
from window_scheduler.bookings import check_new_hours
from window_scheduler.calling_hours import CallingHours, calling_hours_of
from window_scheduler.people import checked_profile, programme_of
from window_scheduler.windows import OneOff, WindowTimes

ENGLISH = Languages().of("en-GB")
WHO = {
    "name": "Ada",
    "name_pronunciation": "",
    "phone_number": "+436601234567",
    "time_zone": "Europe/Vienna",
    "locale": "en-GB",
}


def person(**changes):
    rest = {"calling_hours": None, "consent": None, "programme": "free", "now": datetime(2026, 12, 1, tzinfo=UTC)}
    return partial(checked_profile, **{**WHO, **changes}, **rest)


def edit(**content):
    return partial(content_of, EditEntryRequest(**content), turns=1)


@pytest.mark.parametrize(
    ("refusing", "sentence"),
    [
        (person(name=""), "Write what you are called."),
        (person(name="x" * 101), "Write it in at most 100 characters."),
        (person(name="a\nb"), "Write it in one line."),
        (person(phone_number="0660"), "Begin with + and the code"),
        (person(phone_number="+999999999999999999"), "Type a telephone number"),
        (person(phone_number="+1212555"), "This number has too few"),
        (person(phone_number="+436601234567 ext. 5"), "This number has an extension"),
        (person(phone_number="+43900123456"), "This number costs"),
        (person(time_zone="CET"), "Choose the name of a place, such as Europe/"),
        (person(time_zone="UTC+2"), "Choose the name of a place, such as "),
        (person(locale="english"), "Choose one of those that are offered."),
        (partial(programme_of, "moon"), "Choose one of those that are offered."),
        (partial(calling_hours_of, "8 pm", "21:00"), "Write the time as hours"),
        (partial(parse_query, "x" * 501), "These are too many words."),
        (partial(parse_query, " ".join(f"w{number}" for number in range(33))), "These are too many words."),
        (partial(parse_query, '"open'), "A quotation mark has no second one."),
        (partial(parse_query, "-rain"), "Write a word that is to be there"),
        (partial(parse_query, "?"), "Write a word to look for"),
        (partial(parse_query, "walk tag:"), "A tag has no name."),
        (edit(title="x" * 201), "Write it in one line, with at most 200 characters."),
        (edit(summary="x" * 10_001), "Write it in at most 10000 characters."),
        (edit(tags=[f"tag {number}" for number in range(21)]), "Write 20 of them at most."),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_in_a_persons_words(refusing, sentence):
    with pytest.raises(InvalidInput) as refused:
        refusing()
    assert refusal_told(refused.value, ENGLISH).startswith(sentence)


def test_a_refusal_of_a_later_release_is_told_as_it_is():
    assert refusal_told(InvalidInput("moon", "is to be full."), ENGLISH) == "is to be full."
    assert hours_conflict_told(Conflict("Something else."), ENGLISH) == "Something else."


def test_windows_outside_of_new_hours_are_told_without_their_ids():
    window_id = uuid4()
    times = WindowTimes(starts_at=time(20), ends_at=time(21), days=OneOff(datetime(2026, 12, 24, tzinfo=UTC).date()))
    with pytest.raises(Conflict) as conflict:
        check_new_hours(CallingHours(time(8), time(12)), {window_id: times})
    told = hours_conflict_told(conflict.value, ENGLISH)
    assert told.startswith("Your hours stay as they are")
    assert str(window_id) not in told
