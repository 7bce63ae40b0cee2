"""An opt-out takes effect at once, pending calls included, and the number is known after its person is gone (promise 2)."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from stored_messages import stored_messages

from chassis.consumer import Received
from chassis.events import CALL_WITHDRAWN
from chassis.time_zones import INSTALLED
from daybook.events.v1 import events_pb2 as events
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.call_endings import CallEndings
from window_scheduler.errors import KeyUnusable
from window_scheduler.people_store import PeopleStore
from window_scheduler.relay import announce
from window_scheduler.sealed import Sealer
from window_scheduler.tables import metadata
from window_scheduler.tick import schedule

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PERIOD = timedelta(minutes=5)
LINE = "+436601234500"


@pytest.fixture
def tick(database, clock):
    async def run():
        return await schedule(database, clock, INSTALLED, period=PERIOD)

    return run


@pytest.fixture
async def call(api, tick):
    """Of somebody who is at LINE."""
    person = await api.person(phone_number=LINE)
    await api.window(person)
    await tick()
    [scheduled] = await api.calls_of(person)
    return scheduled


@pytest.fixture
def withdrawn(database, bus, nats_url):
    """Every call.withdrawn in the stream, as (event id, message), after all is announced."""

    async def told():
        await announce(database, bus)
        return [
            (each.headers["ce-id"], events.CallWithdrawn.FromString(each.data))
            for each in await stored_messages(nats_url)
            if each.subject == CALL_WITHDRAWN.subject
        ]

    return told


@pytest.fixture
def end(database, sealer, clock):
    """What the bus hands over when a call has ended."""
    endings = CallEndings(database, sealer, clock, news=asyncio.Event())

    async def told(call, outcome):
        message = events.CallFinished(call_id=call.call_id, person_id=call.person_id, outcome=outcome)
        await endings.handle(Received(f"{call.call_id}.finished", clock.now(), message, 1))

    return told


async def opt_out(api, person_id):
    return (await api.people.OptOut(pb.OptOutRequest(person_id=person_id))).person


async def delete(api, person_id):
    await api.people.DeletePerson(pb.DeletePersonRequest(person_id=person_id))


async def changed(api, person_id, **changes):
    return (await api.people.UpdatePerson(pb.UpdatePersonRequest(person_id=person_id, **changes))).person


async def found(api, person_id):
    return (await api.people.GetPerson(pb.GetPersonRequest(person_id=person_id))).person


def consent(at):
    given = pb.Consent(wording_version="v2", channel="portal")
    given.given_at.FromDatetime(at)
    return given


def opted_out_at(person):
    return person.opted_out_at.ToDatetime(tzinfo=UTC) if person.HasField("opted_out_at") else None


async def test_who_opts_out_has_their_call_withdrawn_once(api, call, withdrawn):
    for _ in range(2):
        await opt_out(api, call.person_id)
    [(event_id, told)] = await withdrawn()
    assert event_id == f"{call.call_id}.withdrawn"
    assert (told.call_id, told.person_id, told.revision) == (call.call_id, call.person_id, 0)
    assert told.reason == events.WITHDRAWAL_REASON_OPTED_OUT
    assert told.withdrawn_at.ToDatetime(tzinfo=UTC) == NOW


async def test_a_call_that_was_moved_is_withdrawn_as_it_stands(api, tick, withdrawn):
    person = await api.person()
    window = await api.window(person)
    await tick()
    times = pb.WindowTimes(starts_at="08:45", ends_at="11:00", weekly=pb.Weekly(weekdays=range(1, 8)))
    await api.windows.UpdateWindow(pb.UpdateWindowRequest(window_id=window.window_id, times=times))
    await tick()
    [call] = await api.calls_of(person)
    await opt_out(api, person.person_id)
    [(event_id, told)] = await withdrawn()
    assert (event_id, told.revision, call.revision) == (f"{call.call_id}.withdrawn.1", 1, 1)


async def test_who_is_deleted_has_their_call_withdrawn(api, call, withdrawn):
    await delete(api, call.person_id)
    [(_, told)] = await withdrawn()
    assert (told.call_id, told.reason) == (call.call_id, events.WITHDRAWAL_REASON_PERSON_DELETED)


async def test_a_call_that_has_ended_is_not_withdrawn(api, call, end, withdrawn):
    await end(call, events.CALL_OUTCOME_REFLECTED)
    await opt_out(api, call.person_id)
    await delete(api, call.person_id)
    assert await withdrawn() == []


async def test_who_opts_out_in_a_call_has_the_others_withdrawn_and_not_this_one(api, call, clock, tick, end, withdrawn):
    clock.set(call.not_after.ToDatetime(tzinfo=UTC) + timedelta(hours=22, minutes=26))  # the next day's opens soon
    await tick()
    today, yesterday = await api.calls_of(await found(api, call.person_id))
    assert yesterday.call_id == call.call_id
    await end(today, events.CALL_OUTCOME_OPTED_OUT)
    assert [told.call_id for _, told in await withdrawn()] == [yesterday.call_id]
    assert opted_out_at(await found(api, call.person_id)) == clock.now()


async def test_a_call_that_a_tick_is_about_to_store_is_withdrawn_too(api, database, bus, tick, withdrawn):
    """The tick has claimed the window of somebody who has not opted out, and holds it while they do."""
    person = await api.person()
    await api.window(person)
    async with database.engine.connect() as held:
        await held.begin()
        await held.execute(text("LOCK TABLE scheduled_calls IN EXCLUSIVE MODE"))
        ticking = asyncio.create_task(tick())
        await until_waiting(database, 1)
        opting_out = asyncio.create_task(opt_out(api, person.person_id))
        await until_waiting(database, 2)
        await held.rollback()
    await asyncio.gather(ticking, opting_out)
    [call] = await api.calls_of(person)
    assert [told.call_id for _, told in await withdrawn()] == [call.call_id]


async def until_waiting(database, count):
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(60), database.engine.connect() as connection:
        while (await connection.execute(waiting)).scalar_one() < count:
            await connection.rollback()  # what is seen is as of the transaction's begin


async def test_who_was_deleted_and_is_created_anew_has_opted_out_from_the_beginning(api, call, clock, tick):
    await opt_out(api, call.person_id)
    await delete(api, call.person_id)
    clock.advance(timedelta(days=1))
    again = await api.person(phone_number="+43 660 123 45 00")
    assert opted_out_at(again) == opted_out_at(await found(api, again.person_id)) == NOW
    await api.window(again)
    await tick()
    assert await api.calls_of(again) == []


@pytest.mark.parametrize(("given_after", "counts"), [(timedelta(0), False), (timedelta(seconds=1), True)])
async def test_only_a_consent_that_is_newer_than_the_opt_out_counts(api, call, clock, given_after, counts):
    await opt_out(api, call.person_id)
    await delete(api, call.person_id)
    clock.advance(timedelta(days=1))
    at_once = await api.person(phone_number=LINE, consent=consent(NOW + given_after))
    later = await changed(api, (await api.person(phone_number=LINE)).person_id, consent=consent(NOW + given_after))
    expected = None if counts else NOW
    assert (opted_out_at(at_once), opted_out_at(later)) == (expected, expected)


async def test_who_opted_out_in_a_call_is_known_by_their_number_too(api, call, end):
    await end(call, events.CALL_OUTCOME_OPTED_OUT)
    await delete(api, call.person_id)
    assert opted_out_at(await api.person(phone_number=LINE)) == NOW


async def test_who_changes_to_a_number_that_opted_out_has_opted_out_and_their_call_is_withdrawn(
    api, call, tick, withdrawn
):
    await opt_out(api, call.person_id)
    other = await api.person()
    await api.window(other)
    await tick()
    assert opted_out_at(await changed(api, other.person_id, phone_number=LINE)) == NOW
    [others_call] = await api.calls_of(other)
    assert [told.call_id for _, told in await withdrawn()] == [call.call_id, others_call.call_id]


async def test_who_opted_out_stays_so_at_another_number_which_is_then_known_too(api, call):
    await opt_out(api, call.person_id)
    await changed(api, call.person_id, phone_number="+436601234501")
    await delete(api, call.person_id)
    for number in (LINE, "+436601234501"):
        assert opted_out_at(await api.person(phone_number=number)) == NOW


async def test_an_opt_out_is_one_of_the_number_and_a_consent_one_of_the_person(api, call, clock, tick):
    """Two of a household have one phone."""
    other = await api.person(phone_number=LINE)
    await api.window(other)
    await tick()
    [others_call] = await api.calls_of(other)
    clock.advance(timedelta(minutes=1))
    await opt_out(api, call.person_id)
    assert (await api.may_dial(others_call)).refusal == pb.DIAL_REFUSAL_OPTED_OUT
    assert opted_out_at(await found(api, other.person_id)) == clock.now()
    clock.advance(timedelta(minutes=1))
    agreed = await changed(api, other.person_id, consent=consent(clock.now()))
    assert opted_out_at(agreed) is None
    assert (await api.may_dial(others_call)).allowed
    assert (await api.may_dial(call)).refusal == pb.DIAL_REFUSAL_OPTED_OUT


async def test_the_ledger_holds_no_number_and_other_keys_give_other_hashes(api, call, database, sealer):
    await opt_out(api, call.person_id)
    async with database.transaction() as connection:
        [row] = await connection.execute(metadata.tables["opted_out_numbers"].select())
    assert row.number_hash == sealer.number_hash(LINE)
    assert row.number_hash != Sealer(bytes(32)).number_hash(LINE)
    assert LINE.encode() not in row.number_hash
    assert (len(row.number_hash), row.opted_out_at) == (32, NOW)


async def test_a_key_under_which_the_numbers_are_not_found_is_told_even_if_nobody_is_left(api, call, database):
    await opt_out(api, call.person_id)
    await delete(api, call.person_id)
    async with database.transaction() as connection:
        with pytest.raises(KeyUnusable, match="not found again"):
            await PeopleStore(connection, Sealer(bytes(32))).check_key()


async def test_who_opted_out_before_there_was_a_ledger_is_in_it_from_the_start_of_the_api_on(
    api, call, database, sealer
):
    await opt_out(api, call.person_id)
    gone = await api.person(phone_number="+436601234502")
    await opt_out(api, gone.person_id)
    ledger = metadata.tables["opted_out_numbers"]
    async with database.transaction() as connection:
        await connection.execute(ledger.delete())
    await delete(api, gone.person_id)
    async with database.transaction() as connection:
        [deleted] = (await connection.execute(ledger.select())).scalars()
        await PeopleStore(connection, sealer).remember_all()
        noted = set((await connection.execute(ledger.select())).scalars())
    assert noted == {deleted, sealer.number_hash(LINE)}


async def test_one_whose_number_does_not_open_keeps_none_of_the_others_out_of_the_ledger(api, call, database, sealer):
    broken = await api.person(phone_number="+436601234503")
    for person_id in (call.person_id, broken.person_id):
        await opt_out(api, person_id)
    ledger, people = metadata.tables["opted_out_numbers"], metadata.tables["people"]
    async with database.transaction() as connection:
        await connection.execute(ledger.delete())
        row = people.update().where(people.c.person_id == UUID(broken.person_id))
        await connection.execute(row.values(phone_number=bytes(40)))
        assert await PeopleStore(connection, sealer).remember_all() == [UUID(broken.person_id)]
        noted = list((await connection.execute(ledger.select())).scalars())
    assert noted == [sealer.number_hash(LINE)]


async def test_one_household_that_opted_out_twice_is_remembered_by_the_later_time(api, call, clock, database, sealer):
    other = await api.person(phone_number=LINE)
    await opt_out(api, call.person_id)
    clock.advance(timedelta(hours=1))
    async with database.transaction() as connection:
        await PeopleStore(connection, sealer).opt_out(UUID(other.person_id), at=clock.now())
    assert opted_out_at(await api.person(phone_number=LINE)) == clock.now()


async def test_an_operator_who_adds_someone_anew_reads_that_the_number_opted_out(api, call, daybook):
    assert await daybook("person", "opt-out", call.person_id) == (0, "", "")
    await delete(api, call.person_id)
    status, out, err = await daybook("person", "add", "--name", "Ada", "--phone", LINE, "--zone", "Europe/Vienna")
    assert (status, opted_out_at(await found(api, out.strip()))) == (0, NOW)
    assert "opted out on 2026-11-24" in err
    assert f"daybook person change {out.strip()} --consent" in err
    assert LINE not in out + err
