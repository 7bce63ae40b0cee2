"""Never dial twice on a doubt (promise 4): the carrier's answer is missing, late, wrong, or was never waited for."""

from datetime import timedelta

import pytest

from call_dispatcher.attempts import AttemptState, CarrierReported, Reflection, ReflectionReported
from daybook.events.v1 import events_pb2

SID = f"CA{0:032x}"


async def test_a_call_that_was_taken_without_an_answer_is_found_and_not_made_again(house, site) -> None:
    call = await house.schedule()
    site.will_take_and_answer(503)
    await house.dial()
    assert (await house.attempt(call)).state is AttemptState.SUBMISSION_UNKNOWN
    await house.later(seconds=15)
    assert len(site.posts) == 1
    await house.later(seconds=15)
    found = await house.attempt(call)
    assert (found.state, found.carrier_call_id) == (AttemptState.ACCEPTED, SID)
    assert await house.events() == [("call.dialed", f"{call.call_id}.1.dialed")]
    await house.later(minutes=1)
    assert len(site.calls) == len(site.posts) == 1


async def test_a_call_that_was_not_taken_is_made_again_only_after_the_carrier_was_asked(house, site) -> None:
    call = await house.schedule()
    site.will_answer(500)
    await house.dial()
    await house.later(seconds=29)
    assert len(site.posts) == 1
    await house.later(seconds=1)
    assert (await house.attempt(call)).state is AttemptState.NOT_PLACED
    assert (await house.attempt(call, 2)).state is AttemptState.ACCEPTED
    assert len(site.calls) == 1


async def test_a_callback_binds_a_call_whose_answer_was_lost(house, site) -> None:
    call = await house.schedule()
    site.will_take_and_answer(502)
    await house.dial()
    await house.hear(call, CarrierReported(SID, AttemptState.RINGING, 1))
    bound = await house.attempt(call)
    assert (bound.state, bound.carrier_call_id) == (AttemptState.RINGING, SID)
    assert await house.events() == [("call.dialed", f"{call.call_id}.1.dialed")]


@pytest.mark.parametrize("taken", [True, False])
async def test_an_attempt_left_by_a_crash_is_reconciled(house, site, scheduler, taken) -> None:
    call = await house.schedule()
    await house.begun(call)
    if taken:
        site.place({"To": scheduler.numbers[call.call_id], "From": "+4366099999"})
    await house.later(seconds=30)
    assert (await house.attempt(call)).state is (AttemptState.ACCEPTED if taken else AttemptState.NOT_PLACED)
    assert len(site.posts) == (0 if taken else 1)
    assert len(site.calls) == 1


async def test_a_call_of_another_attempt_or_an_earlier_day_is_not_taken_for_this_one(house, site, scheduler) -> None:
    call = await house.schedule()
    number = scheduler.numbers[call.call_id]
    yesterday = site.place({"To": number, "From": "+4366099999"})
    house.clock.advance(timedelta(hours=-24))
    yesterday["date_created"] = site.place({"To": "+4366012345", "From": "+4366099999"})["date_created"]
    house.clock.advance(timedelta(hours=24))
    await house.dial()
    first = (await house.attempt(call)).carrier_call_id
    await house.hear(call, CarrierReported(first, AttemptState.BUSY, 2))
    house.clock.advance(timedelta(minutes=2))
    site.will_answer(500)
    await house.dial()
    await house.later(seconds=30)
    assert (await house.attempt(call, 2)).state is AttemptState.NOT_PLACED


async def test_while_the_carrier_cannot_be_asked_nothing_is_dialed(house, site) -> None:
    call = await house.schedule()
    site.will_answer(500)
    await house.dial()
    site.down = True
    await house.later(seconds=30)
    await house.later(seconds=30)
    assert len(site.posts) == 1
    assert (await house.attempt(call)).state is AttemptState.SUBMISSION_UNKNOWN
    site.down = False
    await house.later(seconds=30)
    assert len(site.posts) == 2


async def test_a_throttled_call_is_sent_again_under_the_same_attempt(house, site, scheduler) -> None:
    call = await house.schedule()
    for _ in range(4):
        site.will_answer(429, code=20429, message="too many", status=429)
        await house.dial()
        assert (await house.attempt(call)).state is AttemptState.TURNED_AWAY
        house.clock.advance(timedelta(seconds=5))
    await house.dial()
    assert (await house.attempt(call)).state is AttemptState.ACCEPTED
    assert set(scheduler.asked) == {f"{call.call_id}.1"}
    assert len(site.calls) == 1


