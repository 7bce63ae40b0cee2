"""What `api` tells Prometheus, by the rows and streams that it is read from."""

import asyncio
from datetime import UTC, datetime, timedelta

import nats
import pytest
from prometheus_client import REGISTRY, generate_latest
from sqlalchemy import text

from chassis.database import open_database
from chassis.events import CALL_FINISHED, CALL_SCHEDULED, CALLS_STREAM, DEAD_LETTERS_STREAM
from chassis.time_zones import INSTALLED
from daybook.events.v1.events_pb2 import CallFinished, CallScheduled
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler import metrics
from window_scheduler.figures import Figures
from window_scheduler.tables import SCHEMA
from window_scheduler.tick import schedule

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PERIOD = timedelta(minutes=5)


@pytest.fixture
def figures(database, bus, clock):
    return Figures(database, bus, clock)


def told(name, **labels):
    return REGISTRY.get_sample_value(name, labels)


def windows():
    return {
        result: told("daybook_windows_total", result=result) for result in ("due", "scheduled", "declined", "missed")
    }


async def test_before_the_first_tick_its_times_are_0(figures):
    await figures.take()
    assert told("daybook_tick_last_start_timestamp_seconds") == 0
    assert windows() == {"due": 0, "scheduled": 0, "declined": 0, "missed": 0}


async def test_a_tick_that_was_killed_is_a_start_and_no_success(api, database, figures, tick, clock):
    await api.window(await api.person())
    await figures.take()
    assert told("daybook_windows_overdue") == 1
    await tick()
    clock.advance(PERIOD)
    await schedule(database, clock, INSTALLED, period=PERIOD)
    await figures.take()
    assert told("daybook_tick_last_start_timestamp_seconds") == (NOW + PERIOD).timestamp()
    assert told("daybook_tick_last_success_timestamp_seconds") == NOW.timestamp()
    assert told("daybook_windows_overdue") == 0
    assert told("daybook_tick_windows", result="scheduled") == 1


async def test_windows_are_counted_for_good_by_what_became_of_them(api, figures, tick, clock):
    called = await api.person()
    await api.window(called)
    await api.window(called, "08:45", "11:00")  # the day has its call
    await api.window(await api.person(consent=None))
    late = await api.person()
    await api.window(late, "10:00", "10:30")
    await tick()
    await figures.take()
    assert windows() == {"due": 3, "scheduled": 1, "declined": 2, "missed": 0}
    clock.advance(timedelta(hours=3))
    await tick()
    await figures.take()
    assert windows() == {"due": 4, "scheduled": 1, "declined": 2, "missed": 1}


async def test_a_batch_that_is_rolled_back_was_never_counted(api, database, figures, clock):
    """A tick that dies in the middle of a batch: the next one counts it, once."""
    await api.window(await api.person())
    async with database.transaction() as connection:
        await connection.execute(text("ALTER TABLE window_tallies ADD CONSTRAINT full_disk CHECK (due < 1)"))
    with pytest.raises(Exception, match="full_disk"):
        await schedule(database, clock, INSTALLED, period=PERIOD)
    async with database.transaction() as connection:
        await connection.execute(text("ALTER TABLE window_tallies DROP CONSTRAINT full_disk"))
    await schedule(database, clock, INSTALLED, period=PERIOD)
    await figures.take()
    assert windows() == {"due": 1, "scheduled": 1, "declined": 0, "missed": 0}


async def test_ticks_at_once_count_each_window_once(api, database_url, figures, clock):
    for _ in range(5):
        await api.window(await api.person())

    async def one():
        async with open_database(database_url, schema=SCHEMA, pool_size=1) as own:
            await schedule(own, clock, INSTALLED, period=PERIOD)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(6):
            tasks.create_task(one())
    await figures.take()
    assert windows() == {"due": 5, "scheduled": 5, "declined": 0, "missed": 0}


async def test_the_windows_are_a_counter_to_prometheus(figures):
    await figures.take()
    assert b"# TYPE daybook_windows_total counter" in generate_latest(REGISTRY)


def test_before_the_database_was_asked_the_counter_tells_nothing_rather_than_a_reset():
    [family] = metrics.WindowTotals().collect()
    assert family.samples == []


