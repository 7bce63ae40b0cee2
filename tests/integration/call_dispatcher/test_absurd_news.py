"""What cannot be right, of the carrier or of the bus: it gets a clear error or is absorbed, and nothing is lost for it."""

from datetime import timedelta

import pytest

from call_dispatcher.attempts import AttemptState, CarrierReported
from call_dispatcher.errors import AnotherCarrierCall
from chassis.consumer import Received
from chassis.errors import InvalidInput
from daybook.events.v1 import events_pb2 as pb

SID = f"CA{0:032x}"
INT32 = 2**31 - 1


def progressed(house, call, *, attempt_id=None, sid=SID, **status):
    told = pb.CarrierStatus(**{"status": pb.CARRIER_CALL_STATUS_RINGING} | status)
    message = pb.CallProgressed(
        call_id=call.call_id,
        attempt_id=attempt_id or f"{call.call_id}.1",
        carrier_call_id=sid,
        carrier_status=told,
    )
    return house.intake.progressed(Received("1", house.clock.now(), message, 1))


@pytest.mark.parametrize(
    ("absurd", "field"),
    [
        ({"sequence_number": INT32 + 1}, "carrier_status.sequence_number"),
        ({"sequence_number": 2**32 - 1}, "carrier_status.sequence_number"),
        ({"sip_response_code": 2**32 - 1}, "carrier_status.sip_response_code"),
        ({"status": 10}, "carrier_status.status"),
        ({"status": -1}, "carrier_status.status"),
        ({"sid": "CA" + "\0" * 32}, "carrier_call_id"),
        ({"sid": "CA" * 100_000}, "carrier_call_id"),
    ],
)
async def test_an_event_that_cannot_be_right_is_put_aside_at_once_and_the_next_is_heard(house, absurd, field) -> None:
    call = await house.schedule()
    await house.dial()
    before = await house.attempt(call)
    with pytest.raises(InvalidInput) as refused:
        await progressed(house, call, **absurd)
    assert (refused.value.field, refused.value.retryable) == (field, False)
    assert await house.attempt(call) == before
    await progressed(house, call, sequence_number=1)
    assert (await house.attempt(call)).state is AttemptState.RINGING


@pytest.mark.parametrize("number", ["0", "01", "-1", "x", "1\0", str(10**10)])
async def test_an_event_of_an_attempt_that_none_can_be_is_put_aside_at_once(house, number) -> None:
    call = await house.schedule()
    with pytest.raises(InvalidInput) as refused:
        await progressed(house, call, attempt_id=f"{call.call_id}.{number}")
    assert (refused.value.field, refused.value.retryable) == ("attempt_id", False)


async def test_the_greatest_numbers_that_are_let_through_are_kept(house) -> None:
    call = await house.schedule()
    await house.dial()
    await progressed(house, call, status=pb.CARRIER_CALL_STATUS_BUSY, sequence_number=INT32, sip_response_code=INT32)
    await progressed(house, call, sequence_number=1)
    attempt = await house.attempt(call)
    assert (attempt.state, attempt.last_sequence, attempt.sip_code) == (AttemptState.BUSY, INT32, INT32)


async def test_a_call_of_the_carrier_that_is_told_of_two_attempts_stays_with_the_first(house) -> None:
    one, other = await house.schedule(), await house.schedule()
    await house.begun(one)
    await house.begun(other)
    await progressed(house, one)
    with pytest.raises(AnotherCarrierCall, match="bound to another") as refused:
        await progressed(house, other)
    assert not refused.value.retryable
    assert (await house.attempt(one)).carrier_call_id == SID
    assert (await house.attempt(other)).state is AttemptState.SUBMITTING


async def test_a_call_in_a_status_that_twilio_does_not_document_is_found_and_not_made_again(house, site) -> None:
    call = await house.schedule()
    site.will_take_and_answer(503)
    await house.dial()
    site.call(SID)["status"] = "answering"
    await house.later(seconds=30)
    found = await house.attempt(call)
    assert (found.state, found.carrier_call_id) == (AttemptState.ACCEPTED, SID)
    for _ in range(3):
        await house.later(minutes=2)
    assert (await house.attempt(call)).state is AttemptState.ACCEPTED
    site.call(SID)["status"] = "busy"
    await house.later(minutes=2)
    assert (await house.attempt(call)).state is AttemptState.BUSY
    assert len(site.calls) == 1


async def test_a_call_that_stays_in_such_a_status_is_given_up_in_the_end(house, site) -> None:
    call = await house.schedule(closes_in=timedelta(hours=12))
    await house.dial()
    site.call(SID)["status"] = "answering"
    await house.later(hours=5)
    assert await house.finished() == []
    await house.later(hours=2)
    [finished] = await house.finished()
    assert (finished.outcome, finished.reason) == (pb.CALL_OUTCOME_UNKNOWN, "carrier_never_told")
    assert len(site.calls) == 1
    await house.hear(call, CarrierReported(SID, AttemptState.COMPLETED, 3))
    assert len(await house.finished()) == 1


@pytest.mark.parametrize("code", [2**40, "21211", -5, None, [1]])
async def test_a_refusal_with_an_absurd_code_is_a_refusal(house, site, code) -> None:
    call = await house.schedule()
    site.will_answer(400, code=code, message="no", status=400)
    await house.dial()
    attempt = await house.attempt(call)
    assert (attempt.state, attempt.error_code) == (AttemptState.REJECTED, None)
