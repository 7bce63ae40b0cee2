import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import nats
import pytest
from sqlalchemy import func, select, text
from stored_messages import stored_messages
from structlog.testing import capture_logs

from chassis.bus import open_bus
from chassis.clock import ManualClock, SystemClock
from chassis.database import open_database
from chassis.events import CALL_SCHEDULED, CALLS_STREAM
from chassis.nats_access import NatsAccess
from chassis.streams import STREAMS
from chassis.time_zones import INSTALLED
from daybook.events.v1.events_pb2 import CallScheduled
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.errors import ClocksDisagree, NotAnnounced
from window_scheduler.outbox_store import claim_unpublished
from window_scheduler.planning import Decision
from window_scheduler.record_store import FORGOTTEN_AT_ONCE, begin_tick, decisions_on
from window_scheduler.relay import announce
from window_scheduler.tables import SCHEMA, outbox, people, ticks, window_decisions
from window_scheduler.tick import (
    BATCHES_AT_ONCE,
    DECISIONS_KEPT_FOR,
    TOLD_ONE_BY_ONE,
    check_clocks,
    conclude,
    forget_old_decisions,
    schedule,
)
from window_scheduler.tick_store import claim_due
from window_scheduler.window_store import set_next
from window_scheduler.windows import first_occurrence

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PERIOD = timedelta(minutes=5)


async def change(api, window, starts_at, ends_at):
    times = pb.WindowTimes(starts_at=starts_at, ends_at=ends_at, weekly=pb.Weekly(weekdays=[2]))
    await api.windows.UpdateWindow(pb.UpdateWindowRequest(window_id=window.window_id, times=times))


async def published(nats_url):
    """Every call.scheduled in the stream, as (event id, message)."""
    stored = await stored_messages(nats_url)
    return [(each.headers["ce-id"], CallScheduled.FromString(each.data)) for each in stored]


async def test_a_window_that_is_open_brings_one_call_and_tells_of_it(api, tick, nats_url):
    person = await api.person()
    window = await api.window(person)
    tally = await tick()
    assert (tally.found, tally.scheduled, tally.published) == (1, 1, 1)
    [call] = await api.calls_of(person)
    [(event_id, message)] = await published(nats_url)
    assert event_id == f"{call.call_id}.scheduled"
    assert message == CallScheduled(
        call_id=call.call_id,
        person_id=person.person_id,
        window_id=window.window_id,
        local_day="2026-11-24",
        not_before=window.next_opens_at,
        not_after=window.next_closes_at,
    )


async def test_one_call_a_day_however_often_and_at_once_the_tick_runs(api, database_url, nats_url, clock):
    person = await api.person()
    await api.window(person, "08:30", "10:00")
    await api.window(person, "08:45", "11:00")

    async def ticks_in_a_row(count):
        async with (
            open_database(database_url, schema=SCHEMA, pool_size=2) as own,
            open_bus(NatsAccess(nats_url), streams=STREAMS, source="window-scheduler", clock=clock) as bus,
        ):
            for _ in range(count):
                tick_id, tally = await schedule(own, clock, INSTALLED, period=PERIOD)
                await conclude(own, bus, clock, tick_id=tick_id, tally=tally)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(8):
            tasks.create_task(ticks_in_a_row(7))
    [call] = await api.calls_of(person)
    assert [event_id for event_id, _ in await published(nats_url)] == [f"{call.call_id}.scheduled"]


async def test_a_crash_before_publishing_loses_nothing(api, database, tick, clock, nats_url):
    person = await api.person()
    await api.window(person)
    await schedule(database, clock, INSTALLED, period=PERIOD)  # and then it is killed
    assert await published(nats_url) == []
    tally = await tick()
    assert (tally.scheduled, tally.published) == (0, 1)
    assert len(await published(nats_url)) == 1


async def test_a_crash_after_publishing_doubles_nothing(api, database, bus, clock, tick, nats_url):
    person = await api.person()
    await api.window(person)
    await schedule(database, clock, INSTALLED, period=PERIOD)
    async with database.engine.connect() as connection:
        await connection.begin()
        [waiting] = await claim_unpublished(connection, outbox, limit=10)
        message = CallScheduled.FromString(waiting.payload)
        await bus.publish(CALL_SCHEDULED, message, event_id=waiting.event_id)
        await connection.rollback()  # the tick was killed before it could note what it had published
    assert (await tick()).published == 1
    assert len(await published(nats_url)) == 1


