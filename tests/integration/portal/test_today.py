"""What the first page, and those of other days, tell of calls that really were made."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from calls_under_way import dialing, now

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1 import journal_pb2_grpc as journal_rpc
from daybook.scheduler.v1 import scheduler_pb2 as pb

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def until_told(browser, path, words):
    """The page, once it says this: services hear of each other's events when they do."""
    while words not in (page := await browser.page(path)).text:
        pass
    return page


async def call_now(browser, **more):
    fields = (await browser.page("/")).fields
    return await browser.post("/call-now", {"form_token": fields["form_token"], **more})


async def test_a_day_without_a_window_says_so(house):
    browser = await house.signed_in(await house.person())
    page = await browser.page("/")
    assert "You have no window on this day, so it has no call of its own." in page.text
    assert "This page does not change by itself just now." in page.text


async def test_a_window_of_today_is_told_with_its_times(house):
    person = await house.person()
    times = pb.WindowTimes(starts_at="00:00", ends_at="23:59", weekly=pb.Weekly(weekdays=list(range(1, 8))))
    await house.windows.CreateWindow(pb.CreateWindowRequest(person_id=person.person_id, times=times))
    page = await (await house.signed_in(person)).page("/")
    assert "00:00" in page.text
    assert "23:59" in page.text


async def test_what_comes_next_is_told_and_tomorrow_is_skipped_by_a_button(house):
    person = await house.person()
    browser = await house.signed_in(person)
    assert "You have no window yet" in (await browser.page("/")).text
    times = pb.WindowTimes(starts_at="20:00", ends_at="21:00", weekly=pb.Weekly(weekdays=list(range(1, 8))))
    await house.windows.CreateWindow(pb.CreateWindowRequest(person_id=person.person_id, times=times))
    page = await browser.page("/")
    assert "Your next call comes on" in page.text
    assert "Skip tomorrow" in page.text
    answer = await browser.post("/windows/skip", page.fields)
    assert answer.status_code == 303
    page = await browser.page("/")
    assert "Do not skip tomorrow" in page.text
    await browser.post("/windows/restore", page.fields)
    assert "Do not skip tomorrow" not in (await browser.page("/")).text


async def test_a_call_that_was_asked_for_is_told_from_its_first_ring_to_the_entry(house):
    person = await house.person()
    browser = await house.signed_in(person)
    async with dialing(house) as call_of:
        answer = await call_now(browser)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        call = await call_of(person)
    await until_told(browser, "/", "We are calling you: your telephone rings in a moment.")
    await call.status(events.CARRIER_CALL_STATUS_RINGING)
    await until_told(browser, "/", "Your telephone is ringing.")
    await call.status(events.CARRIER_CALL_STATUS_IN_PROGRESS)
    await call.reflection(events.REFLECTION_STATE_STARTED)
    await until_told(browser, "/", "You are talking with Daybook. Take your time.")
    refused = await call_now(browser)
    assert refused.status_code == 409
    assert "A call that you asked for has not ended yet." in refused.text
    entry = await an_entry(house, person, call.dialed.call_id)
    await call.reflection(events.REFLECTION_STATE_COMPLETED)
    await call.status(events.CARRIER_CALL_STATUS_COMPLETED)
    page = await until_told(browser, "/", "We talked. It is in your journal.")
    assert f"/journal/{entry}" in page.links


