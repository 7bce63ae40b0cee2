"""A call that window-scheduler took back, since its person opted out or was deleted: not dialed, not retried, and one end."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import JSONResponse

from call_dispatcher import withdrawals_store
from call_dispatcher.attempts import (
    Accepted,
    AttemptState,
    CarrierReported,
    OutcomeUnknown,
    Party,
    PartyAnswered,
    Reflection,
    ReflectionReported,
    TurnedAway,
)
from call_dispatcher.calls import Call, Withdrawal, WithdrawalReason
from call_dispatcher.errors import CarrierUnavailable
from call_dispatcher.store import DueCall, locked_call
from call_dispatcher.unwanted import Withdrawn
from chassis.consumer import Received
from daybook.events.v1 import events_pb2

SID = f"CA{0:032x}"
OPTED_OUT = events_pb2.WITHDRAWAL_REASON_OPTED_OUT
DELETED = events_pb2.WITHDRAWAL_REASON_PERSON_DELETED


async def withdraw(house, call, reason=OPTED_OUT) -> None:
    """What the bus hands over when window-scheduler has taken a call back."""
    message = events_pb2.CallWithdrawn(
        call_id=call.call_id, person_id=call.person_id, reason=reason, revision=call.revision
    )
    message.withdrawn_at.FromDatetime(house.clock.now())
    await house.intake.withdrawn(Received(f"{call.call_id}.withdrawn", house.clock.now(), message, 1))


async def carrier_tells(house, call, status) -> None:
    """A callback of the carrier, as it comes over the bus."""
    attempt_id = f"{call.call_id}.1"
    message = events_pb2.CallProgressed(call_id=call.call_id, attempt_id=attempt_id, carrier_call_id=SID)
    message.carrier_status.status = status
    await house.intake.progressed(Received(str(uuid4()), house.clock.now(), message, 1))


async def ends(house) -> list[tuple[str, str]]:
    told = events_pb2.CallOutcome
    return [(told.Name(each.outcome).removeprefix("CALL_OUTCOME_"), each.reason) for each in await house.finished()]


async def decisions(house, call) -> list[tuple[str, str]]:
    found = await house.rows(f"SELECT * FROM decisions WHERE call_id = '{call.call_id}' ORDER BY first_at, decision")
    return [(each.decision, each.reason) for each in found]


@pytest.mark.parametrize(("reason", "term"), [(OPTED_OUT, "opted_out"), (DELETED, "person_deleted")])
async def test_a_call_that_waits_is_over_at_once_and_nobody_is_asked(house, site, scheduler, reason, term) -> None:
    call = await house.schedule()
    await withdraw(house, call, reason)
    assert await house.state(call) == "finished"
    await house.dial()
    await house.later(hours=1)
    assert (site.posts, scheduler.asked) == ([], [])
    assert await ends(house) == [("REFUSED", term)]
    assert await decisions(house, call) == [("finished_refused", term)]


async def test_a_retry_that_waits_is_over_at_once_and_ends_as_the_attempt_left_it(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    await house.hear(call, CarrierReported(SID, AttemptState.BUSY))
    await withdraw(house, call)
    assert await ends(house) == [("BUSY", "opted_out")]
    await house.later(minutes=30)
    assert len(site.posts) == 1
    assert await decisions(house, call) == [("finished_busy", "opted_out"), ("try_again", "busy")]


@pytest.mark.parametrize("heard", [[], [CarrierReported(SID, AttemptState.RINGING)]])
async def test_what_is_queued_or_rings_at_the_carrier_is_cancelled_there(house, site, heard) -> None:
    call = await house.schedule()
    await house.dial()
    await house.hear(call, *heard)
    await withdraw(house, call)
    assert site.ended == [(SID, "canceled")]
    assert await house.state(call) == "active"
    await carrier_tells(house, call, events_pb2.CARRIER_CALL_STATUS_CANCELED)
    assert await ends(house) == [("REFUSED", "opted_out")]
    await house.later(minutes=30)
    assert len(site.posts) == 1
    assert await decisions(house, call) == [("finished_refused", "opted_out"), ("withdrawn", "opted_out")]


async def test_what_was_cancelled_is_over_even_if_no_callback_tells(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    await withdraw(house, call)
    await house.later(seconds=5)
    assert await ends(house) == [("REFUSED", "opted_out")]


async def test_a_carrier_that_cannot_be_asked_is_asked_again(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    site.ends_no_call = True
    with pytest.raises(CarrierUnavailable):
        await withdraw(house, call)
    site.ends_no_call = False
    await withdraw(house, call)
    assert site.ended == [(SID, "canceled")]
    await house.later(seconds=5)
    assert await ends(house) == [("REFUSED", "opted_out")]
    assert await decisions(house, call) == [("withdrawn", "opted_out"), ("finished_refused", "opted_out")]


async def test_where_nobody_asks_again_the_sweep_does(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    site.ends_no_call = True
    with pytest.raises(CarrierUnavailable):
        await withdraw(house, call)
    await house.later(seconds=5)  # the carrier is out of order still
    site.ends_no_call = False
    await house.later(seconds=30)
    assert site.ended == [(SID, "canceled")]
    await house.later(seconds=5)
    assert await ends(house) == [("REFUSED", "opted_out")]


@pytest.mark.parametrize(
    ("heard", "end"),
    [
        ([ReflectionReported(SID, Reflection.COMPLETED)], ("REFLECTED", "reflection_completed")),
        ([ReflectionReported(SID, Reflection.OPTED_OUT)], ("OPTED_OUT", "asked_not_to_be_called")),
        ([PartyAnswered(SID, Party.MACHINE)], ("VOICEMAIL", "opted_out")),
    ],
)
async def test_who_talks_is_not_cut_off_and_not_tried_again(house, site, heard, end) -> None:
    call = await house.schedule()
    await house.dial()
    await house.hear(call, CarrierReported(SID, AttemptState.IN_PROGRESS))
    await withdraw(house, call)
    await house.hear(call, *heard, CarrierReported(SID, AttemptState.COMPLETED))
    await withdraw(house, call)
    await house.later(minutes=40)
    assert (site.ended, len(site.posts)) == ([], 1)
    assert await ends(house) == [end]


async def test_a_call_that_is_withdrawn_while_window_scheduler_is_asked_is_not_dialed(house, site, scheduler) -> None:
    call = await house.schedule()
    async with house.asking():
        await withdraw(house, call)
    assert site.posts == []
    assert await ends(house) == [("REFUSED", "opted_out")]


async def test_a_call_that_is_withdrawn_while_the_carrier_is_asked_to_make_it_is_cancelled(house, site) -> None:
    call = await house.schedule()

    async def taken(_request, form):
        await withdraw(house, call)
        return JSONResponse(site.place(form), status_code=201)

    site.script = taken
    await house.dial()
    assert (len(site.posts), site.ended) == (1, [(SID, "canceled")])
    await house.later(seconds=5)
    assert await ends(house) == [("REFUSED", "opted_out")]


async def test_a_call_that_is_withdrawn_while_the_carriers_answer_waits_to_be_stored_is_cancelled(house) -> None:
    call = await house.schedule()
    now = house.clock.now()
    begun = await house.ledger.begin(DueCall(call.call_id, call.person_id, call.not_after, now, 1, call.revision))
    async with asyncio.TaskGroup() as tasks:
        async with house.database.transaction() as withdrawing:
            await locked_call(withdrawing, call.call_id)
            storing = tasks.create_task(house.ledger.record_answer(begun, Accepted(SID)))
            await until_one_waits(house)
            async with house.database.statement() as connection:
                news = Withdrawal(call.call_id, call.revision, WithdrawalReason.OPTED_OUT, now)
                await withdrawals_store.add_withdrawal(connection, news)
            assert await withdrawals_store.take_unanswered(withdrawing, call.call_id, review_at=now) == []
        assert await storing == Withdrawn(SID)


async def until_one_waits(house) -> None:
    """Returns when a transaction waits for what another one holds."""
    async with asyncio.timeout(60):
        while not await house.rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
            pass


async def test_the_first_callback_of_a_withdrawn_call_whose_post_had_no_answer_has_it_cancelled(house, site) -> None:
    call = await house.schedule()
    site.will_take_and_answer(500)
    await house.dial()
    await withdraw(house, call)
    assert site.ended == []
    await carrier_tells(house, call, events_pb2.CARRIER_CALL_STATUS_RINGING)
    assert site.ended == [(SID, "canceled")]
    await carrier_tells(house, call, events_pb2.CARRIER_CALL_STATUS_CANCELED)
    assert await ends(house) == [("REFUSED", "opted_out")]


@pytest.mark.parametrize("taken", [True, False])
async def test_a_doubt_about_a_withdrawn_call_is_settled_and_nobody_is_dialed_again(house, site, taken) -> None:
    call = await house.schedule()
    (site.will_take_and_answer if taken else site.will_answer)(500)
    await house.dial()
    await withdraw(house, call)
    await house.later(seconds=30)
    await house.later(seconds=30)
    assert site.ended == ([(SID, "canceled")] if taken else [])
    assert await ends(house) == [("REFUSED", "opted_out")]
    await house.later(minutes=30)
    assert len(site.posts) == 1


async def test_a_doubt_about_the_call_of_someone_who_is_deleted_stays_one(house, site, scheduler) -> None:
    call = await house.schedule()
    await house.begun(call)
    scheduler.deleted.add(call.person_id)
    await withdraw(house, call, DELETED)
    await house.later(minutes=1)
    assert await ends(house) == [("UNKNOWN", "carrier_never_told")]
    site.place({"To": "+43660", "From": "+43661"})
    await carrier_tells(house, call, events_pb2.CARRIER_CALL_STATUS_RINGING)
    assert site.ended == [(SID, "completed")]


@pytest.mark.parametrize("happening", [TurnedAway("throttled"), OutcomeUnknown("http_500")])
async def test_a_withdrawn_attempt_that_was_not_taken_is_not_made_again(house, site, happening) -> None:
    call = await house.schedule()
    await house.begun(call)
    await withdraw(house, call)
    await house.hear(call, happening)
    await house.later(minutes=1)
    assert site.posts == []
    assert await ends(house) == [("REFUSED", "opted_out")]


async def test_a_withdrawal_that_overtakes_its_call_is_not_lost(house, site, scheduler) -> None:
    call = Call(str(uuid4()), str(uuid4()), house.clock.now(), house.clock.now() + timedelta(hours=1))
    await withdraw(house, call)
    assert await ends(house) == []
    for _ in range(2):
        await house.announce(call)
    await house.dial()
    assert (site.posts, scheduler.asked) == ([], [])
    assert await ends(house) == [("REFUSED", "opted_out")]


async def test_who_consents_anew_is_called_whatever_is_told_again_of_before(house, site) -> None:
    call = await house.schedule()
    await withdraw(house, call)
    again = replace(call, revision=1)
    await house.announce(again)
    await withdraw(house, call)
    await house.dial()
    assert len(site.posts) == 1
    await withdraw(house, again)
    assert site.ended == [(SID, "canceled")]
    await house.later(seconds=5)
    assert await ends(house) == [("REFUSED", "opted_out"), ("REFUSED", "opted_out")]
    assert [each.revision for each in await house.finished()] == [0, 1]


async def test_two_dispatchers_that_hear_of_a_call_and_its_withdrawal_at_once_end_it(open_house, site) -> None:
    houses = [await open_house() for _ in range(2)]
    now = houses[0].clock.now()
    calls = [Call(str(uuid4()), str(uuid4()), now, now + timedelta(hours=1)) for _ in range(20)]
    for call in calls:
        news = [withdraw(houses[0], call), houses[1].announce(call)]
        await asyncio.gather(*news)
    assert {await houses[0].state(call) for call in calls} == {"finished"}
    assert await ends(houses[0]) == [("REFUSED", "opted_out")] * len(calls)


# each example has a call of its own, and leaves none behind that could still be dialed
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.sampled_from(["announce", "withdraw", "dial", "busy", "ringing", "answered", "ended", "later"]),
        max_size=12,
    )
)
async def test_in_any_order_nobody_is_dialed_after_a_withdrawal_and_there_is_one_end(house, site, steps) -> None:
    start = house.clock.now()
    call = Call(str(uuid4()), str(uuid4()), not_before=start, not_after=start + timedelta(hours=1))
    house.scheduler.numbers[call.call_id] = house.scheduler.number_of(call.person_id)
    withdrawn = False
    reported = {
        "busy": AttemptState.BUSY,
        "ringing": AttemptState.RINGING,
        "answered": AttemptState.IN_PROGRESS,
        "ended": AttemptState.COMPLETED,
    }
    for step in [*steps, "announce", "withdraw"]:
        posts = len(site.posts)
        match step:
            case "announce":
                await house.announce(call)
            case "withdraw":
                await withdraw(house, call)
                withdrawn = True
            case "dial":
                await house.dial()
            case "later":
                await house.later(minutes=3)
            case _:
                for row in await house.rows(f"SELECT * FROM attempts WHERE call_id = '{call.call_id}' AND live"):
                    happening = CarrierReported(row.carrier_call_id, reported[step])
                    await house.hear(call, happening, number=row.number)
        assert len(site.posts) == posts or not withdrawn
    for row in await house.rows(f"SELECT * FROM attempts WHERE call_id = '{call.call_id}' AND live"):
        await house.hear(call, CarrierReported(row.carrier_call_id, AttemptState.COMPLETED), number=row.number)
    await house.later(hours=2)
    assert len([each for each in await house.finished() if each.call_id == call.call_id]) == 1
    assert await house.state(call) == "finished"