async def test_what_cannot_be_published_stays_and_goes_out_later(api, database, bus, clock, nats_url):
    person = await api.person()
    await api.window(person)
    await schedule(database, clock, INSTALLED, period=PERIOD)
    client = await nats.connect(nats_url)
    await client.jetstream().delete_stream(CALLS_STREAM)
    await client.close()
    with pytest.raises(NotAnnounced, match="wait to be announced: 1"):
        await announce(database, bus)
    await bus.provision()
    assert await announce(database, bus) == 1
    assert len(await published(nats_url)) == 1


async def test_a_window_that_opens_before_the_next_tick_is_scheduled_ahead(api, tick):
    person = await api.person()
    window = await api.window(person, "09:04", "09:20")
    assert (await tick()).scheduled == 1
    [call] = await api.calls_of(person)
    assert call.not_before == window.next_opens_at


async def test_a_window_that_opens_later_waits_for_its_tick(api, tick, clock):
    person = await api.person()
    await api.window(person, "09:06", "09:20")
    assert (await tick()).found == 0
    clock.advance(PERIOD)
    assert (await tick()).scheduled == 1


async def test_a_window_that_would_be_over_before_the_next_tick_is_scheduled_at_once(api):
    person = await api.person()
    await api.window(person, "09:01", "09:04")
    assert len(await api.calls_of(person)) == 1


async def test_a_weekly_window_brings_a_call_each_day(api, tick, clock):
    person = await api.person()
    await api.window(person)
    for _ in range(3):
        await tick()
        clock.advance(timedelta(days=1))
    assert [call.local_day for call in await api.calls_of(person)] == ["2026-11-26", "2026-11-25", "2026-11-24"]


async def test_a_one_off_window_brings_one_call_and_is_done(api, tick, clock):
    person = await api.person()
    await api.window(person, on="2026-11-24")
    assert (await tick()).scheduled == 1
    clock.advance(timedelta(days=7))
    assert (await tick()).found == 0
    [window] = (await api.windows.ListWindows(pb.ListWindowsRequest(person_id=person.person_id))).windows
    assert not window.HasField("next_opens_at")


async def test_a_changed_window_takes_the_call_that_nobody_has_dialed_along(api, tick, nats_url):
    person = await api.person()
    window = await api.window(person)
    await tick()
    await change(api, window, "08:00", "12:00")
    tally = await tick()
    assert (tally.found, tally.scheduled, tally.declined) == (1, 1, 0)
    [call] = await api.calls_of(person)
    assert call.revision == 1
    [(_, first), (event_id, second)] = await published(nats_url)
    assert event_id == f"{call.call_id}.scheduled.1"
    assert (first.call_id, second.call_id, second.revision) == (call.call_id, call.call_id, 1)
    assert second.not_before == call.not_before
    assert second.not_after == call.not_after


async def test_a_changed_window_brings_no_second_call_once_the_first_was_dialed(api, tick):
    person = await api.person()
    window = await api.window(person)
    await tick()
    [call] = await api.calls_of(person)
    assert (await api.may_dial(call)).allowed
    await change(api, window, "08:00", "12:00")
    tally = await tick()
    assert (tally.found, tally.scheduled, tally.declined) == (1, 0, 1)
    assert await api.calls_of(person) == [call]


async def test_a_person_who_moves_before_anyone_dialed_is_called_where_they_live_now(api, tick, clock):
    person = await api.person()
    await api.window(person)  # open in Vienna
    await tick()
    await api.people.UpdatePerson(pb.UpdatePersonRequest(person_id=person.person_id, time_zone="America/New_York"))
    [call] = await api.calls_of(person)
    refused = await api.may_dial(call)
    assert refused.refusal == pb.DIAL_REFUSAL_WINDOW_CLOSED
    clock.set(datetime(2026, 11, 24, 13, 28, tzinfo=UTC))  # 08:28 in New York
    assert (await tick()).scheduled == 1
    [moved] = await api.calls_of(person)
    assert (moved.call_id, moved.revision) == (call.call_id, 1)
    assert moved.not_before.ToDatetime(UTC) == datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
    clock.advance(timedelta(minutes=2))
    assert (await api.may_dial(moved)).allowed


async def test_the_days_second_window_gets_the_call_that_nobody_dialed_in_the_first(api, tick, clock):
    person = await api.person()
    await api.window(person, "09:00", "09:10")
    await api.window(person, "12:00", "13:00")
    await tick()
    clock.advance(timedelta(hours=3))
    assert (await tick()).scheduled == 1
    [call] = await api.calls_of(person)
    assert call.revision == 1
    assert (await api.may_dial(call)).allowed


