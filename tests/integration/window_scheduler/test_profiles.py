"""A person's own calling hours and windows of every kind, from what is asked to what is dialed, and as an operator types it."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.time_zones import INSTALLED
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.tables import people
from window_scheduler.tick import schedule

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # a Tuesday, 09:00 in Vienna
PERIOD = timedelta(minutes=5)
NIGHT = pb.CallingHours(starts_at="22:00", ends_at="02:00")
WEEKLY = pb.Weekly(
    weekdays=[pb.WEEKDAY_TUESDAY, pb.WEEKDAY_FRIDAY],
    every_weeks=2,
    first_date="2026-11-24",
    last_date="2027-06-30",
    except_dates=["2026-12-25", "2026-12-26"],
    paused_until="2026-12-01",
)


async def found(api, person):
    return (await api.people.GetPerson(pb.GetPersonRequest(person_id=person.person_id))).person


async def with_hours(api, person, hours):
    request = pb.UpdatePersonRequest(person_id=person.person_id, calling_hours=hours)
    return (await api.people.UpdatePerson(request)).person


async def booked(api, person, **times):
    request = pb.CreateWindowRequest(person_id=person.person_id, times=pb.WindowTimes(**times))
    return (await api.windows.CreateWindow(request)).window


async def test_calling_hours_are_kept_until_others_are_named(api):
    person = await api.person(calling_hours=NIGHT)
    assert (await found(api, person)).calling_hours == NIGHT
    await api.people.UpdatePerson(pb.UpdatePersonRequest(person_id=person.person_id, locale="de-AT"))
    assert (await found(api, person)).calling_hours == NIGHT
    await with_hours(api, person, pb.CallingHours())
    assert not (await found(api, person)).HasField("calling_hours")


async def test_who_chooses_no_hours_has_the_operators(api):
    assert not (await api.person()).HasField("calling_hours")
    assert not (await api.person(calling_hours=pb.CallingHours())).HasField("calling_hours")


async def test_a_programme_is_kept_until_another_is_chosen_and_told_in_the_briefing(api, database, clock):
    person = await api.person(programme="gratitude")
    await api.window(person)
    await schedule(database, clock, INSTALLED, period=PERIOD)
    [call] = await api.calls_of(person)
    await with_hours(api, person, pb.CallingHours())
    briefing = await api.calls.GetCallBriefing(pb.GetCallBriefingRequest(call_id=call.call_id))
    assert ((await found(api, person)).programme, briefing.programme) == ("gratitude", "gratitude")
    chosen = pb.UpdatePersonRequest(person_id=person.person_id, programme="")
    assert (await api.people.UpdatePerson(chosen)).person.programme == "evening_review"


async def test_a_programme_that_a_newer_release_kept_is_in_the_way_of_no_other_change(api, database):
    person = await api.person()
    async with database.transaction() as connection:
        await connection.execute(people.update().values(programme="mourning"))
    await with_hours(api, person, NIGHT)
    assert (await found(api, person)).programme == "mourning"


async def test_a_window_is_found_as_it_was_booked(api):
    times = pb.WindowTimes(starts_at="19:00", ends_at="01:00", ends_next_day=True, weekly=WEEKLY)
    person = await api.person(calling_hours=pb.CallingHours(starts_at="19:00", ends_at="01:00"))
    request = pb.CreateWindowRequest(person_id=person.person_id, times=times)
    window = (await api.windows.CreateWindow(request)).window
    assert window.times == times
    # a Tuesday and a Friday two weeks after the first, since it is paused in the first
    assert window.next_opens_at.ToDatetime(tzinfo=UTC) == datetime(2026, 12, 8, 18, 0, tzinfo=UTC)
    assert (await api.windows.GetWindow(pb.GetWindowRequest(window_id=window.window_id))).window == window


@pytest.fixture
async def night_call(api, database, clock):
    """The call of a window from 22:00 to 01:00 in Vienna, at its opening."""
    person = await api.person(calling_hours=NIGHT)
    await booked(api, person, starts_at="22:00", ends_at="01:00", ends_next_day=True, weekly=pb.Weekly(weekdays=[2]))
    clock.set(datetime(2026, 11, 24, 21, 0, tzinfo=UTC))
    await schedule(database, clock, INSTALLED, period=PERIOD)
    [call] = await api.calls_of(person)
    return call


async def test_a_night_in_a_persons_own_hours_is_dialed_on_both_sides_of_midnight(api, night_call, clock):
    assert night_call.local_day == "2026-11-24"
    assert (await api.may_dial(night_call, 1)).allowed
    clock.set(datetime(2026, 11, 24, 23, 59, tzinfo=UTC))
    assert (await api.may_dial(night_call, 2)).allowed
    clock.set(datetime(2026, 11, 25, 0, 0, tzinfo=UTC))
    assert (await api.may_dial(night_call, 3)).refusal == pb.DIAL_REFUSAL_WINDOW_CLOSED


async def test_a_window_that_is_over_for_good_stands_in_the_way_of_no_hours(api, clock, database):
    person = await api.person()
    await api.window(person, "09:00", "11:00", on="2026-11-24")
    await schedule(database, clock, INSTALLED, period=PERIOD)
    clock.advance(timedelta(hours=2))
    evenings = pb.CallingHours(starts_at="18:00", ends_at="20:00")
    assert (await with_hours(api, person, evenings)).calling_hours == evenings


async def found_window(api, window):
    return (await api.windows.GetWindow(pb.GetWindowRequest(window_id=window.window_id))).window


@pytest.fixture
def done(daybook):
    """What a command says that is to succeed."""

    async def told(*words):
        status, out, err = await daybook(*words)
        assert (status, err) == (0, "")
        return out.strip()

    return told


async def test_an_operator_types_a_person_with_their_hours(api, done, clock):
    clock.set(datetime.now(UTC))  # a consent that is given at the command line is given now
    about = ["--name", "Ada", "--phone", "+436601234567", "--zone", "Europe/Vienna"]
    person = pb.Person(person_id=await done("person", "add", *about, "--hours", "22:00-02:00", "--programme", "free"))
    assert ((await found(api, person)).calling_hours, (await found(api, person)).HasField("consent")) == (NIGHT, False)
    listed = await done("person", "list")
    assert all(told in listed for told in ("22:00-02:00", "free"))
    await done("person", "change", person.person_id, "--hours", "default", "--consent", "--programme", "evening_review")
    now = await found(api, person)
    assert (now.HasField("calling_hours"), now.consent.channel, now.programme) == (False, "cli", "evening_review")
    listed = await done("person", "list")
    assert all(told in listed for told in ("default", "evening_review"))


async def test_an_operator_types_a_window_of_every_kind(api, done):
    person = await api.person(calling_hours=pb.CallingHours(starts_at="08:00", ends_at="01:00"))
    every_other = (
        "--days Tue,fri --every 2 --first-date 2026-11-24 --last-date 2027-06-30 --except 2026-12-25,2026-12-26"
    )
    window_id = await done(
        "window", "add", person.person_id, "--from", "22:00", "--to", "01:00", "--overnight", *every_other.split()
    )
    window = pb.CallWindow(window_id=window_id)
    await done("window", "pause", window_id, "--until", "2026-12-01")
    times = (await found_window(api, window)).times
    assert times == pb.WindowTimes(starts_at="22:00", ends_at="01:00", ends_next_day=True, weekly=WEEKLY)
    await done("window", "add", person.person_id, "--from", "18:00", "--to", "19:00", "--date", "2026-11-25")
    listed = await done("window", "list", person.person_id)
    first, second = listed.splitlines()[1:]
    assert "2026-11-25" in first
    assert (
        "tue,fri; every 2 weeks; from 2026-11-24; until 2027-06-30; not on 2026-12-25, 2026-12-26; paused until 2026-12-01"
        in second
    )
    assert "01:00 next day" in second


async def test_an_operator_changes_of_a_window_what_is_named_and_no_more(api, done):
    window = await booked(api, await api.person(), starts_at="08:30", ends_at="10:00", weekly=WEEKLY)
    await done("window", "resume", window.window_id)
    told = await done("window", "skip", window.window_id, "--on", "2026-12-08")
    assert told == "Opens next (UTC): 2026-11-24 07:30"
    await done("window", "change", window.window_id, "--to", "11:00", "--last-date", "")
    wanted = pb.WindowTimes(starts_at="08:30", ends_at="11:00", weekly=WEEKLY)
    wanted.weekly.paused_until = wanted.weekly.last_date = ""
    wanted.weekly.except_dates[:] = ["2026-12-08", "2026-12-25", "2026-12-26"]
    assert (await found_window(api, window)).times == wanted
    await done("window", "change", window.window_id, "--date", "2026-12-24")
    assert (await found_window(api, window)).times.one_off.date == "2026-12-24"
