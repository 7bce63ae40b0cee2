"""A call whose announcement was lost is announced again while nobody asks about it, and dialed once whatever comes twice."""

import asyncio
from datetime import UTC, datetime, timedelta

import nats
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

import call_dispatcher.store
from call_dispatcher.__main__ import REVISIONS as DISPATCHER_REVISIONS
from call_dispatcher.bookings import Bookings
from call_dispatcher.intake import call_of
from call_dispatcher.ledger import Ledger
from call_dispatcher.retries import Patience
from call_dispatcher.retry_policy_file import COMES_WITH_DAYBOOK
from call_dispatcher.wake_ups import WakeUps
from chassis.bus import open_bus
from chassis.consumer import Received
from chassis.database import open_database
from chassis.events import CALL_SCHEDULED, CALLS_STREAM
from chassis.migrations import upgrade
from chassis.nats_access import NatsAccess
from daybook.events.v1.events_pb2 import CallFinished, CallScheduled
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.call_endings import CallEndings
from window_scheduler.reminders import AT_ONCE, PATIENCE, announce_and_remind, remind
from window_scheduler.tables import SCHEMA

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
async def call(api, tick):
    """One that was announced and that nobody has taken. Its window opened half an hour before, and is open for an hour more."""
    person = await api.person()
    await api.window(person)
    await tick()
    [call] = await api.calls_of(person)
    return call


@pytest.fixture
def reminded(database, bus, clock):
    """How many calls are announced again, so long after the last time that was looked."""

    async def look(**later):
        clock.advance(timedelta(**later))
        return await remind(database, bus, clock)

    return look


@pytest.fixture
def a_round(database, bus, clock):
    """What the api does every two seconds."""

    async def go(**later):
        clock.advance(timedelta(**later))
        await announce_and_remind(database, bus, clock)

    return go


@pytest.fixture
async def streams(nats_url):
    client = await nats.connect(nats_url)
    yield client.jetstream()
    await client.close()


@pytest.fixture
def lose_the_stream(bus, streams):
    """NATS comes back without its disk."""

    async def lose():
        await streams.delete_stream(CALLS_STREAM)
        await bus.provision()

    return lose


@pytest.fixture
def announced(streams):
    """Every call.scheduled in the stream, as (event id, message)."""

    async def look():
        state = (await streams.stream_info(CALLS_STREAM)).state
        found = [await streams.get_msg(CALLS_STREAM, number + 1) for number in range(state.messages)]
        return [(each.headers["ce-id"], CallScheduled.FromString(each.data)) for each in found]

    return look


async def test_a_call_whose_announcement_was_lost_is_announced_again_as_it_was(
    call, a_round, lose_the_stream, announced
):
    [(first_id, first)] = await announced()
    await lose_the_stream()
    await a_round(minutes=4)
    assert await announced() == []
    before = REGISTRY.get_sample_value("daybook_calls_announced_again_total")
    await a_round(minutes=1)
    assert await announced() == [(f"{call.call_id}.scheduled.again.1", first)]
    assert first_id == f"{call.call_id}.scheduled"
    assert REGISTRY.get_sample_value("daybook_calls_announced_again_total") == before + 1


async def test_it_is_announced_ever_more_seldom_and_not_for_ever(call, reminded):
    assert call
    times = [minute for minute in range(5, 3 * 24 * 60, 5) if await reminded(minutes=5)]
    assert times == [5 * 2**number for number in range(PATIENCE.times)]


async def test_one_that_nobody_looked_at_for_a_day_is_announced_again_at_once(call, reminded, database):
    assert await reminded(hours=24) == 1
    async with database.transaction() as connection:
        [event_id] = (await connection.execute(text("SELECT event_id FROM outbox"))).scalars()
    assert event_id == f"{call.call_id}.scheduled.again.1"
    assert await reminded(hours=24 * 3) == 0


async def test_one_of_which_somebody_asked_is_not(call, api, reminded):
    await api.may_dial(call)
    assert await reminded(minutes=30) == 0


async def test_one_that_has_ended_is_not(call, database, reminded):
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE scheduled_calls SET finished_at = now(), outcome = 'CALL_OUTCOME_MISSED', reason = ''")
        )
    assert await reminded(minutes=30) == 0


async def test_one_whose_person_opted_out_is_not(call, api, reminded):
    await api.people.OptOut(pb.OptOutRequest(person_id=call.person_id))
    assert await reminded(minutes=30) == 0


async def test_one_that_is_moved_has_time_again_and_is_told_with_its_new_times(
    call, api, tick, a_round, reminded, announced, clock
):
    await a_round(minutes=5)
    [window] = (await api.windows.ListWindows(pb.ListWindowsRequest(person_id=call.person_id))).windows
    times = pb.WindowTimes(starts_at="09:15", ends_at="11:00", weekly=pb.Weekly(weekdays=range(1, 8)))
    await api.windows.UpdateWindow(pb.UpdateWindowRequest(window_id=window.window_id, times=times))
    clock.advance(timedelta(minutes=10))
    await tick()
    moved_id, moved = (await announced())[-1]
    assert (moved_id, moved.revision) == (f"{call.call_id}.scheduled.1", 1)
    assert await reminded(minutes=4) == 0
    await a_round(minutes=1)
    assert (await announced())[-1] == (f"{call.call_id}.scheduled.1.again.1", moved)