async def test_windows_that_overlap_are_one_chance(api, tick, database):
    person = await api.person()
    first = await api.window(person, "08:30", "09:30")
    second = await api.window(person, "09:02", "11:00")
    assert (await tick()).scheduled == 1
    [call] = await api.calls_of(person)
    assert (call.not_before, call.not_after) == (first.next_opens_at, second.next_closes_at)
    async with database.transaction() as connection:
        decided = await decisions_on(connection, UUID(person.person_id), date(2026, 11, 24))
    assert {(str(each.window_id), each.decision) for each in decided} == {
        (first.window_id, Decision.SCHEDULED),
        (second.window_id, Decision.MERGED),
    }


async def test_what_was_missed_is_kept_with_its_cause(api, database, tick, clock):
    person = await api.person()
    window = await api.window(person, "09:30", "10:00")
    clock.advance(timedelta(minutes=40))
    async with database.transaction() as connection:  # a tick that came in time, and died
        await begin_tick(connection, now=clock.now())
    clock.advance(timedelta(days=1, hours=2))
    await tick()
    async with database.transaction() as connection:
        decided = [
            *await decisions_on(connection, UUID(person.person_id), date(2026, 11, 24)),
            *await decisions_on(connection, UUID(person.person_id), date(2026, 11, 25)),
        ]
    assert [each.decision for each in decided] == [Decision.MISSED_TICK_FAILED, Decision.MISSED_NO_TICK]
    assert {(str(each.window_id), each.tick_id) for each in decided} == {(window.window_id, 2)}


async def test_an_opening_that_was_missed_is_told_even_if_its_window_is_changed_before_a_tick_looks(api, tick, clock):
    person = await api.person()
    window = await api.window(person, "09:30", "10:00")
    clock.advance(timedelta(hours=2))
    await change(api, window, "15:00", "16:00")
    async with asyncio.timeout(10):
        tally = await tick()
    assert (tally.found, tally.scheduled) == (0, 0)  # it was looked at when the window was changed
    [told] = (await api.windows.ListWindows(pb.ListWindowsRequest(person_id=person.person_id))).windows
    assert told.next_opens_at.ToDatetime(UTC) == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


async def test_a_second_window_gets_the_call_that_the_first_one_missed(api, tick, clock):
    person = await api.person()
    await api.window(person, "09:30", "09:45")
    await api.window(person, "12:00", "13:00")
    clock.advance(timedelta(hours=3))
    tally = await tick()
    assert (tally.found, tally.scheduled, tally.missed) == (2, 1, 0)  # the day has its call


async def test_an_outage_of_days_is_told_and_the_window_open_now_is_called(api, tick, clock):
    person = await api.person()
    await api.window(person, "09:30", "10:00")
    clock.advance(timedelta(days=3, minutes=40))
    tally = await tick()
    assert (tally.found, tally.scheduled, tally.missed) == (1, 1, 3)
    assert [call.local_day for call in await api.calls_of(person)] == ["2026-11-27"]


async def test_nobody_is_called_without_consent_until_they_give_it(api, tick):
    person = await api.person(consent=None)
    await api.window(person)
    tally = await tick()
    assert (tally.scheduled, tally.declined) == (0, 1)
    request = pb.UpdatePersonRequest(
        person_id=person.person_id, consent=pb.Consent(wording_version="v1", channel="web")
    )
    request.consent.given_at.FromDatetime(NOW)
    await api.people.UpdatePerson(request)
    assert (await tick()).scheduled == 1


async def test_nobody_is_called_after_they_opted_out(api, tick):
    person = await api.person()
    await api.window(person)
    await api.people.OptOut(pb.OptOutRequest(person_id=person.person_id))
    tally = await tick()
    assert (tally.scheduled, tally.declined) == (0, 1)


async def test_a_time_zone_that_is_gone_means_no_call(api, database, tick):
    person = await api.person()
    await api.window(person)
    async with database.transaction() as connection:
        await connection.execute(people.update().values(time_zone="Europe/Atlantis"))
    tally = await tick()
    assert (tally.scheduled, tally.declined) == (0, 1)


