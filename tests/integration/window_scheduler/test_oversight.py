"""What operators are told: how scheduling stands, and why a day of a person has a call or none."""

from dataclasses import replace
from datetime import UTC, date, time, timedelta
from uuid import UUID

import grpc
import pytest
from sqlalchemy import text

from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.call_store import finish_call
from window_scheduler.oversight_store import COUNTED_AT_MOST
from window_scheduler.windows import OneOff, Weekly, WindowTimes


async def overview_of(api):
    return await api.calls.GetOverview(pb.GetOverviewRequest())


async def day_of(api, person, day=""):
    return await api.calls.ExplainDay(pb.ExplainDayRequest(person_id=person.person_id, local_day=day))


def names(standings):
    return {pb.WindowStanding.Name(it.standing).removeprefix("WINDOW_STANDING_"): it.windows for it in standings}


def standings(day):
    return [pb.WindowStanding.Name(it.standing).removeprefix("WINDOW_STANDING_") for it in day.windows]


async def test_before_the_first_tick_nothing_is_told_of_it(api):
    overview = await overview_of(api)
    assert not overview.HasField("tick_began_at")
    assert not overview.HasField("last_tick")
    assert overview.tick_period_s == 300
    assert (overview.people.all, overview.open_windows.open, overview.undialed) == (0, 0, 0)


async def test_the_overview_counts_people_windows_and_calls(api, tick, clock, database):
    called = await api.person()
    await api.window(called)
    gone = await api.person()
    await api.window(gone)
    await api.people.OptOut(pb.OptOutRequest(person_id=gone.person_id))
    never = await api.person(consent=None)
    await api.window(never)
    await api.window(await api.person(), "14:00", "15:00")
    await api.person()
    await tick()
    overview = await overview_of(api)
    people = overview.people
    assert (people.all, people.with_windows, people.opted_out, people.without_consent) == (5, 4, 1, 1)
    assert names(overview.open_windows.standings) == {"CALLED": 1, "OPTED_OUT": 1, "NO_CONSENT": 1}
    assert (overview.open_windows.open, overview.overdue_windows) == (3, 0)
    assert (overview.undialed, overview.unpublished) == (1, 0)
    assert (overview.calls.scheduled, overview.calls.authorized, list(overview.calls.ended)) == (1, 0, [])
    [call] = await api.calls_of(called)
    assert (await api.may_dial(call)).allowed
    async with database.transaction() as connection:
        await finish_call(
            connection, UUID(call.call_id), revision=0, outcome="REFLECTED", reason="done", finished_at=clock.now()
        )
    overview = await overview_of(api)
    assert overview.undialed == 0
    assert (overview.calls.authorized, [(it.outcome, it.calls) for it in overview.calls.ended]) == (
        1,
        [("REFLECTED", 1)],
    )


async def test_each_window_is_open_in_its_persons_own_zone(api):
    await api.window(await api.person(time_zone="America/New_York"), "08:30", "10:00")
    assert (await overview_of(api)).open_windows.open == 0
    await api.window(await api.person(time_zone="Europe/Vienna"), "08:30", "10:00")
    assert (await overview_of(api)).open_windows.open == 1


EVERY_DAY = Weekly(frozenset(range(1, 8)))


@pytest.mark.parametrize(
    ("times", "is_open"),
    [
        (WindowTimes(time(20, 0), time(9, 30), EVERY_DAY, ends_next_day=True), True),
        (WindowTimes(time(20, 0), time(8, 30), EVERY_DAY, ends_next_day=True), False),
        (WindowTimes(time(8, 0), time(10, 0), replace(EVERY_DAY, every_weeks=2, first_date=date(2026, 11, 9))), True),
        (WindowTimes(time(8, 0), time(10, 0), replace(EVERY_DAY, every_weeks=2, first_date=date(2026, 11, 16))), False),
        (WindowTimes(time(8, 0), time(10, 0), replace(EVERY_DAY, except_dates=frozenset({date(2026, 11, 24)}))), False),
        (WindowTimes(time(8, 0), time(10, 0), replace(EVERY_DAY, paused_until=date(2026, 11, 25))), False),
        (WindowTimes(time(8, 0), time(10, 0), replace(EVERY_DAY, last_date=date(2026, 11, 23))), False),
        (WindowTimes(time(8, 0), time(10, 0), OneOff(date(2026, 11, 24))), True),
    ],
)
async def test_a_window_of_any_kind_is_counted_while_it_is_open(api, book, tick, times, is_open):
    await book(await api.person(), times)
    assert names((await overview_of(api)).open_windows.standings) == ({"DUE": 1} if is_open else {})
    await tick()
    assert names((await overview_of(api)).open_windows.standings) == ({"CALLED": 1} if is_open else {})