async def test_a_call_that_nobody_asks_to_dial_shows_from_its_window_s_opening_to_its_end(api, figures, tick, clock):
    person = await api.person()
    await api.window(person, "09:04", "09:30")
    await tick()
    await figures.take()
    assert told("daybook_calls_undialed") == 0  # it is not open yet
    clock.advance(timedelta(minutes=10))
    await figures.take()
    assert told("daybook_calls_undialed") == 1
    opened_at = NOW + timedelta(minutes=4)
    assert told("daybook_calls_undialed_oldest_timestamp_seconds") == opened_at.timestamp()
    clock.advance(timedelta(minutes=20))
    await figures.take()
    assert told("daybook_calls_undialed") == 0  # it has closed
    assert told("daybook_calls_undialed_oldest_timestamp_seconds") == 0


async def test_a_call_that_was_asked_about_is_not_undialed_even_where_the_answer_was_no(api, figures, tick):
    person = await api.person()
    await api.window(person)
    await tick()
    await figures.take()
    assert told("daybook_calls_undialed") == 1
    await api.people.OptOut(pb.OptOutRequest(person_id=person.person_id))
    [call] = await api.calls_of(person)
    assert not (await api.may_dial(call)).allowed
    await figures.take()
    assert told("daybook_calls_undialed") == 0


async def test_the_outbox_tells_since_when_the_oldest_waits(api, database, figures, tick, clock):
    await api.window(await api.person())
    await schedule(database, clock, INSTALLED, period=PERIOD)
    clock.advance(timedelta(minutes=1))
    await figures.take()
    assert told("daybook_scheduler_outbox_unpublished") == 1
    assert told("daybook_scheduler_outbox_oldest_timestamp_seconds") == NOW.timestamp()
    await tick()
    await figures.take()
    assert told("daybook_scheduler_outbox_oldest_timestamp_seconds") == 0


async def test_people_are_counted_once_a_minute(api, figures, clock):
    await api.window(await api.person())
    await api.person(consent=None)
    gone = await api.person()
    await api.people.OptOut(pb.OptOutRequest(person_id=gone.person_id))
    await figures.take()
    counted = {
        state: told("daybook_people", state=state) for state in ("all", "with_windows", "opted_out", "without_consent")
    }
    assert counted == {"all": 3, "with_windows": 1, "opted_out": 1, "without_consent": 1}
    await api.person()
    await figures.take()
    assert told("daybook_people", state="all") == 3
    clock.advance(timedelta(minutes=1))
    await figures.take()
    assert told("daybook_people", state="all") == 4


async def test_what_a_consumer_has_not_finished_waits(bus, figures, nats_url):
    await figures.take()
    assert told("daybook_consumer_waiting", consumer="window-scheduler") == 0  # it was never made
    stop, in_hand, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def handle(_received):
        in_hand.set()
        await go_on.wait()
        stop.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.consume(CALL_FINISHED, durable="window-scheduler", handler=handle, stop=stop))
        for call in ("one", "two"):
            await bus.publish(CALL_FINISHED, CallFinished(call_id=call), event_id=f"{call}.finished")
        await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="one"), event_id="one.scheduled")
        await in_hand.wait()
        await figures.take()
        assert told("daybook_consumer_waiting", consumer="window-scheduler") == 2
        go_on.set()


async def test_dead_letters_are_counted_by_the_subject_that_they_came_on(bus, figures, nats_url):
    client = await nats.connect(nats_url)
    streams = client.jetstream()
    for subject in ("call.progressed", "call.progressed", "call.later"):
        await streams.publish(f"deadletter.{subject}", b"")
    await figures.take()
    dead = {
        subject: told("daybook_dead_letters", subject=subject)
        for subject in ("call.progressed", "call.later", "call.finished")
    }
    assert dead == {"call.progressed": 2, "call.later": 1, "call.finished": 0}
    await streams.purge_stream(DEAD_LETTERS_STREAM)
    await client.close()
    await figures.take()
    assert told("daybook_dead_letters", subject="call.progressed") == 0


async def test_streams_that_are_gone_hold_nothing_and_break_nothing(figures, nats_url):
    client = await nats.connect(nats_url)
    for stream in (CALLS_STREAM, DEAD_LETTERS_STREAM):
        await client.jetstream().delete_stream(stream)
    await client.close()
    await figures.take()
    assert told("daybook_consumer_waiting", consumer="call-dispatcher-scheduled") == 0
    assert told("daybook_dead_letters", subject="call.scheduled") == 0
