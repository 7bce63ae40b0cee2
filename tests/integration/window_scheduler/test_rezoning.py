from datetime import UTC, datetime, timedelta

from chassis.time_zones import TimeZones, zone_named
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.rezoning import follow_rules
from window_scheduler.tick import schedule

PERIOD = timedelta(minutes=5)


async def test_a_window_is_due_by_the_new_rules_of_its_zone(database, clock, serving):
    old = TimeZones("2026a", lambda name: zone_named("Europe/Vienna"))
    new = TimeZones("2026b", lambda name: zone_named("Europe/London"))  # Vienna's clocks go an hour later from now on
    async with serving(old) as api:
        person = await api.person()
        await api.window(person, "12:00", "13:00")
    assert await follow_rules(database, clock, old, period=PERIOD) == 0
    assert await follow_rules(database, clock, new, period=PERIOD) == 1
    assert await follow_rules(database, clock, new, period=PERIOD) == 0
    async with serving(new) as api:
        [window] = (await api.windows.ListWindows(pb.ListWindowsRequest(person_id=person.person_id))).windows
    assert window.next_opens_at.ToDatetime(UTC) == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


async def test_a_call_that_stands_moves_with_the_rules_of_its_zone(database, clock, serving):
    old = TimeZones("2026a", lambda name: zone_named("Europe/Vienna"))
    new = TimeZones("2026b", lambda name: zone_named("Europe/London"))
    async with serving(old) as api:
        person = await api.person()
        await api.window(person, "09:03", "10:30")
        await schedule(database, clock, old, period=PERIOD)
        await follow_rules(database, clock, new, period=PERIOD)
        clock.advance(timedelta(hours=1))
        await schedule(database, clock, new, period=PERIOD)
        [call] = await api.calls_of(person)
    assert call.revision == 1
    assert call.not_before.ToDatetime(UTC) == datetime(2026, 11, 24, 9, 3, tzinfo=UTC)