async def test_a_window_is_counted_no_longer_than_it_is_open_or_there(api, tick, clock):
    closing, deleted = await api.person(), await api.person()
    await api.window(closing, "08:30", "09:30")
    window = await api.window(deleted, "08:30", "12:00")
    await tick()
    assert (await overview_of(api)).open_windows.open == 2
    await api.windows.DeleteWindow(pb.DeleteWindowRequest(window_id=window.window_id))
    assert (await overview_of(api)).open_windows.open == 1
    clock.advance(timedelta(minutes=30))
    assert (await overview_of(api)).open_windows.open == 0


async def test_of_very_many_windows_it_is_told_that_there_are_more_than_were_counted(api, tick, database):
    await api.window(await api.person())
    await tick()
    assert not (await overview_of(api)).open_windows.more
    async with database.transaction() as connection:
        await connection.execute(
            text(
                "INSERT INTO window_decisions SELECT decided.* FROM window_decisions AS decided, generate_series(2, :many)"
            ),
            {"many": COUNTED_AT_MOST},
        )
    told = (await overview_of(api)).open_windows
    assert (told.open, told.more) == (1, True)


async def test_a_window_that_is_due_again_counts_once_and_by_its_new_times(api, book, tick):
    person = await api.person()
    window = await api.window(person, "08:30", "12:00")
    await tick()
    await book(person, WindowTimes(time(8, 45), time(11, 0), EVERY_DAY), window)
    assert names((await overview_of(api)).open_windows.standings) == {"CALLED": 1}
    assert (await overview_of(api)).overdue_windows == 1
    await book(person, WindowTimes(time(10, 0), time(11, 0), EVERY_DAY), window)
    assert (await overview_of(api)).open_windows.open == 0


async def test_the_day_of_a_called_person(api, tick):
    person = await api.person()
    window = await api.window(person)
    await tick()
    [call] = await api.calls_of(person)
    await api.may_dial(call)
    day = await day_of(api, person)
    assert (day.local_day, day.time_zone, day.local_time) == ("2026-11-24", "Europe/Vienna", "09:00")
    assert standings(day) == ["CALLED"]
    assert day.windows[0].window.window_id == window.window_id
    assert day.windows[0].opens_at == call.not_before
    assert day.call == call
    assert [it.attempt_id for it in day.authorizations] == [f"{call.call_id}.1"]


async def test_the_day_of_one_who_opted_out_never_consented_or_waits(api, tick):
    gone = await api.person()
    await api.people.OptOut(pb.OptOutRequest(person_id=gone.person_id))
    await api.window(gone)
    never = await api.person(consent=None)
    await api.window(never)
    later = await api.person()
    await api.window(later, "14:00", "15:00")
    await api.window(later, "09:30", "10:00", on="2026-11-25")
    await tick()
    assert standings(await day_of(api, gone)) == ["OPTED_OUT"]
    assert (await day_of(api, gone)).HasField("opted_out_at")
    assert standings(await day_of(api, never)) == ["NO_CONSENT"]
    assert standings(await day_of(api, later)) == ["OTHER_DAY", "NOT_OPEN_YET"]
    assert standings(await day_of(api, later, "2026-11-25")) == ["NOT_OPEN_YET", "NOT_OPEN_YET"]


async def test_one_call_a_day_is_told_of_the_second_window(api, tick, clock):
    person = await api.person()
    await api.window(person, "08:30", "10:00")
    await api.window(person, "09:02", "11:00")
    await tick()
    assert sorted(standings(await day_of(api, person))) == ["CALLED", "CALLED_BY_ANOTHER"]