async def test_while_events_wait_for_the_dispatcher_nobody_is_told_again(call, bus, reminded):
    """They may be among them: it is behind, or away."""
    stop = asyncio.Event()

    async def away(_received):
        stop.set()
        raise OSError

    await bus.consume(CALL_SCHEDULED, durable="call-dispatcher-scheduled", handler=away, stop=stop)
    assert (await bus.figures()).consumers["call-dispatcher-scheduled"] == 1
    assert await reminded(minutes=30) == 0


async def test_of_many_those_go_first_whose_window_closes_first_and_two_who_look_at_once_tell_each_once(
    call, database, database_url, bus, clock, reminded
):
    assert call
    many = """
        INSERT INTO scheduled_calls (call_id, person_id, window_id, local_day, not_before, not_after, scheduled_at)
        SELECT gen_random_uuid(), person_id, window_id, local_day + number, not_before,
            not_after - make_interval(secs => number), scheduled_at
        FROM scheduled_calls, generate_series(1, :others) AS number
        RETURNING call_id, not_after
    """
    async with database.transaction() as connection:
        rows = (await connection.execute(text(many), {"others": 3 * AT_ONCE - 1})).all()
    closing_first = min(rows, key=lambda row: row.not_after).call_id
    assert await reminded(minutes=5) == AT_ONCE
    async with database.transaction() as connection:
        first = (await connection.execute(text("SELECT event_id FROM outbox"))).scalars().all()
    assert f"{closing_first}.scheduled.again.1" in first
    async with open_database(database_url, schema=SCHEMA) as another:
        both = await asyncio.gather(remind(database, bus, clock), remind(another, bus, clock))
    assert await reminded() + sum(both) == 2 * AT_ONCE
    async with database.transaction() as connection:
        told = (await connection.execute(text("SELECT count(DISTINCT call_id), count(*) FROM outbox"))).one()
    assert tuple(told) == (3 * AT_ONCE, 3 * AT_ONCE)


@pytest.fixture
async def dispatcher(database_url, clock):
    """What call-dispatcher knows of calls, in its own schema."""
    await upgrade(database_url, schema=call_dispatcher.store.SCHEMA, revisions=DISPATCHER_REVISIONS)
    async with open_database(database_url, schema=call_dispatcher.store.SCHEMA) as own:
        wake_ups = WakeUps()
        bookings = Bookings(own, clock=clock, wake_ups=wake_ups)
        yield own, bookings, Ledger(own, patience=Patience(COMES_WITH_DAYBOOK), clock=clock, wake_ups=wake_ups)


async def test_a_dispatcher_queues_it_once_however_often_it_hears_of_it(
    call, a_round, lose_the_stream, dispatcher, nats_url, clock
):
    own, bookings, _ = dispatcher
    stop, heard = asyncio.Event(), asyncio.Queue()

    async def scheduled(received):
        await bookings.schedule(call_of(received.message))
        await heard.put(received.event_id)

    await lose_the_stream()
    async with (
        open_bus(NatsAccess(nats_url), source="call-dispatcher", clock=clock) as bus,
        asyncio.TaskGroup() as tasks,
    ):
        durable = "call-dispatcher-scheduled"
        tasks.create_task(bus.consume(CALL_SCHEDULED, durable=durable, handler=scheduled, stop=stop))
        for number in (1, 2):
            await a_round(minutes=5)
            assert await heard.get() == f"{call.call_id}.scheduled.again.{number}"
            async with asyncio.timeout(60):
                while (await bus.figures()).consumers[durable]:  # noqa: ASYNC110 - acks go without an answer
                    await asyncio.sleep(0.02)
        stop.set()
    async with own.transaction() as connection:
        queued = (await connection.execute(text("SELECT call_id, state FROM calls"))).all()
    assert [tuple(row) for row in queued] == [(call.call_id, "pending")]


async def test_one_whose_window_has_closed_is_told_all_the_same_and_so_gets_its_end(
    call, api, database, a_round, lose_the_stream, announced, dispatcher, sealer, clock
):
    own, bookings, ledger = dispatcher
    await lose_the_stream()
    await a_round(hours=2)
    [(_, message)] = await announced()
    assert message.not_after.ToDatetime(tzinfo=UTC) < clock.now()
    await bookings.schedule(call_of(message))
    await ledger.finish_closed()
    async with own.transaction() as connection:
        [body] = (await connection.execute(text("SELECT body FROM outbox"))).scalars()
    finished = Received("finished", clock.now(), CallFinished.FromString(body), 1)
    await CallEndings(database, sealer, clock, news=asyncio.Event()).handle(finished)
    [ended] = await api.calls_of(call)
    assert (ended.outcome, ended.reason) == ("CALL_OUTCOME_MISSED", "window_closed")
    await a_round(hours=1)
    assert len(await announced()) == 1
