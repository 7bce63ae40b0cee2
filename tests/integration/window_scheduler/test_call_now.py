"""A test call: whoever may be called has one at once, beside the one call of their day, which comes all the same."""

from datetime import timedelta

import grpc
import pytest
from stored_messages import stored_messages

from chassis.events import CALL_SCHEDULED, CALL_WITHDRAWN
from daybook.events.v1.events_pb2 import CallScheduled
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.call_store import finish_call
from window_scheduler.relay import announce
from window_scheduler.reminders import remind

NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def call_now(api):
    async def asked(person, **how):
        return (await api.calls.CallNow(pb.CallNowRequest(person_id=person.person_id, **how))).call

    return asked


@pytest.fixture
def refused(call_now):
    async def asked(person, **how):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call_now(person, **how)
        return error.value.code(), error.value.details()

    return asked


@pytest.fixture
def end(database, clock):
    async def ended(call, outcome="CALL_OUTCOME_NO_ANSWER"):
        async with database.transaction() as connection:
            await finish_call(
                connection, call.call_id, revision=0, outcome=outcome, reason="r", finished_at=clock.now()
            )

    return ended


@pytest.fixture
def told(database, bus, nats_url):
    """(subject, call id) of each event in the stream, after all is announced; and the last one's bytes."""

    async def look():
        await announce(database, bus)
        raw = await stored_messages(nats_url)
        return [(each.subject, each.headers["ce-id"]) for each in raw], raw[-1].data

    return look


async def test_it_is_announced_and_may_be_dialed_without_any_window(api, call_now, told, clock):
    person = await api.person()
    call = await call_now(person)
    events, last = await told()
    assert events == [(CALL_SCHEDULED.subject, f"{call.call_id}.scheduled")]
    announced = CallScheduled.FromString(last)
    assert (announced.call_id, announced.window_id, announced.local_day) == (call.call_id, "", "2026-11-24")
    assert (announced.not_before, announced.not_after) == (call.not_before, call.not_after)
    allowed = await api.may_dial(call)
    assert (allowed.allowed, allowed.phone_number) == (True, person.phone_number)
    clock.advance(timedelta(minutes=10))
    late = await api.may_dial(call, 2)
    assert (late.refusal, late.HasField("retry_at")) == (pb.DIAL_REFUSAL_WINDOW_CLOSED, False)


async def test_it_is_not_the_days_call(api, call_now, end, tick, clock):
    person = await api.person()
    tests = []
    for _ in range(2):  # and neither are its dials the day's
        tests.append(await call_now(person))
        assert (await api.may_dial(tests[-1])).allowed
        await end(tests[-1])
    window = await api.window(person)
    await tick()
    [*others, call] = await api.calls_of(person)
    assert (call.window_id, call.test_number) == (window.window_id, 0)
    assert {each.test_number: each.call_id for each in others} == {n: it.call_id for n, it in enumerate(tests, 1)}
    assert [(await api.may_dial(call, number)).allowed for number in (1, 2, 3)] == [True] * 3
    third = await call_now(person)
    assert (await api.may_dial(third)).allowed
    await api.windows.DeleteWindow(pb.DeleteWindowRequest(window_id=window.window_id))
    await api.people.UpdatePerson(pb.UpdatePersonRequest(person_id=person.person_id, time_zone="Europe/London"))
    clock.advance(timedelta(minutes=5))
    await tick()
    assert third in await api.calls_of(person)


async def test_who_may_not_be_called_has_none(api, refused):
    assert (await refused(pb.Person(person_id=NOBODY)))[0] is grpc.StatusCode.NOT_FOUND
    for person, why in (
        (await api.person(consent=None), "not consented"),
        (await api.person(calling_hours=pb.CallingHours(starts_at="10:00", ends_at="12:00")), "--in-quiet-hours"),
    ):
        code, details = await refused(person)
        assert (code, why in details) == (grpc.StatusCode.FAILED_PRECONDITION, True), details
        assert await api.calls_of(person) == []


