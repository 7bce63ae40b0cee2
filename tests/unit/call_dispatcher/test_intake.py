"""What an event says, and which event cannot be right."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from call_dispatcher.attempts import AttemptState, CarrierReported, Party, PartyAnswered, Reflection, ReflectionReported
from call_dispatcher.calls import WithdrawalReason
from call_dispatcher.intake import call_of, happening_of, withdrawal_of
from chassis.errors import InvalidInput
from daybook.events.v1 import events_pb2 as pb

CALL_ID, PERSON_ID = str(UUID(int=1)), str(UUID(int=2))
SID = "CA" + "1" * 32
OPENS, CLOSES = datetime(2026, 11, 24, 8, tzinfo=UTC), datetime(2026, 11, 24, 9, tzinfo=UTC)


def moment(at: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp


def scheduled(**changes) -> pb.CallScheduled:
    fields = {
        "call_id": CALL_ID,
        "person_id": PERSON_ID,
        "not_before": moment(OPENS),
        "not_after": moment(CLOSES),
    }
    return pb.CallScheduled(**(fields | changes))


def test_a_call_that_is_to_be_made() -> None:
    call = call_of(scheduled())
    assert (call.call_id, call.person_id, call.not_before, call.not_after) == (CALL_ID, PERSON_ID, OPENS, CLOSES)
    assert call.revision == 0


def test_a_call_that_was_moved_bears_its_revision() -> None:
    assert call_of(scheduled(revision=2)).revision == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"call_id": ""}, "call_id"),
        ({"call_id": "call:1762348549342"}, "call_id"),
        ({"person_id": "nobody"}, "person_id"),
        ({"not_before": None}, "not_before"),
        ({"not_after": None}, "not_after"),
        ({"not_after": moment(OPENS)}, "not_after"),
        ({"not_after": Timestamp(seconds=2**60)}, "not_after"),
    ],
)
def test_a_call_that_cannot_be_right_is_refused_with_the_field(changes, field) -> None:
    with pytest.raises(InvalidInput) as raised:
        call_of(scheduled(**changes))
    assert raised.value.field == field
    assert not raised.value.retryable


@pytest.mark.parametrize(
    ("event", "happening"),
    [
        (
            {"carrier_status": pb.CarrierStatus(status=pb.CARRIER_CALL_STATUS_RINGING, sequence_number=1)},
            CarrierReported(SID, AttemptState.RINGING, 1),
        ),
        (
            {"carrier_status": pb.CarrierStatus(status=pb.CARRIER_CALL_STATUS_FAILED, sip_response_code=404)},
            CarrierReported(SID, AttemptState.FAILED, 0, 404),
        ),
        ({"answered_by": pb.AnsweredBy(party=pb.ANSWERING_PARTY_MACHINE)}, PartyAnswered(SID, Party.MACHINE)),
        (
            {"reflection": pb.ReflectionChanged(state=pb.REFLECTION_STATE_OPTED_OUT)},
            ReflectionReported(SID, Reflection.OPTED_OUT),
        ),
        (
            {"reflection": pb.ReflectionChanged(state=pb.REFLECTION_STATE_CODE_TOLD)},
            ReflectionReported(SID, Reflection.CODE_TOLD),
        ),
    ],
)
def test_what_happened_to_an_attempt(event, happening) -> None:
    assert happening_of(pb.CallProgressed(carrier_call_id=SID, **event)) == happening


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "carrier_call_id"),
        ({"carrier_call_id": "CA" + "1" * 33}, "carrier_call_id"),
        ({"carrier_call_id": "CA" + "\0" * 32}, "carrier_call_id"),
        ({"carrier_call_id": SID}, "event"),
        ({"carrier_call_id": SID, "carrier_status": pb.CarrierStatus()}, "carrier_status.status"),
        ({"carrier_call_id": SID, "carrier_status": pb.CarrierStatus(status=99)}, "carrier_status.status"),
        (
            {"carrier_call_id": SID, "carrier_status": pb.CarrierStatus(status=3, sequence_number=2**31)},
            "carrier_status.sequence_number",
        ),
        (
            {"carrier_call_id": SID, "carrier_status": pb.CarrierStatus(status=8, sip_response_code=2**32 - 1)},
            "carrier_status.sip_response_code",
        ),
        ({"carrier_call_id": SID, "answered_by": pb.AnsweredBy()}, "answered_by.party"),
        ({"carrier_call_id": SID, "reflection": pb.ReflectionChanged()}, "reflection.state"),
    ],
)
def test_what_cannot_have_happened_is_refused_with_the_field(fields, field) -> None:
    with pytest.raises(InvalidInput) as raised:
        happening_of(pb.CallProgressed(**fields))
    assert raised.value.field == field


@pytest.mark.parametrize(
    "known", [pb.CarrierCallStatus.values(), pb.AnsweringParty.values(), pb.ReflectionState.values()]
)
def test_every_value_of_the_contract_is_understood(known) -> None:
    events = {
        pb.CarrierCallStatus: lambda value: {"carrier_status": pb.CarrierStatus(status=value)},
        pb.AnsweringParty: lambda value: {"answered_by": pb.AnsweredBy(party=value)},
        pb.ReflectionState: lambda value: {"reflection": pb.ReflectionChanged(state=value)},
    }
    [event] = [event for contract, event in events.items() if contract.values() == known]
    for value in known[1:]:
        happening_of(pb.CallProgressed(carrier_call_id=SID, **event(value)))


@given(st.binary(max_size=200))
def test_bytes_from_anywhere_are_understood_or_refused(data) -> None:
    for message, understand in ((pb.CallScheduled, call_of), (pb.CallProgressed, happening_of)):
        try:
            decoded = message.FromString(data)
        except Exception:  # noqa: BLE001 - the bus puts aside what is no message at all
            continue
        try:
            understand(decoded)
        except InvalidInput:
            continue


def withdrawn(**changes) -> pb.CallWithdrawn:
    fields = {
        "call_id": CALL_ID,
        "person_id": PERSON_ID,
        "reason": pb.WITHDRAWAL_REASON_OPTED_OUT,
        "withdrawn_at": moment(OPENS),
        "revision": 2,
    }
    return pb.CallWithdrawn(**(fields | changes))


def test_every_reason_of_the_contract_is_known() -> None:
    reasons = [value for value in pb.WithdrawalReason.values() if value != pb.WITHDRAWAL_REASON_UNSPECIFIED]
    assert {withdrawal_of(withdrawn(reason=reason)).reason for reason in reasons} == set(WithdrawalReason)


def test_a_call_that_is_withdrawn() -> None:
    withdrawal = withdrawal_of(withdrawn())
    assert (withdrawal.call_id, withdrawal.revision, withdrawal.withdrawn_at) == (CALL_ID, 2, OPENS)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"call_id": "nobody"}, "call_id"),
        ({"reason": pb.WITHDRAWAL_REASON_UNSPECIFIED}, "reason"),
        ({"reason": 99}, "reason"),
        ({"withdrawn_at": None}, "withdrawn_at"),
        ({"withdrawn_at": Timestamp(seconds=2**60)}, "withdrawn_at"),
    ],
)
def test_a_withdrawal_that_cannot_be_right_is_refused_with_the_field(changes, field) -> None:
    with pytest.raises(InvalidInput) as raised:
        withdrawal_of(withdrawn(**changes))
    assert raised.value.field == field