async def tick(house) -> None:
    """Has the calls of all open windows scheduled, as the CronJob does."""
    argv = (sys.executable, "-m", "window_scheduler", "tick")
    process = await asyncio.create_subprocess_exec(*argv, env=house.environment, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0


async def test_the_call_of_the_day_comes_from_its_window(house):
    person = await house.person(time_zone=zone_where_it_is(12))
    times = pb.WindowTimes(starts_at="11:00", ends_at="14:30", weekly=pb.Weekly(weekdays=list(range(1, 8))))
    await house.windows.CreateWindow(pb.CreateWindowRequest(person_id=person.person_id, times=times))
    browser = await house.signed_in(person)
    assert "It is open, and your call is being prepared." in (await browser.page("/")).text
    async with dialing(house) as call_of:
        await tick(house)
        call = await call_of(person)
    await call.status(events.CARRIER_CALL_STATUS_NO_ANSWER)
    page = await until_told(browser, "/", "We try again at")
    assert "The call of the day" in page.text
    assert "nobody picked up." in page.text
    assert "The call of the day comes from it." in page.text


async def test_a_call_that_goes_on_after_midnight_is_told_on_the_day_that_has_begun(house):
    whole_day = pb.CallingHours(starts_at="04:00", ends_at="04:00")
    person = await house.person(time_zone=zone_where_it_is(1), calling_hours=whole_day)
    times = pb.WindowTimes(
        starts_at="22:00", ends_at="03:30", ends_next_day=True, weekly=pb.Weekly(weekdays=list(range(1, 8)))
    )
    times.weekly.first_date = f"{datetime.now(UTC).date() - timedelta(days=3)}"
    await house.windows.CreateWindow(pb.CreateWindowRequest(person_id=person.person_id, times=times))
    browser = await house.signed_in(person)
    async with dialing(house) as call_of:
        await tick(house)
        call = await call_of(person)
    await call.status(events.CARRIER_CALL_STATUS_IN_PROGRESS)
    page = await until_told(browser, "/", "You are on the phone with Daybook.")
    assert "Still from yesterday" in page.text


def zone_where_it_is(hour: int) -> str:
    """A place in which it is this hour of the day now."""
    places = [
        zone
        for zone in sorted(available_timezones())
        if zone.startswith(("Africa/", "America/", "Asia/", "Atlantic/", "Pacific/"))
    ]
    return next(place for place in places if datetime.now(ZoneInfo(place)).hour == hour)


async def an_entry(house, person, call_id) -> str:
    stub = journal_rpc.JournalServiceStub(house.journal)
    request = journal.StartSessionRequest(
        call_id=call_id, person_id=person.person_id, started_at=now(), attempt_number=1
    )
    session = (await stub.StartSession(request)).session_id
    turn = journal.Turn(sequence=0, speaker=journal.SPEAKER_PERSON, text="A good day.", ends_at_ms=1000)
    await stub.AppendTurn(journal.AppendTurnRequest(session_id=session, turn=turn))
    request = journal.FinishSessionRequest(
        session_id=session, outcome=journal.SESSION_OUTCOME_COMPLETED, ended_at=now()
    )
    return (await stub.FinishSession(request)).entry.entry_id


async def test_a_busy_line_is_told_with_the_next_try(house):
    person = await house.person()
    browser = await house.signed_in(person)
    async with dialing(house) as call_of:
        await call_now(browser)
        call = await call_of(person)
    await call.status(events.CARRIER_CALL_STATUS_BUSY)
    page = await until_told(browser, "/", "We try again at")
    assert "it was busy." in page.text


async def test_who_opted_out_is_told_why_nobody_calls(house):
    person = await house.person()
    browser = await house.signed_in(person)
    await house.people.OptOut(pb.OptOutRequest(person_id=person.person_id))
    assert "You asked not to be called any more, so nobody calls you." in (await browser.page("/")).text
    refused = await call_now(browser)
    assert refused.status_code == 409
    assert "You can agree to calls again on the page Me." in refused.text


async def test_in_the_quiet_hours_a_call_needs_a_second_yes(house):
    local = datetime.now(UTC)
    hours = pb.CallingHours(
        starts_at=f"{local + timedelta(hours=3):%H:%M}", ends_at=f"{local + timedelta(hours=5):%H:%M}"
    )
    person = await house.person(time_zone="Etc/UTC", calling_hours=hours)
    browser = await house.signed_in(person)
    asked = await call_now(browser)
    assert asked.status_code == 409
    assert "It is your quiet hours" in asked.text
    async with dialing(house) as call_of:
        answer = await call_now(browser, in_quiet_hours="yes")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        await call_of(person)


async def test_a_call_is_not_asked_for_by_another_site(house):
    browser = await house.signed_in(await house.person())
    assert (await browser.post("/call-now", {})).status_code == 403


async def test_other_days_have_their_page_and_lead_to_each_other(house):
    browser = await house.signed_in(await house.person())
    today = datetime.now(UTC).date()
    before = today - timedelta(days=3)
    page = await browser.page(f"/days/{before}")
    assert "You had no window on this day, so it had no call of its own." in page.text
    assert {f"/days/{before - timedelta(days=1)}", f"/days/{before + timedelta(days=1)}"} <= set(page.links)


@pytest.mark.parametrize(
    "day", ["yesterday", "2026-13-01", "2026-02-30", "0001-01-01x", "1", "0001-01-01", "9999-12-31"]
)
async def test_what_is_no_day_has_no_page(house, day):
    answer = await (await house.signed_in(await house.person())).get(f"/days/{day}")
    assert answer.status_code == 404
    assert "There is no such day here." in answer.text
