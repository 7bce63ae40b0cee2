"""The check that follows a tick's faults can fail: each thing that must not be is found, and told."""

from dataclasses import replace
from uuid import UUID

import pytest
from tick_books import Books, faults

PEOPLE = [UUID(int=number) for number in range(1, 4)]
CALLS = [(UUID(int=100 + person.int), person) for person in PEOPLE]
MESSAGES = [(f"{call_id}.scheduled", call_id) for call_id, _ in CALLS]
DECISIONS = [(person, "scheduled") for person in PEOPLE]
RIGHT = Books(calls=CALLS, messages=MESSAGES, decisions=DECISIONS, unpublished=[], due=0, counted=3)
STRANGER = UUID(int=9)
ONE_MORE = UUID(int=900)


def test_nothing_is_wrong_where_each_was_called_once_and_it_was_told_once():
    assert faults(RIGHT, PEOPLE) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (replace(RIGHT, calls=CALLS[:2], messages=MESSAGES[:2]), "1 have no call"),
        (replace(RIGHT, calls=[*CALLS, (ONE_MORE, PEOPLE[0])]), "1 have more than one call"),
        (replace(RIGHT, calls=[*CALLS, (ONE_MORE, STRANGER)]), "1 have a call and had no window"),
        (replace(RIGHT, calls=[*CALLS, (CALLS[0][0], STRANGER)]), "1 is the id of several calls"),
        (replace(RIGHT, messages=MESSAGES[1:]), "1 is a call that the stream does not hold"),
        (
            replace(RIGHT, messages=[*MESSAGES, ("other", CALLS[0][0])]),
            "1 is a call that the stream holds more than once",
        ),
        (replace(RIGHT, messages=[*MESSAGES, MESSAGES[0]]), "1 is the id of several messages"),
        (replace(RIGHT, messages=[*MESSAGES, ("other", ONE_MORE)]), "1 is in the stream and is no call"),
        (replace(RIGHT, decisions=DECISIONS[1:]), "1 have no record"),
        (replace(RIGHT, decisions=[*DECISIONS, DECISIONS[0]]), "1 have more than one record"),
        (
            replace(RIGHT, decisions=[*DECISIONS[1:], (PEOPLE[0], "missed_no_tick")]),
            "1 is a decision other than to call",
        ),
        (replace(RIGHT, unpublished=["some"]), "1 waits in the outbox"),
        (replace(RIGHT, due=2), "2 windows are due still"),
        (replace(RIGHT, counted=4), "4 calls are counted, of 3"),
    ],
)
def test_what_is_wrong_is_found_and_told(wrong, told):
    assert any(fault.startswith(told) for fault in faults(wrong, PEOPLE))
