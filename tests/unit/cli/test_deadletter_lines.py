from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chassis.dead_letter import DeadLetter
from chassis.events import EVENTS
from chassis.nats_permissions import CONSUMERS
from daybook.events.v1.events_pb2 import CALL_OUTCOME_BUSY, CallFinished, CallScheduled
from daybook_cli.deadletter_lines import LOST, as_json, listed, no_such_subject, row, told, unreadable, would_be_lost

FINISHED = CallFinished(call_id="c1", outcome=CALL_OUTCOME_BUSY, attempts=2)
FINISHED.finished_at.FromDatetime(datetime(2026, 11, 24, 7, 59, tzinfo=UTC))
LETTER = DeadLetter(
    sequence=12,
    subject="call.finished",
    put_aside_at=datetime(2026, 11, 24, 8, 0, 3, 400_000, tzinfo=UTC),
    headers={
        "ce-id": "c1.finished",
        "ce-type": "daybook.events.v1.CallFinished",
        "ce-time": "2026-11-24T07:59:00+00:00",
        "daybook-reason": "outcome: is to be one of CallOutcome",
        "daybook-consumer": "window-scheduler",
        "daybook-deliveries": "1",
    },
    body=FINISHED.SerializeToString(),
)


def lines(letter, *heard_by):
    return list(told(letter, heard_by))


def headed(**headers):
    return replace(LETTER, headers={**LETTER.headers, **headers})


def test_a_row_says_who_refused_it_when_and_why():
    short = row(LETTER)
    assert (short.sequence, short.put_aside, short.subject) == ("12", "2026-11-24 08:00:03", "call.finished")
    assert (short.refused_by, short.tries) == ("window-scheduler", "1")
    assert short.reason == "outcome: is to be one of CallOutcome"


def test_one_that_was_put_aside_before_all_of_it_was_told_has_what_it_has():
    short = row(replace(LETTER, headers={"daybook-reason": "why"}))
    assert (short.refused_by, short.tries, short.reason) == ("?", "?", "why")
    assert row(replace(LETTER, headers={})).reason == "?"
    assert row(headed(**{"daybook-deliveries": "many"})).tries == "?"


def test_nothing_in_it_moves_the_terminal():
    hostile = "\x1b[2J\x07gone\u202e"
    letter = headed(**{"daybook-reason": hostile, "daybook-consumer": hostile, "ce-id": hostile})
    assert not [line for line in [*lines(letter), *vars(row(letter)).values()] if "\x1b" in line or "\u202e" in line]
    body = CallFinished(call_id=hostile).SerializeToString()
    assert not [line for line in lines(replace(LETTER, body=body)) if "\x1b" in line]


def test_all_of_one_is_told_with_its_times_as_people_write_them():
    seen = lines(LETTER, "window-scheduler", "journal-call-finished")
    assert seen[:3] == [
        "Dead letter 12 of call.finished, put aside 2026-11-24 08:00:03 UTC",
        "by window-scheduler, at delivery 1: outcome: is to be one of CallOutcome",
        "",
    ]
    assert "ce-id: c1.finished" in seen
    assert f"daybook.events.v1.CallFinished, {len(LETTER.body)} bytes:" in seen
    [body] = [line for line in seen if line.startswith("{")]
    assert '"outcome": "CALL_OUTCOME_BUSY"' in body
    assert '"finished_at": "2026-11-24T07:59:00Z"' in body
    assert seen[-1].startswith("Sent again, it reaches window-scheduler and journal-call-finished. Who has handled it")


def test_a_moment_that_is_none_is_told_in_protobufs_own_words():
    broken = CallFinished(call_id="c1")
    broken.finished_at.seconds = 2**60
    text = "\n".join(lines(replace(LETTER, body=broken.SerializeToString())))
    assert f"seconds: {2**60}" in text


@pytest.mark.parametrize(
    ("letter", "why", "shown"),
    [
        (replace(LETTER, body=b"\xff\xfe"), "cannot be decoded", "2 bytes: ff fe"),
        (replace(LETTER, body=b"\xff" * 65), "cannot be decoded", "65 bytes, which begin: ff ff"),
        (replace(LETTER, subject="call.scheduled"), "is not of the type daybook.events.v1.CallScheduled", "bytes: "),
        (replace(LETTER, subject="call.unheard"), "no subject that this program knows", "bytes: "),
        (replace(LETTER, headers={}, body=b""), "header ce-type is another, or missing", "It has no body."),
        (headed(**{"ce-time": "yesterday"}), "cannot be decoded", "bytes: "),
    ],
)
def test_of_what_cannot_be_decoded_the_reason_and_the_first_bytes_are_told(letter, why, shown):
    assert why in unreadable(letter)
    seen = lines(letter)
    assert unreadable(letter) in seen
    assert [line for line in seen if shown in line]
    assert not unreadable(LETTER)


def test_what_a_drop_loses_is_said_by_subject():
    scheduled = replace(LETTER, subject="call.scheduled", body=CallScheduled().SerializeToString())
    seen = list(would_be_lost([LETTER, scheduled, LETTER]))
    assert seen[0].startswith("2 of call.finished: each the end of a call")
    assert seen[1].startswith("1 of call.scheduled: each a call that is not made")
    assert list(would_be_lost([replace(LETTER, subject="other")])) == ["1 of other: each whatever it was to tell."]


def test_of_every_event_that_may_be_put_aside_it_is_known_what_is_lost():
    assert LOST.keys() == {event.subject for event in CONSUMERS.values()}
    assert LOST.keys() <= EVENTS.keys()


def test_below_a_list_stands_where_it_goes_on():
    assert listed([LETTER], 1, more=False) == "1 dead letter."
    assert listed([LETTER], 30, more=True) == "1 of 30 dead letters. Those that follow: --after 12"


def test_a_subject_without_letters_names_those_that_have_some():
    assert no_such_subject("call.dialed", {"call.scheduled": 2, "call.finished": 1}) == (
        "There are no dead letters of call.dialed; there are of call.finished (1), call.scheduled (2)."
    )


def test_for_programs_it_is_told_without_its_body():
    assert as_json(LETTER) == {
        "sequence": 12,
        "put_aside_at": "2026-11-24T08:00:03.400000+00:00",
        "subject": "call.finished",
        "consumer": "window-scheduler",
        "deliveries": 1,
        "reason": "outcome: is to be one of CallOutcome",
        "event_id": "c1.finished",
    }