async def test_a_window_over_which_no_tick_came_is_missed_also_when_one_comes_later(api, tick, clock):
    person = await api.person()
    await api.window(person, "14:00", "15:00")
    clock.advance(timedelta(hours=7))
    assert standings(await day_of(api, person)) == ["MISSED"]
    assert not (await day_of(api, person)).decisions
    await tick()
    day = await day_of(api, person)
    assert (standings(day), decisions(day)) == (["MISSED"], ["MISSED_NO_TICK"])
    assert (await overview_of(api)).last_tick.missed == 1


def decisions(day):
    return [pb.WindowDecisionKind.Name(it.decision).removeprefix("WINDOW_DECISION_KIND_") for it in day.decisions]


async def test_what_was_decided_is_told_with_the_tick_that_did_it(api, tick, clock):
    person = await api.person()
    first = await api.window(person, "08:30", "10:00")
    second = await api.window(person, "09:30", "11:00")
    await tick()
    clock.advance(timedelta(minutes=27))
    await tick()
    day = await day_of(api, person)
    assert decisions(day) == ["SCHEDULED", "MERGED"]
    assert [it.window_id for it in day.decisions] == [first.window_id, second.window_id]
    assert [it.tick_id for it in day.decisions] == [1, 2]
    assert day.decisions[1].decided_at.ToDatetime(tzinfo=UTC) == clock.now()
    assert (day.decisions[1].opens_at, day.decisions[1].closes_at) == (second.next_opens_at, second.next_closes_at)


async def test_what_was_decided_when_a_window_was_booked_bears_no_tick(api):
    person = await api.person()
    await api.window(person, "08:30", "09:04")
    [decided] = (await day_of(api, person)).decisions
    assert (decided.decision, decided.tick_id) == (pb.WINDOW_DECISION_KIND_SCHEDULED, 0)


async def test_a_call_that_was_moved_is_told_with_both_decisions(api, book, tick, clock):
    person = await api.person()
    window = await api.window(person, "08:30", "10:00")
    await tick()
    await book(person, WindowTimes(time(9, 3), time(11, 0), EVERY_DAY), window)
    await tick()
    day = await day_of(api, person)
    assert (decisions(day), day.call.revision, standings(day)) == (["SCHEDULED", "MOVED"], 1, ["CALLED"])


async def test_a_second_chance_of_a_day_that_had_its_call_was_called_already(api, tick, clock):
    person = await api.person()
    await api.window(person, "08:30", "10:00")
    await api.window(person, "14:00", "15:00")
    await tick()
    [call] = await api.calls_of(person)
    assert (await api.may_dial(call)).allowed
    clock.advance(timedelta(hours=5))
    await tick()
    day = await day_of(api, person)
    assert (decisions(day), standings(day)) == (["SCHEDULED", "CALLED_ALREADY"], ["CALLED", "CALLED_BY_ANOTHER"])


async def test_what_forbade_a_call_stands_also_when_it_holds_no_more(api, tick, clock):
    person = await api.person(consent=None)
    await api.window(person, "08:30", "10:00")
    await tick()
    clock.advance(timedelta(hours=3))
    request = pb.UpdatePersonRequest(
        person_id=person.person_id, consent=pb.Consent(wording_version="v1", channel="portal")
    )
    request.consent.given_at.FromDatetime(clock.now() - timedelta(hours=2))  # told late
    await api.people.UpdatePerson(request)
    day = await day_of(api, person)
    assert (decisions(day), standings(day)) == (["NO_CONSENT"], ["NO_CONSENT"])


async def test_a_window_that_was_deleted_is_told_by_what_was_decided_about_it(api, tick):
    person = await api.person()
    window = await api.window(person)
    await tick()
    await api.windows.DeleteWindow(pb.DeleteWindowRequest(window_id=window.window_id))
    day = await day_of(api, person)
    assert (decisions(day), list(day.windows)) == (["SCHEDULED"], [])
    assert day.decisions[0].window_id == window.window_id


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01"])
async def test_a_day_that_is_none_is_refused(api, day):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await day_of(api, await api.person(), day)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_nobody_of_that_id_has_no_day(api):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await api.calls.ExplainDay(pb.ExplainDayRequest(person_id="00000000-0000-0000-0000-000000000000"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