async def test_in_quiet_hours_it_is_made_where_that_was_asked_for(api, call_now, clock):
    person = await api.person(calling_hours=pb.CallingHours(starts_at="10:00", ends_at="12:00"))
    assert (await api.may_dial(await call_now(person, in_quiet_hours=True))).allowed


async def test_one_is_open_at_a_time_and_a_day_has_no_more_dials_than_it_may(api, call_now, refused, end, clock):
    person = await api.person()
    for number in range(3):
        call = await call_now(person)
        code, details = await refused(person)
        assert (code, call.call_id in details) == (grpc.StatusCode.FAILED_PRECONDITION, True)
        assert (await api.may_dial(call)).allowed
        clock.advance(timedelta(hours=1))
        assert ("3 times today" if number == 2 else call.call_id) in (await refused(person))[1]
        await end(call)
    assert "3 times today" in (await refused(person))[1]
    clock.advance(timedelta(days=1))
    await call_now(person)


async def test_an_opt_out_takes_it_back(api, call_now, refused, told):
    person = await api.person()
    call = await call_now(person)
    await api.people.OptOut(pb.OptOutRequest(person_id=person.person_id))
    assert set((await told())[0]) == {
        (CALL_SCHEDULED.subject, f"{call.call_id}.scheduled"),
        (CALL_WITHDRAWN.subject, f"{call.call_id}.withdrawn"),
    }
    assert (await api.may_dial(call)).refusal == pb.DIAL_REFUSAL_OPTED_OUT
    assert "opted out" in (await refused(person))[1]
    await api.people.DeletePerson(pb.DeletePersonRequest(person_id=person.person_id))
    assert (await api.may_dial(call)).refusal == pb.DIAL_REFUSAL_UNKNOWN_CALL


async def test_one_that_nobody_asks_about_is_announced_again_and_shows_as_such(
    api, call_now, database, bus, clock, told
):
    call = await call_now(await api.person())
    await told()
    clock.advance(timedelta(minutes=5))
    assert (await api.calls.GetOverview(pb.GetOverviewRequest())).undialed == 1
    assert await remind(database, bus, clock) == 1
    assert (await told())[0][-1] == (CALL_SCHEDULED.subject, f"{call.call_id}.scheduled.again.1")


async def test_the_day_and_the_agenda_tell_it_apart(api, call_now, tick):
    person = await api.person()
    await api.window(person)
    await tick()
    test = await call_now(person)
    await api.may_dial(test)
    day = await api.calls.ExplainDay(pb.ExplainDayRequest(person_id=person.person_id))
    assert day.call.test_number == 0
    [told] = day.test_calls
    assert told.call == test
    assert [each.attempt_id for each in told.authorizations] == [f"{test.call_id}.1"]
    assert [each.attempt_id for each in day.authorizations] == []
    [today, *_] = (await api.windows.GetAgenda(pb.GetAgendaRequest(person_id=person.person_id))).days
    assert today.call == day.call
    assert list(today.test_calls) == [test]


async def test_the_command_says_what_is_missing_and_waits_no_longer_than_the_call(api, daybook):
    """Its own clock is the machine's, by which the time of the call is over."""
    person = await api.person()
    status, out, error = await daybook("call-me-now", person.person_id)
    [call] = await api.calls_of(person)
    assert f"Call {call.call_id} asked for, to be made" in out
    assert (status, "call-dispatcher does not answer" in error) == (1, True)
    assert "`daybook doctor`" in error
    assert f"`daybook explain {person.person_id}`" in error
    refused = await daybook("call-me-now", (await api.person(consent=None)).person_id)
    assert refused[0] == 1
    assert "not consented to be called" in refused[2]
    status, out, _ = await daybook("call-me-now", "--no-wait", "--in-quiet-hours", (await api.person()).person_id)
    assert (status, "is to be made now" in out) == (0, True)
    assert (await daybook("call-me-now"))[0] == 2
