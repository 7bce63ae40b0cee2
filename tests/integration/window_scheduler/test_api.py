import asyncio
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from sqlalchemy import text

from chassis.time_zones import INSTALLED
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.tick import schedule

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # 09:00 in Vienna
PERIOD = timedelta(minutes=5)
NOBODY = "00000000-0000-0000-0000-000000000000"
VALID = {"name": "Ada", "phone_number": "+436601234567", "time_zone": "Europe/Vienna", "locale": "en-GB"}
DAILY = {"starts_at": "08:30", "ends_at": "10:00", "weekly": pb.Weekly(weekdays=range(1, 8))}


async def refused(call):
    """(code, details) of a call that is to be refused."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return error.value.code(), error.value.details()


@pytest.fixture
async def person(api):
    return await api.person()


@pytest.fixture
async def call(api, person, database, clock):
    """A call that is scheduled, its window open until 10:00 in Vienna."""
    await api.window(person)
    await schedule(database, clock, INSTALLED, period=PERIOD)
    [scheduled] = await api.calls_of(person)
    return scheduled


async def test_a_person_is_kept_as_they_are_told(api, person):
    found = await api.people.GetPerson(pb.GetPersonRequest(person_id=person.person_id))
    assert found.person == person
    assert (person.name, person.phone_number, person.locale) == ("Ada Lovelace", "+436601234567", "en-GB")


async def test_names_and_numbers_rest_sealed(person, database):
    async with database.transaction() as connection:
        [row] = (await connection.execute(text("SELECT people::text FROM people"))).scalars()
    for clear in ("Ada", "6601234567"):
        assert clear not in row
        assert clear.encode().hex() not in row


async def test_people_are_listed_page_by_page(api):
    known = {(await api.person(name=f"Person {number}")).person_id for number in range(5)}
    listed, token = [], ""
    while True:
        page = await api.people.ListPeople(pb.ListPeopleRequest(page_size=2, page_token=token))
        listed += [each.person_id for each in page.people]
        token = page.next_page_token
        if not token:
            break
    assert listed == sorted(known)


async def test_what_is_not_named_in_a_change_stays(api, person):
    await api.people.UpdatePerson(pb.UpdatePersonRequest(person_id=person.person_id, name_pronunciation="AY-da"))
    found = (await api.people.GetPerson(pb.GetPersonRequest(person_id=person.person_id))).person
    person.name_pronunciation = "AY-da"
    assert found == person


async def test_another_time_zone_moves_the_windows(api, person):
    before = await api.window(person, "18:00", "19:00")
    await api.people.UpdatePerson(pb.UpdatePersonRequest(person_id=person.person_id, time_zone="America/New_York"))
    [after] = (await api.windows.ListWindows(pb.ListWindowsRequest(person_id=person.person_id))).windows
    assert after.next_opens_at.seconds - before.next_opens_at.seconds == 6 * 3600


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": ""}),
        ("phone_number", {"phone_number": "0660 1234567"}),
        ("time_zone", {"time_zone": "CET"}),
        ("locale", {"locale": "german"}),
        ("consent.given_at", {"consent": pb.Consent(wording_version="v1", channel="portal")}),
    ],
)
async def test_a_person_who_cannot_be_right_is_refused_by_field(api, field, changes):
    code, details = await refused(api.people.CreatePerson(pb.CreatePersonRequest(**{**VALID, **changes})))
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert details.startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("times.starts_at", {"starts_at": "8"}),
        ("times.starts_at", {"starts_at": "06:00"}),
        ("times.ends_at", {"ends_at": "08:00"}),
        ("times.weekly.weekdays", {"weekly": pb.Weekly()}),
        ("times.weekly.weekdays", {"weekly": pb.Weekly(weekdays=[pb.WEEKDAY_UNSPECIFIED])}),
        ("times.weekly.weekdays", {"weekly": pb.Weekly(weekdays=[12])}),
        ("times.one_off.date", {"weekly": None, "one_off": pb.OneOff(date="2026-11-23")}),
        ("times", {"weekly": None}),
    ],
)
async def test_a_window_that_cannot_be_right_is_refused_by_field(api, person, field, changes):
    times = pb.WindowTimes(**{**DAILY, **changes})
    request = pb.CreateWindowRequest(person_id=person.person_id, times=times)
    code, details = await refused(api.windows.CreateWindow(request))
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert details.startswith(f"{field}: ")


async def test_there_is_an_end_to_windows(api, person):
    for _ in range(20):
        await api.window(person)
    request = pb.CreateWindowRequest(person_id=person.person_id, times=pb.WindowTimes(**DAILY))
    code, _ = await refused(api.windows.CreateWindow(request))
    assert code == grpc.StatusCode.FAILED_PRECONDITION


async def test_ids_that_name_nothing_and_ids_that_are_none(api):
    def requests(value):
        return [
            api.people.GetPerson(pb.GetPersonRequest(person_id=value)),
            api.people.UpdatePerson(pb.UpdatePersonRequest(person_id=value)),
            api.people.OptOut(pb.OptOutRequest(person_id=value)),
            api.people.DeletePerson(pb.DeletePersonRequest(person_id=value)),
            api.windows.CreateWindow(pb.CreateWindowRequest(person_id=value, times=pb.WindowTimes(**DAILY))),
            api.windows.ListWindows(pb.ListWindowsRequest(person_id=value)),
            api.windows.UpdateWindow(pb.UpdateWindowRequest(window_id=value, times=pb.WindowTimes(**DAILY))),
            api.windows.DeleteWindow(pb.DeleteWindowRequest(window_id=value)),
            api.calls.GetCallBriefing(pb.GetCallBriefingRequest(call_id=value)),
            api.calls.ListCalls(pb.ListCallsRequest(person_id=value)),
        ]

    assert {(await refused(call))[0] for call in requests(NOBODY)} == {grpc.StatusCode.NOT_FOUND}
    assert {(await refused(call))[0] for call in requests("nobody")} == {grpc.StatusCode.INVALID_ARGUMENT}


async def test_pages_have_a_size_and_a_place(api, person):
    for request in (pb.ListPeopleRequest(page_size=-1), pb.ListPeopleRequest(page_token="next")):
        assert (await refused(api.people.ListPeople(request)))[0] == grpc.StatusCode.INVALID_ARGUMENT
    request = pb.ListCallsRequest(person_id=person.person_id, page_size=1001)
    assert (await refused(api.calls.ListCalls(request)))[0] == grpc.StatusCode.INVALID_ARGUMENT


async def test_an_open_window_may_be_dialed_at_the_persons_number(api, call):
    answer = await api.may_dial(call)
    assert (answer.allowed, answer.phone_number) == (True, "+436601234567")


async def test_outside_its_window_a_call_is_not_dialed(api, call, clock):
    clock.set(call.not_before.ToDatetime(tzinfo=UTC) - timedelta(minutes=1))
    early = await api.may_dial(call)
    assert (early.allowed, early.refusal, early.phone_number) == (False, pb.DIAL_REFUSAL_WINDOW_NOT_OPEN, "")
    assert early.retry_at == call.not_before
    clock.set(call.not_after.ToDatetime(tzinfo=UTC))
    assert (await api.may_dial(call)).refusal == pb.DIAL_REFUSAL_WINDOW_CLOSED


async def test_an_opt_out_holds_at_once(api, person, call):
    await api.people.OptOut(pb.OptOutRequest(person_id=person.person_id))
    assert (await api.may_dial(call)).refusal == pb.DIAL_REFUSAL_OPTED_OUT


async def test_only_a_newer_consent_ends_an_opt_out(api, person, call, clock):
    await api.people.OptOut(pb.OptOutRequest(person_id=person.person_id))
    again = pb.UpdatePersonRequest(person_id=person.person_id, consent=person.consent)
    assert (await api.people.UpdatePerson(again)).person.HasField("opted_out_at")
    clock.advance(timedelta(minutes=1))
    again.consent.given_at.FromDatetime(clock.now())
    assert not (await api.people.UpdatePerson(again)).person.HasField("opted_out_at")
    assert (await api.may_dial(call)).allowed


async def test_a_deleted_window_means_no_dial(api, call):
    await api.windows.DeleteWindow(pb.DeleteWindowRequest(window_id=call.window_id))
    assert (await api.may_dial(call)).refusal == pb.DIAL_REFUSAL_WINDOW_DELETED


async def test_a_window_moved_away_means_no_dial(api, call):
    times = pb.WindowTimes(**{**DAILY, "starts_at": "12:00", "ends_at": "13:00"})
    await api.windows.UpdateWindow(pb.UpdateWindowRequest(window_id=call.window_id, times=times))
    assert (await api.may_dial(call)).refusal == pb.DIAL_REFUSAL_WINDOW_CLOSED


async def test_a_deleted_person_is_not_dialed_and_nothing_of_them_is_left(api, person, call, database):
    await api.may_dial(call)
    await api.people.DeletePerson(pb.DeletePersonRequest(person_id=person.person_id))
    assert (await api.may_dial(call)).refusal == pb.DIAL_REFUSAL_UNKNOWN_CALL
    async with database.transaction() as connection:
        for table in ("people", "call_windows", "scheduled_calls", "dial_authorizations", "outbox", "window_decisions"):
            count = await connection.execute(text(f"SELECT count(*) FROM {table}"))
            assert (table, count.scalar_one()) == (table, 0)


async def test_attempts_are_counted_once_each_up_to_the_daily_cap(api, call):
    answers = await asyncio.gather(*(api.may_dial(call, number) for number in (1, 1, 2, 2, 3, 3)))
    assert all(answer.allowed for answer in answers)
    assert (await api.may_dial(call, 4)).refusal == pb.DIAL_REFUSAL_DAILY_CAP
    assert (await api.may_dial(call, 3)).allowed


async def test_many_who_ask_at_once_stay_below_the_cap(api, call):
    answers = await asyncio.gather(*(api.may_dial(call, number) for number in range(1, 13)))
    assert sum(answer.allowed for answer in answers) == 3


@pytest.mark.parametrize("attempt_id", ["", "1", f"{NOBODY}.1", "{call}.0", "{call}.x", "{call}.1\n"])
async def test_an_attempt_is_one_of_its_call(api, call, attempt_id):
    request = pb.AuthorizeDialRequest(call_id=call.call_id, attempt_id=attempt_id.replace("{call}", call.call_id))
    code, details = await refused(api.calls.AuthorizeDial(request))
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert details.startswith("attempt_id: ")


async def test_a_briefing_says_how_to_address_the_person(api, person, call):
    await api.people.UpdatePerson(pb.UpdatePersonRequest(person_id=person.person_id, name_pronunciation="AY-da"))
    briefing = await api.calls.GetCallBriefing(pb.GetCallBriefingRequest(call_id=call.call_id))
    assert briefing == pb.GetCallBriefingResponse(
        person_id=person.person_id,
        spoken_name="AY-da",
        locale="en-GB",
        time_zone="Europe/Vienna",
        not_after=call.not_after,
        programme="evening_review",
    )


async def test_a_service_that_refused_still_serves(api, person):
    await refused(api.people.GetPerson(pb.GetPersonRequest(person_id="nobody")))
    assert await api.people.GetPerson(pb.GetPersonRequest(person_id=person.person_id))
