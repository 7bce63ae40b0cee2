"""The agenda and the calendar, as they are asked for; and that what the agenda says is what the ticks then do."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import grpc
import icalendar
import pytest
from sqlalchemy import text

from chassis.time_zones import INSTALLED
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.tick import schedule
from window_scheduler.windows import OneOff, Weekly, WindowTimes

PERIOD = timedelta(minutes=5)
NOBODY = "00000000-0000-0000-0000-000000000000"
EVERY_DAY = Weekly(frozenset(range(1, 8)))


async def agenda_of(api, person, days=0):
    return await api.windows.GetAgenda(pb.GetAgendaRequest(person_id=person.person_id, days=days))


async def calendar_of(api, person):
    told = await api.windows.ExportCalendar(pb.ExportCalendarRequest(person_id=person.person_id))
    return icalendar.Calendar.from_ical(told.calendar)


def roles(agenda):
    return {
        day.local_day: [pb.ChanceRole.Name(chance.role).removeprefix("CHANCE_ROLE_") for chance in day.chances]
        for day in agenda.days
    }


async def test_the_next_fourteen_days_are_told_where_no_number_is_named(api):
    person = await api.person()
    window = await api.window(person, "14:00", "15:00")
    agenda = await agenda_of(api, person)
    assert [day.local_day for day in agenda.days] == [
        f"2026-{11 if day <= 30 else 12}-{(day - 1) % 30 + 1:02}" for day in range(24, 38)
    ]
    assert (agenda.time_zone, agenda.local_time) == ("Europe/Vienna", "2026-11-24T09:00+01:00")
    assert agenda.forbidden_by == pb.WINDOW_STANDING_UNSPECIFIED
    assert (agenda.next_call.span.opens_at, agenda.next_call.span.closes_at) == (
        window.next_opens_at,
        window.next_closes_at,
    )
    assert agenda.next_call.span.opens_local == "2026-11-24T14:00+01:00"
    assert [opening.window_id for opening in agenda.next_call.openings] == [window.window_id]
    assert list(agenda.windows) == [window]
    assert set(map(tuple, roles(agenda).values())) == {("CALL",)}
    assert len((await agenda_of(api, person, 366)).days) == 366


async def test_once_the_call_stands_and_is_dialed_the_day_says_so(api, database, clock):
    person = await api.person()
    await api.window(person, "08:30", "10:00")
    await api.window(person, "14:00", "15:00")
    await schedule(database, clock, INSTALLED, period=PERIOD)
    agenda = await agenda_of(api, person, 2)
    [call] = await api.calls_of(person)
    assert roles(agenda) == {"2026-11-24": ["SCHEDULED", "RESERVE"], "2026-11-25": ["CALL", "RESERVE"]}
    assert agenda.days[0].call == call
    assert (await api.may_dial(call)).allowed
    agenda = await agenda_of(api, person, 2)
    assert roles(agenda)["2026-11-24"] == ["CALLED", "NOT_NEEDED"]
    assert agenda.next_call.span.opens_local == "2026-11-25T08:30+01:00"


@pytest.mark.parametrize("hours_on", [0, 2, 6, 11])
async def test_the_next_call_is_the_one_that_the_ticks_schedule(api, book, database, clock, hours_on):
    person = await api.person()
    for times in (
        WindowTimes(time(8, 30), time(10, 0), replace(EVERY_DAY, except_dates=frozenset({date(2026, 11, 25)}))),
        WindowTimes(time(9, 30), time(12, 0), replace(EVERY_DAY, every_weeks=2, first_date=date(2026, 11, 16))),
        WindowTimes(time(14, 0), time(15, 0), Weekly(frozenset({2, 4}))),
        WindowTimes(time(20, 30), time(8, 15), replace(EVERY_DAY, paused_until=date(2026, 11, 26)), ends_next_day=True),
    ):
        await book(person, times)
    clock.advance(timedelta(hours=hours_on))
    foretold = (await agenda_of(api, person)).next_call.span
    for _ in range(3 * 24):
        await schedule(database, clock, INSTALLED, period=timedelta(hours=1))
        calls = await api.calls_of(person)
        if calls:
            break
        clock.advance(timedelta(hours=1))
    [call] = calls
    assert (call.not_before, call.not_after) == (foretold.opens_at, foretold.closes_at)


async def test_clock_changes_are_told_with_what_they_do(api, book, clock):
    clock.set(datetime(2027, 3, 27, 12, 0, tzinfo=UTC))
    person = await api.person()
    await book(person, WindowTimes(time(2, 30), time(4, 0), EVERY_DAY))
    saturday, sunday = (await agenda_of(api, person, 2)).days
    assert not saturday.HasField("clock_change")
    assert (sunday.clock_change.before_s, sunday.clock_change.after_s) == (3600, 7200)
    assert sunday.clock_change.at.ToDatetime(tzinfo=UTC) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    [chance] = sunday.chances
    [opening] = chance.openings
    assert opening.span.opens_local == "2027-03-28T03:30+02:00"
    assert list(opening.notes) == [pb.CLOCK_NOTE_START_SKIPPED, pb.CLOCK_NOTE_SHORTER]
    assert opening.longer_by_s == -3600


async def test_what_does_not_open_is_told_where_one_may_have_expected_it(api, book):
    person = await api.person()
    window = await book(person, WindowTimes(time(14), time(15), replace(EVERY_DAY, paused_until=date(2026, 11, 25))))
    today, tomorrow = (await agenda_of(api, person, 2)).days
    assert list(today.absences) == [pb.AgendaAbsence(window_id=window.window_id, standing=pb.WINDOW_STANDING_PAUSED)]
    assert (len(today.chances), len(tomorrow.chances)) == (0, 1)


async def test_a_window_that_reaches_into_the_quiet_hours_says_so(api, book):
    person = await api.person()
    await book(person, WindowTimes(time(20), time(22), EVERY_DAY))
    await book(person, WindowTimes(time(6), time(7), EVERY_DAY))
    _, tomorrow = (await agenda_of(api, person, 2)).days
    assert [(chance.role, chance.quiet) for chance in tomorrow.chances] == [
        (pb.CHANCE_ROLE_QUIET, True),
        (pb.CHANCE_ROLE_CALL, True),
    ]


async def test_the_quiet_hours_are_the_persons_own(api, book):
    person = await api.person(calling_hours=pb.CallingHours(starts_at="06:30", ends_at="23:00"))
    await book(person, WindowTimes(time(6), time(7), EVERY_DAY))
    await book(person, WindowTimes(time(21), time(22), EVERY_DAY))
    _, tomorrow = (await agenda_of(api, person, 2)).days
    assert [(chance.role, chance.quiet) for chance in tomorrow.chances] == [
        (pb.CHANCE_ROLE_CALL, True),
        (pb.CHANCE_ROLE_RESERVE, False),
    ]


@pytest.mark.parametrize("why", ["OPTED_OUT", "NO_CONSENT"])
async def test_who_is_not_called_has_an_agenda_that_says_why_and_an_empty_calendar(api, why):
    person = await api.person(consent=None) if why == "NO_CONSENT" else await api.person()
    await api.window(person, "14:00", "15:00")
    if why == "OPTED_OUT":
        await api.people.OptOut(pb.OptOutRequest(person_id=person.person_id))
    agenda = await agenda_of(api, person, 1)
    assert pb.WindowStanding.Name(agenda.forbidden_by) == f"WINDOW_STANDING_{why}"
    assert not agenda.HasField("next_call")
    assert roles(agenda) == {"2026-11-24": ["FORBIDDEN"]}
    calendar = await calendar_of(api, person)
    assert (calendar.walk("VEVENT"), len(calendar.walk("VTIMEZONE"))) == ([], 1)


async def test_a_zone_that_is_not_known_any_more_is_told(api, database):
    person = await api.person()
    await api.window(person, "14:00", "15:00")
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE people SET time_zone = 'Europe/Atlantis'"))
    agenda = await agenda_of(api, person)
    assert agenda.forbidden_by == pb.WINDOW_STANDING_UNKNOWN_TIME_ZONE
    assert (list(agenda.days), agenda.local_time, len(agenda.windows)) == ([], "", 1)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await calendar_of(api, person)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_the_calendar_holds_each_window_and_names_nobody(api, book):
    person = await api.person()
    weekly = await api.window(person, "14:00", "15:00")
    night = await book(person, WindowTimes(time(22), time(1), OneOff(date(2026, 11, 27)), ends_next_day=True))
    told = await api.windows.ExportCalendar(pb.ExportCalendarRequest(person_id=person.person_id))
    events = {event["UID"]: event for event in icalendar.Calendar.from_ical(told.calendar).walk("VEVENT")}
    assert events.keys() == {weekly.window_id, night.window_id}
    assert events[night.window_id].start.isoformat() == "2026-11-27T22:00:00+01:00"
    assert {event["SUMMARY"] for event in events.values()} == {"Daybook may call"}
    for clear in (b"Ada", b"Lovelace", b"660123", person.person_id.encode()):
        assert clear not in told.calendar


@pytest.mark.parametrize("days", [367, 2**32 - 1])
async def test_an_agenda_for_too_many_days_is_refused(api, days):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await agenda_of(api, await api.person(), days)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "days" in refused.value.details()


@pytest.mark.parametrize(
    ("person_id", "code"), [(NOBODY, grpc.StatusCode.NOT_FOUND), ("Ada", grpc.StatusCode.INVALID_ARGUMENT)]
)
async def test_nobody_has_no_agenda_and_no_calendar(api, person_id, code):
    for asked in (
        api.windows.GetAgenda(pb.GetAgendaRequest(person_id=person_id)),
        api.windows.ExportCalendar(pb.ExportCalendarRequest(person_id=person_id)),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await asked
        assert refused.value.code() is code
