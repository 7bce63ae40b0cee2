"""From a scheduled call to its end: what is dialed, what is not, and what is told of it."""

import asyncio
from datetime import timedelta

import pytest

from call_dispatcher.attempts import (
    AttemptState,
    CarrierReported,
    Party,
    PartyAnswered,
    Reflection,
    ReflectionReported,
)
from daybook.events.v1 import events_pb2
from daybook.scheduler.v1 import scheduler_pb2

SID = f"CA{0:032x}"


def refused(name, retry_at=None):
    answer = scheduler_pb2.AuthorizeDialResponse(refusal=scheduler_pb2.DialRefusal.Value(f"DIAL_REFUSAL_{name}"))
    if retry_at is not None:
        answer.retry_at.FromDatetime(retry_at)
    return answer


async def test_a_scheduled_call_is_dialed_answered_and_finished(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    await house.hear(
        call,
        CarrierReported(SID, AttemptState.ACCEPTED, 0),
        CarrierReported(SID, AttemptState.RINGING, 1),
        CarrierReported(SID, AttemptState.IN_PROGRESS, 2),
        PartyAnswered(SID, Party.HUMAN),
        ReflectionReported(SID, Reflection.STARTED),
        ReflectionReported(SID, Reflection.COMPLETED),
    )
    assert await house.state(call) == "active"
    await house.hear(call, CarrierReported(SID, AttemptState.COMPLETED, 3))
    assert await house.state(call) == "finished"
    assert await house.events() == [
        ("call.dialed", f"{call.call_id}.1.dialed"),
        ("call.finished", f"{call.call_id}.finished"),
    ]
    [finished] = await house.finished()
    assert finished.outcome == events_pb2.CALL_OUTCOME_REFLECTED
    assert finished.attempts == 1
    assert finished.attempt_id == f"{call.call_id}.1"
    assert await house.rows("SELECT 1 FROM outbox WHERE published_at IS NULL") == []


async def test_what_the_carrier_is_asked_for(house, site, scheduler) -> None:
    call = await house.schedule()
    await house.dial()
    [post] = site.posts
    hooks = "https://daybook.example/webhooks/twilio"
    assert post["To"] == scheduler.numbers[call.call_id]
    assert post["From"] == "+4366099999"
    assert post["Url"] == f"{hooks}/voice/{call.call_id}.1?fallback=1#rc=2&rp=5xx,ct,rt"
    assert post["FallbackUrl"] == f"{hooks}/fallback/{call.call_id}.1#rc=2&rp=5xx,ct,rt"
    assert post["StatusCallback"] == f"{hooks}/status/{call.call_id}.1#rc=2&rp=5xx,ct,rt"
    assert post["AsyncAmdStatusCallback"] == f"{hooks}/amd/{call.call_id}.1#rc=2&rp=5xx,ct,rt"
    assert post["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    assert (post["AsyncAmd"], post["MachineDetection"]) == ("true", "DetectMessageEnd")
    assert (post["Timeout"], post["TimeLimit"]) == ("25", "1800")


async def test_the_same_call_scheduled_twice_is_dialed_once(house, site) -> None:
    call = await house.schedule()
    await house.bookings.schedule(call)
    await house.dial()
    await house.bookings.schedule(call)
    await house.dial()
    assert len(site.posts) == 1


async def test_a_busy_person_is_tried_again_in_the_window_and_no_more_than_three_times(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    for number, minutes in ((1, 2), (2, 5), (3, 5)):
        assert len(site.posts) == number
        sid = (await house.attempt(call, number)).carrier_call_id
        await house.hear(call, CarrierReported(sid, AttemptState.BUSY, 2), number=number)
        await house.later(minutes=minutes - 1)
        assert len(site.posts) == number
        await house.later(minutes=1)
    [finished] = await house.finished()
    assert finished.outcome == events_pb2.CALL_OUTCOME_BUSY
    assert (finished.reason, finished.attempts) == ("attempts_exhausted", 3)


async def test_a_repeated_callback_does_not_put_a_retry_off(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    busy = CarrierReported(SID, AttemptState.BUSY, 2)
    await house.hear(call, busy)
    await house.later(seconds=100)
    await house.hear(call, busy)
    await house.later(seconds=20)
    assert len(site.posts) == 2


async def test_a_reflection_told_late_takes_a_queued_retry_back(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    await house.hear(call, CarrierReported(SID, AttemptState.COMPLETED, 3))
    await house.later(seconds=11)
    assert await house.state(call) == "pending"
    await house.hear(call, ReflectionReported(SID, Reflection.COMPLETED))
    assert await house.state(call) == "finished"
    await house.later(minutes=6)
    assert len(site.posts) == 1


async def test_a_window_that_closes_before_a_dial_is_told_as_missed(house, site) -> None:
    call = await house.schedule(closes_in=timedelta(minutes=5))
    await house.later(minutes=5)
    [finished] = await house.finished()
    assert finished.call_id == call.call_id
    assert (finished.outcome, finished.reason) == (events_pb2.CALL_OUTCOME_MISSED, "window_closed")
    assert (finished.attempts, finished.attempt_id) == (0, "")
    assert site.posts == []


async def test_nothing_is_dialed_before_the_window_opens(house, site, clock) -> None:
    call = await house.schedule()
    await house.rows(f"UPDATE calls SET next_attempt_at = '{clock.now() + timedelta(minutes=3)}' RETURNING 1")
    await house.dial()
    assert site.posts == []
    await house.later(minutes=3)
    assert [post["Url"].split("/")[-1].split("?")[0] for post in site.posts] == [f"{call.call_id}.1"]


@pytest.mark.parametrize("rule", ["OPTED_OUT", "NO_CONSENT", "DAILY_CAP", "UNKNOWN_CALL", "WINDOW_DELETED"])
async def test_a_call_that_is_not_allowed_is_refused_with_the_rule(house, site, scheduler, rule) -> None:
    await house.schedule()
    scheduler.refusals.append(refused(rule))
    await house.dial()
    [finished] = await house.finished()
    assert (finished.outcome, finished.reason) == (events_pb2.CALL_OUTCOME_REFUSED, rule.lower())
    assert site.posts == []


async def test_a_call_refused_for_now_is_asked_about_again(house, site, scheduler, clock) -> None:
    await house.schedule()
    scheduler.refusals.append(refused("QUIET_HOURS", retry_at=clock.now() + timedelta(minutes=10)))
    await house.dial()
    await house.later(minutes=9)
    assert site.posts == []
    await house.later(minutes=1)
    assert len(site.posts) == 1


async def test_a_window_that_the_scheduler_has_closed_is_told_as_missed(house, site, scheduler) -> None:
    await house.schedule(closes_in=timedelta(minutes=1))
    scheduler.refusals.append(refused("WINDOW_CLOSED"))
    await house.dial()
    assert await house.finished() == []
    await house.later(minutes=1)
    [finished] = await house.finished()
    assert (finished.outcome, finished.reason) == (events_pb2.CALL_OUTCOME_MISSED, "window_closed")


async def test_a_dial_that_is_allowed_without_a_number_is_not_made(house, site, scheduler) -> None:
    await house.schedule()
    scheduler.refusals.append(scheduler_pb2.AuthorizeDialResponse(allowed=True))
    await house.dial()
    assert site.posts == []


async def test_without_an_answer_of_the_scheduler_there_is_no_dial_until_it_answers(house, site, scheduler) -> None:
    call = await house.schedule()
    scheduler.down = True
    await house.dial()
    assert site.posts == []
    [decision] = await house.rows("SELECT decision, reason, times FROM decisions")
    assert tuple(decision) == ("postponed", "scheduler_unavailable", 1)
    scheduler.down = False
    await house.later(seconds=5)
    assert len(site.posts) == 1
    assert await house.state(call) == "active"


async def test_the_earliest_deadline_goes_first(house, site) -> None:
    calls = [await house.schedule(closes_in=timedelta(minutes=minutes)) for minutes in (50, 10, 30, 20, 40)]
    by_deadline = sorted(calls, key=lambda call: call.not_after)
    for call in by_deadline:
        async with house.database.transaction() as connection:
            taken = await house.take_due(connection)
        assert taken.call_id == call.call_id


async def test_two_dispatchers_at_once_dial_each_call_once(open_house, site) -> None:
    houses = [await open_house() for _ in range(2)]
    calls = [await houses[0].schedule() for _ in range(20)]
    await asyncio.gather(*(house.dial() for house in houses))
    assert len(site.posts) == len(calls)
    assert len({post["To"] for post in site.posts}) == len(calls)


async def test_one_person_is_never_rung_by_two_calls_at_once(house, site) -> None:
    calls = [await house.schedule()]
    calls.append(await house.schedule(person_id=calls[0].person_id))
    await house.dial()
    assert len(site.posts) == 1
    [on_the_line] = [call for call in calls if await house.state(call) == "active"]
    await house.later(seconds=20)
    assert len(site.posts) == 1
    await house.hear(
        on_the_line, CarrierReported(SID, AttemptState.COMPLETED), ReflectionReported(SID, Reflection.COMPLETED)
    )
    await house.dial()
    assert len(site.posts) == 2


async def test_an_opt_out_is_told_while_the_call_is_on_the_line(house) -> None:
    call = await house.schedule()
    await house.dial()
    await house.hear(call, ReflectionReported(SID, Reflection.OPTED_OUT))
    [finished] = await house.finished()
    assert finished.outcome == events_pb2.CALL_OUTCOME_OPTED_OUT
    await house.hear(call, CarrierReported(SID, AttemptState.COMPLETED, 3))
    assert len(await house.finished()) == 1
    assert (await house.attempt(call)).state is AttemptState.COMPLETED


async def test_no_phone_number_is_stored(house, site) -> None:
    await house.schedule()
    await house.dial()
    number = site.posts[0]["To"]
    for table in ("calls", "attempts", "decisions", "outbox"):
        rows = await house.rows(f"SELECT * FROM {table}")
        assert rows or table == "decisions"
        assert number not in repr(rows)
        assert number[1:] not in repr(rows)
