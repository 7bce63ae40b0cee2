"""What call-dispatcher tells Prometheus of its work and of its loops."""

import asyncio
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from call_dispatcher.attempts import AttemptState, CarrierReported, Party, PartyAnswered
from call_dispatcher.rate import spacing_of
from chassis.errors import Unavailable
from chassis.events import CALLS_STREAM

SID = f"CA{0:032x}"
OTHER_SID = f"CA{1:032x}"


def told(name, **labels):
    return REGISTRY.get_sample_value(name, labels)


def last_beat(worker):
    return told("daybook_worker_last_success_timestamp_seconds", worker=worker)


async def until(holds):
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - a metric can only be looked at
            await asyncio.sleep(0.02)


async def test_an_attempt_without_a_known_outcome_shows_until_the_carrier_has_spoken(house, site, clock):
    submitted_at = clock.now()
    call = await house.schedule()
    site.will_answer(503)
    site.down = True
    await house.dial()
    await house.sweep.sweep()
    assert told("daybook_attempts_unknown") == 1
    assert told("daybook_attempts_unknown_oldest_timestamp_seconds") == submitted_at.timestamp()
    await house.later(minutes=2)
    assert told("daybook_attempts_unknown") == 1  # the carrier cannot be asked
    await house.hear(call, CarrierReported(SID, AttemptState.RINGING, 1))
    await house.sweep.sweep()
    assert told("daybook_attempts_unknown") == 0
    assert told("daybook_attempts_unknown_oldest_timestamp_seconds") == 0


async def test_the_outbox_tells_since_when_the_oldest_waits(house, clock):
    dialed_at = clock.now()
    await house.schedule()
    await house.dial()
    clock.advance(timedelta(minutes=1))
    await house.sweep.sweep()
    assert told("daybook_dispatcher_outbox_unpublished") == 1
    assert told("daybook_dispatcher_outbox_oldest_timestamp_seconds") == dialed_at.timestamp()
    await house.relay.publish()
    await house.sweep.sweep()
    assert told("daybook_dispatcher_outbox_oldest_timestamp_seconds") == 0


async def test_a_call_is_answered_once_however_often_it_is_told_and_tried(house):
    before = told("daybook_calls_answered_total")
    call = await house.schedule()
    await house.dial()
    await house.hear(call, CarrierReported(SID, AttemptState.RINGING, 1))
    assert told("daybook_calls_answered_total") == before
    await house.hear(
        call,
        PartyAnswered(SID, Party.MACHINE),
        CarrierReported(SID, AttemptState.IN_PROGRESS, 2),
        CarrierReported(SID, AttemptState.COMPLETED, 3),
    )
    assert told("daybook_calls_answered_total") == before + 1
    await house.later(hours=0.75)  # a machine's call is tried again, and is answered again
    await house.hear(call, CarrierReported(OTHER_SID, AttemptState.COMPLETED, 1), number=2)
    assert told("daybook_calls_answered_total") == before + 1


async def test_a_call_that_ends_without_an_answer_is_none(house):
    before = told("daybook_calls_answered_total")
    call = await house.schedule()
    await house.dial()
    await house.hear(call, CarrierReported(SID, AttemptState.NO_ANSWER, 2))
    assert told("daybook_calls_answered_total") == before


async def test_the_loops_beat_when_they_have_nothing_to_do(house, clock):
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(house.dialer.run(stop))
        tasks.create_task(house.relay.run(stop))
        tasks.create_task(house.sweep.run(stop, period=timedelta(hours=1)))
        for worker in ("dialer", "relay", "sweep"):
            await until(lambda worker=worker: last_beat(worker) == clock.now().timestamp())
        stop.set()
        house.wake_ups.dialer.set()
        house.wake_ups.relay.set()


async def test_a_round_that_fails_is_no_beat(house, clock):
    await house.schedule()
    await house.dial()
    await house.relay.publish()
    await house.sweep.sweep()
    good = clock.now().timestamp()
    await house.schedule()
    await house.dial()
    clock.advance(timedelta(minutes=1))
    await house.bus._stream.delete_stream(CALLS_STREAM)
    with pytest.raises(Unavailable):
        await house.relay.publish()
    async with house.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE calls RENAME TO calls_gone"))
    with pytest.raises(Exception, match="calls"):
        await house.sweep.sweep()
    assert (last_beat("relay"), last_beat("sweep")) == (good, good)


async def test_dials_that_the_rate_holds_back_are_counted_a_slot_each(open_house, clock):
    house = await open_house(calls_per_second=10)
    before = told("daybook_rate_wait_seconds_total")
    for _ in range(3):
        await house.schedule()
    clock.advance(timedelta(minutes=1))
    await house.dial()  # the first goes at once
    assert told("daybook_rate_wait_seconds_total") - before == pytest.approx(2 * spacing_of(10).total_seconds())