async def test_a_number_that_does_not_exist_finishes_the_call(house, site) -> None:
    await house.schedule()
    site.will_answer(400, code=21211, message="invalid", status=400)
    await house.dial()
    [finished] = await house.finished()
    assert (finished.outcome, finished.reason) == (events_pb2.CALL_OUTCOME_FAILED, "number_cannot_be_called")


async def test_a_call_that_surfaces_after_another_was_made_is_to_be_ended(house, site) -> None:
    call = await house.schedule()
    site.will_answer(500)
    await house.dial()
    await house.later(seconds=30)
    assert (await house.attempt(call, 2)).state is AttemptState.ACCEPTED
    late = CarrierReported("CA" + "f" * 32, AttemptState.RINGING, 1)
    surfaced = await house.ledger.record(f"{call.call_id}.1", late)
    assert surfaced.carrier_call_id == late.carrier_call_id
    assert (await house.attempt(call)).state is AttemptState.NOT_PLACED
    assert (await house.attempt(call, 2)).state is AttemptState.ACCEPTED


async def test_a_call_that_surfaces_before_another_was_made_takes_the_retry_back(house, site) -> None:
    call = await house.schedule()
    site.will_answer(500)
    await house.dial()
    house.clock.advance(timedelta(seconds=30))
    await house.sweep.sweep()
    assert await house.state(call) == "pending"
    await house.hear(call, CarrierReported(SID, AttemptState.RINGING, 1))
    assert await house.state(call) == "active"
    await house.dial()
    assert len(site.posts) == 1


async def test_a_silent_call_is_asked_about(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    site.call(SID)["status"] = "no-answer"
    await house.later(seconds=60)
    assert (await house.attempt(call)).state is AttemptState.NO_ANSWER
    await house.later(minutes=5)
    assert len(site.posts) == 2


async def test_a_call_that_the_carrier_forgot_ends_as_unknown(house, site) -> None:
    await house.schedule()
    await house.dial()
    site.calls.clear()
    await house.later(seconds=60)
    [finished] = await house.finished()
    assert (finished.outcome, finished.reason) == (events_pb2.CALL_OUTCOME_UNKNOWN, "carrier_never_told")


async def test_a_call_still_queued_when_the_window_closes_is_cancelled(house, site) -> None:
    call = await house.schedule(closes_in=timedelta(seconds=20))
    await house.dial()
    await house.later(seconds=20)
    assert site.ended == [(SID, "canceled")]
    assert (await house.attempt(call)).state is AttemptState.CANCELED
    [finished] = await house.finished()
    assert finished.outcome == events_pb2.CALL_OUTCOME_MISSED


async def test_a_reflection_whose_end_is_never_told_is_not_called_again(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    await house.hear(call, ReflectionReported(SID, Reflection.STARTED), CarrierReported(SID, AttemptState.COMPLETED, 3))
    await house.later(seconds=60)
    [finished] = await house.finished()
    assert (finished.outcome, finished.reason) == (events_pb2.CALL_OUTCOME_CUT_SHORT, "reflection_end_not_told")


async def test_an_attempt_that_nobody_can_ask_about_is_given_up_in_the_end(house, site) -> None:
    await house.schedule(closes_in=timedelta(hours=12))
    site.will_answer(500)
    await house.dial()
    site.down = True
    await house.later(hours=5)
    assert await house.finished() == []
    await house.later(hours=1)
    [finished] = await house.finished()
    assert finished.outcome == events_pb2.CALL_OUTCOME_UNKNOWN
    assert len(site.posts) == 1


async def test_the_attempt_of_a_deleted_person_ends_as_unknown(house, site, scheduler) -> None:
    call = await house.schedule()
    await house.begun(call)
    scheduler.deleted.add(call.person_id)
    await house.later(seconds=30)
    [finished] = await house.finished()
    assert finished.outcome == events_pb2.CALL_OUTCOME_UNKNOWN
    assert site.posts == []


async def test_many_silent_attempts_are_looked_after_in_one_sweep(house, site) -> None:
    calls = [await house.schedule() for _ in range(20)]
    await house.dial()
    for call in site.calls:
        call["status"] = "busy"
    await house.later(seconds=60)
    assert {(await house.attempt(call)).state for call in calls} == {AttemptState.BUSY}


async def test_the_end_of_a_call_that_was_finished_on_the_line_is_asked_about(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    await house.hear(call, ReflectionReported(SID, Reflection.OPTED_OUT))
    site.call(SID)["status"] = "completed"
    await house.later(minutes=6)
    assert (await house.attempt(call)).state is AttemptState.COMPLETED
    assert len(await house.finished()) == 1
