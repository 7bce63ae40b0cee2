from dataclasses import replace
from datetime import UTC, datetime

from chassis.dead_letter import REASON_AT_MOST, DeadLetter, headers_aside, original_subject, subject_aside

CAME_WITH = {
    "ce-id": "c1.scheduled",
    "ce-type": "daybook.events.v1.CallScheduled",
    "ce-time": "2026-11-24T08:00:00+00:00",
    "content-type": "application/protobuf",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}
TOLD_TO_THE_SERVER = {"Nats-Msg-Id": "c1.scheduled", "Nats-Batch-Id": "b", "Nats-Batch-Sequence": "3"}


def aside(reason="Why.", headers=CAME_WITH):
    return headers_aside(headers, message_id="m", reason=reason, consumer="journal-call-finished", deliveries=5)


def letter(headers):
    return DeadLetter(7, "call.scheduled", datetime(2026, 11, 24, 8, 1, tzinfo=UTC), headers, b"")


def test_what_it_came_with_stays_and_what_the_server_was_told_goes():
    headers = aside(headers={**CAME_WITH, **TOLD_TO_THE_SERVER})
    assert headers == {
        **CAME_WITH,
        "Nats-Msg-Id": "m",
        "daybook-reason": "Why.",
        "daybook-consumer": "journal-call-finished",
        "daybook-deliveries": "5",
    }


def test_a_reason_is_one_line_of_bounded_length():
    assert aside(reason="One.\n  Two.\r\nThree.")["daybook-reason"] == "One. Two. Three."
    assert len(aside(reason="x" * 5000)["daybook-reason"]) == REASON_AT_MOST


def test_sent_again_it_has_what_it_came_with_and_an_id_of_this_letters_own():
    again = letter(aside()).headers_again()
    identity = again.pop("Nats-Msg-Id")
    assert again == CAME_WITH
    assert letter(aside()).headers_again()["Nats-Msg-Id"] == identity
    others = [replace(letter(aside()), sequence=8), replace(letter(aside()), put_aside_at=datetime.now(UTC))]
    assert identity not in {*(other.headers_again()["Nats-Msg-Id"] for other in others), "m", "c1.scheduled"}


def test_put_aside_once_more_it_tells_of_the_last_time_alone():
    second = letter(aside(reason="Another.", headers=letter(aside()).headers_again()))
    assert second.reason == "Another."
    assert {name for name in second.headers if name.startswith("daybook-")} == {
        "daybook-reason",
        "daybook-consumer",
        "daybook-deliveries",
    }


def test_a_header_that_cannot_be_sent_is_left_behind():
    assert "a(name)of" not in aside(headers={**CAME_WITH, "a(name)of": "its own"})


def test_a_subject_is_found_again():
    assert subject_aside("call.scheduled") == "deadletter.call.scheduled"
    assert original_subject("deadletter.call.scheduled") == "call.scheduled"