async def test_many_due_windows_are_taken_in_batches(api, database, tick):
    person = await api.person()
    await api.window(person)
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """
                WITH others AS (
                    INSERT INTO people
                    SELECT gen_random_uuid(), name, name_pronunciation, phone_number, time_zone, locale, consent_given_at,
                        consent_wording_version, consent_channel, opted_out_at, created_at
                    FROM people, generate_series(1, 2500)
                    RETURNING person_id
                )
                INSERT INTO call_windows
                SELECT gen_random_uuid(), others.person_id, starts_at, ends_at, weekdays, on_date, next_local_day,
                    next_opens_at, next_closes_at, created_at
                FROM call_windows, others
                """
            )
        )
    with capture_logs() as lines:
        tally = await tick()
    assert (tally.found, tally.scheduled, tally.published) == (2501, 2501, 2501)
    told = sum(line["event"] == "call.scheduled" for line in lines)
    assert TOLD_ONE_BY_ONE <= told <= TOLD_ONE_BY_ONE * BATCHES_AT_ONCE


async def test_each_tick_leaves_a_record(api, database, tick, clock):
    person = await api.person()
    await api.window(person)
    await tick()
    await schedule(database, clock, INSTALLED, period=PERIOD)  # killed before its end
    async with database.transaction() as connection:
        records = (await connection.execute(select(ticks).order_by(ticks.c.tick_id))).mappings().all()
    assert [(row["found"], row["scheduled"], row["finished_at"]) for row in records] == [(1, 1, NOW), (0, 0, None)]


async def test_a_tick_refuses_a_clock_that_is_not_the_databases(database):
    await check_clocks(database, SystemClock())
    for wrong_by in (timedelta(hours=1), -timedelta(days=1)):
        with pytest.raises(ClocksDisagree, match="s apart, so nothing was scheduled"):
            await check_clocks(database, ManualClock(SystemClock().now() + wrong_by))


async def test_old_decisions_are_forgotten_lot_by_lot_and_those_of_ninety_days_stay(database, tick, clock):
    kept = clock.now() - DECISIONS_KEPT_FOR + timedelta(hours=1)
    old = kept - timedelta(hours=2)
    async with database.transaction() as connection:
        for closes_at, many in ((old, 2 * FORGOTTEN_AT_ONCE + 1), (kept, 2)):
            await connection.execute(
                text(
                    """
                    INSERT INTO window_decisions
                        (person_id, local_day, window_id, decision, decided_at, opens_at, closes_at)
                    SELECT gen_random_uuid(), '2026-08-26', gen_random_uuid(), 'scheduled', :closes_at,
                        :closes_at, :closes_at
                    FROM generate_series(1, :many)
                    """
                ),
                {"closes_at": closes_at, "many": many},
            )

    async def left():
        async with database.transaction() as connection:
            return (await connection.execute(select(func.count()).select_from(window_decisions))).scalar_one()

    await forget_old_decisions(database, before=kept, lots=1)
    assert await left() == FORGOTTEN_AT_ONCE + 3
    await tick()
    assert await left() == 2


async def test_a_window_seen_ahead_of_time_gets_the_call_that_nobody_dialed_in_the_one_before(api, tick, clock):
    person = await api.person()
    await api.window(person, "08:30", "09:02")
    await api.window(person, "09:04", "10:00")
    await tick()
    clock.advance(PERIOD)
    await tick()
    [call] = await api.calls_of(person)
    assert (await api.may_dial(call)).allowed


async def test_a_window_that_is_changed_while_a_tick_has_it_waits_for_what_the_tick_makes_of_it(
    api, database, tick, clock
):
    """What was read before would put the opening that the tick has told as missed back on the list, to be missed once more."""
    person = await api.person()
    window = await api.window(person, "09:30", "10:00")
    clock.advance(timedelta(hours=2))
    async with asyncio.TaskGroup() as tasks, database.transaction() as connection:
        [due] = await claim_due(connection, INSTALLED, until=clock.now(), limit=1)
        changing = tasks.create_task(change(api, window, "15:00", "16:00"))
        await until_somebody_waits_for_a_row(database)
        assert not changing.done()
        tomorrow = first_occurrence(due.times, due.zone, due.occurrence.local_day + timedelta(days=1))
        await set_next(connection, {due.window_id: tomorrow}, zone_data=INSTALLED.version)
    assert (await tick()).missed == 0
    async with database.transaction() as connection:
        assert await decisions_on(connection, UUID(person.person_id), due.occurrence.local_day) == []


async def until_somebody_waits_for_a_row(database):
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(60), database.engine.connect() as connection:
        while not (await connection.execute(waiting)).scalar_one():
            await connection.rollback()  # what is seen is as of the transaction's begin
