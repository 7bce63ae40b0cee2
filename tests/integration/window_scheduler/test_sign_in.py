"""Signing in by a called code: the call is one of all others, the code is told once, and nobody learns whose a number is."""

import asyncio
import re
from datetime import timedelta
from uuid import uuid4

import grpc
import pytest
from sqlalchemy import event, func, select, text
from stored_messages import stored_messages
from structlog.testing import capture_logs

from chassis.events import CALL_SCHEDULED
from daybook.events.v1.events_pb2 import CallScheduled
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.call_store import finish_call
from window_scheduler.metrics import sign_ins as decided
from window_scheduler.relay import announce
from window_scheduler.sign_in_calls import MOST_DECIDED
from window_scheduler.tables import people, sign_ins

NOBODYS = "+436601111111"
DIALS_A_DAY = 3


@pytest.fixture
def news():
    return asyncio.Event()


@pytest.fixture
def asked():
    return asyncio.Event()


@pytest.fixture
def place(placing, asked, news):
    return placing(asked=asked, news=news).place


@pytest.fixture
def start(api, place):
    """Asks for a call, and has it decided."""

    async def started(number):
        answer = await api.sign_in.StartSignIn(pb.StartSignInRequest(phone_number=number))
        await place()
        return answer

    return started


@pytest.fixture
def check(api):
    async def asked(sign_in, code):
        request = pb.CheckSignInRequest(sign_in_id=sign_in.sign_in_id, code=code)
        answer = await api.sign_in.CheckSignIn(request)
        return answer.right, answer.person_id, answer.tries_left

    return asked


@pytest.fixture
def briefed(api):
    """What voice-gateway is told of a call once somebody has picked up."""

    async def asked(call):
        return await api.calls.GetCallBriefing(pb.GetCallBriefingRequest(call_id=call.call_id))

    return asked


@pytest.fixture
def told(api):
    """The code that a call tells, as voice-gateway learns it once somebody has pressed a key to hear it."""

    async def asked(call):
        return (await api.calls.TellCode(pb.TellCodeRequest(call_id=call.call_id))).code

    return asked


@pytest.fixture
def end(database, clock):
    async def ended(call):
        async with database.transaction() as connection:
            await finish_call(
                connection,
                call.call_id,
                revision=0,
                outcome="CALL_OUTCOME_NO_ANSWER",
                reason="r",
                finished_at=clock.now(),
            )

    return ended


@pytest.fixture
def decisions(database):
    """What came of each sign-in, the first first."""

    async def look():
        async with database.transaction() as connection:
            found = await connection.execute(select(sign_ins.c.decision).order_by(sign_ins.c.asked_at))
            return list(found.scalars())

    return look


def another(code):
    return f"{(int(code) + 1) % 10**6:06}"


async def test_a_call_tells_the_code_and_the_code_signs_in_once(
    api, start, check, briefed, told, news, database, bus, nats_url
):
    person = await api.person(name="Ada Lovelace", name_pronunciation="Ay-da")
    sign_in = await start(person.phone_number)
    assert news.is_set()
    [call] = await api.calls_of(person)
    assert (call.for_sign_in, call.test_number, call.window_id) == (True, 1, "")
    allowed = await api.may_dial(call)
    assert (allowed.allowed, allowed.phone_number) == (True, person.phone_number)
    briefing = await briefed(call)
    assert briefing.for_sign_in
    code = await told(call)
    assert re.fullmatch("[0-9]{6}", code)
    # the event that announces it tells no more than any other: no code, and nothing that leads to one
    await announce(database, bus)
    [raw] = await stored_messages(nats_url)
    assert raw.subject == CALL_SCHEDULED.subject
    assert CallScheduled.FromString(raw.data).call_id == call.call_id
    for secret in (code, sign_in.sign_in_id, person.phone_number):
        assert secret.encode() not in raw.data
    assert await check(sign_in, another(code)) == (False, "", 4)
    assert await check(sign_in, code) == (True, person.person_id, 0)
    assert await check(sign_in, code) == (False, "", 0)
    assert await told(call) == ""


async def test_the_answer_tells_nobody_whose_number_it_is(api, start, check, clock):
    person = await api.person()
    night = await api.person(calling_hours=pb.CallingHours(starts_at="10:00", ends_at="12:00"))
    silent = await api.person(consent=None)
    seen = set()
    for number in (person.phone_number, night.phone_number, silent.phone_number, NOBODYS):
        sign_in = await start(number)
        lasts = sign_in.expires_at.ToDatetime() - clock.now().replace(tzinfo=None)
        answers = [await check(sign_in, "000000") for _ in range(6)]
        seen.add((lasts, len(sign_in.sign_in_id), *answers))
    assert seen == {(timedelta(minutes=10), 36, *((False, "", left) for left in (4, 3, 2, 1, 0, 0)))}


async def test_the_database_is_asked_the_same_whosever_the_number_is(api, check, database):
    person = await api.person()
    asked = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    seen = []
    for number in (person.phone_number, NOBODYS):
        asked.clear()
        sign_in = await api.sign_in.StartSignIn(pb.StartSignInRequest(phone_number=number))
        await check(sign_in, "000000")
        seen.append(list(asked))
    assert seen[0] == seen[1]
    assert len(seen[0]) == 4


async def test_what_cannot_be_a_number_an_id_or_a_code_is_refused(api, start, check):
    sign_in = await start(NOBODYS)
    for asking in (
        start("0660 1234567"),
        check(sign_in, "12345"),
        check(pb.StartSignInResponse(sign_in_id="x"), "123456"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await asking
        assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert await check(sign_in, "000000") == (False, "", 4)
    assert await check(pb.StartSignInResponse(sign_in_id=str(uuid4())), "000000") == (False, "", 0)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"consent": None}, "no_consent"),
        ({"calling_hours": pb.CallingHours(starts_at="10:00", ends_at="12:00")}, "quiet_hours"),
    ],
    ids=["without consent", "at night"],
)
async def test_who_may_not_be_called_is_not(api, start, decisions, changes, why):
    person = await api.person(**changes)
    before = decided.labels(why)._value.get()
    with capture_logs() as logs:
        await start(person.phone_number)
    assert await api.calls_of(person) == []
    assert await decisions() == [why]
    assert decided.labels(why)._value.get() == before + 1
    assert person.phone_number not in str(logs)


async def test_who_opted_out_is_not_called_and_neither_is_who_shares_a_number(api, start, decisions, told, check):
    out = await api.person()
    await api.people.OptOut(pb.OptOutRequest(person_id=out.person_id))
    await start(out.phone_number)
    one = await api.person()
    other = await api.person(phone_number=one.phone_number)
    await start(one.phone_number)
    await start(NOBODYS)
    assert await decisions() == ["opted_out", "shared", "nobody"]
    assert await api.calls_of(one) + await api.calls_of(other) + await api.calls_of(out) == []
    # once one of them has gone, it is the other's
    await api.people.DeletePerson(pb.DeletePersonRequest(person_id=other.person_id))
    sign_in = await start(one.phone_number)
    [call] = await api.calls_of(one)
    assert await check(sign_in, await told(call)) == (True, one.person_id, 0)


async def test_what_holds_no_more_at_the_dial_is_not_dialed(api, start, check, briefed, told, clock):
    person = await api.person()
    sign_in = await start(person.phone_number)
    [call] = await api.calls_of(person)
    clock.advance(timedelta(minutes=5))
    assert (await api.may_dial(call)).refusal == pb.DIAL_REFUSAL_WINDOW_CLOSED
    # it may have rung until now, and is told still; but not for longer than it is right
    code = await told(call)
    clock.advance(timedelta(minutes=5))
    assert await check(sign_in, code) == (False, "", 0)
    briefing = await briefed(call)
    assert (await told(call), briefing.for_sign_in) == ("", True)


async def test_a_code_is_right_only_once_somebody_has_asked_to_hear_it(
    api, start, check, briefed, told, database, sealer
):
    person = await api.person()
    sign_in = await start(person.phone_number)
    async with database.transaction() as connection:
        row = (await connection.execute(select(sign_ins))).one()
    code = sealer.open_code(row.code, sign_in_id=row.sign_in_id)
    assert await check(sign_in, code) == (False, "", 4)
    [call] = await api.calls_of(person)
    assert (await briefed(call)).for_sign_in  # somebody picked up, or a voicemail
    assert await check(sign_in, code) == (False, "", 3)
    assert await told(call) == code
    assert await check(sign_in, code) == (True, person.person_id, 0)


async def test_who_asks_again_before_the_call_is_taken_hears_the_later_code_in_the_same_call(
    api, start, check, told, decisions
):
    person = await api.person()
    first, second = await start(person.phone_number), await start(person.phone_number)
    [call] = await api.calls_of(person)
    code = await told(call)
    third = await start(person.phone_number)
    assert await decisions() == ["called", "called", "open_already"]
    assert len(await api.calls_of(person)) == 1
    assert (await check(first, code))[0] is False
    assert (await check(third, code))[0] is False
    assert (await check(second, code))[0] is True


async def test_three_an_hour_are_asked_for_by_a_number_whosever_it_is_and_on_whatever_replica(
    api, start, place, decisions, clock, serving
):
    person = await api.person()
    async with serving() as replica:
        asked = [
            each.sign_in.StartSignIn(pb.StartSignInRequest(phone_number=number))
            for number in (person.phone_number, NOBODYS)
            for each in (api, replica)
            for _ in range(4)
        ]
        answers = await asyncio.gather(*asked)
    assert len({answer.sign_in_id for answer in answers}) == 16
    await place()
    assert sorted(await decisions()) == ["called"] * 3 + ["nobody"] * 3
    clock.advance(timedelta(hours=1))
    await place()
    assert await decisions() == []
    await start(NOBODYS)
    assert await decisions() == ["nobody"]


async def test_the_dials_of_a_day_are_counted_apart_from_the_others(api, start, end, decisions, tick, clock):
    person = await api.person()
    for _ in range(DIALS_A_DAY):
        await start(person.phone_number)
        call = next(each for each in await api.calls_of(person) if not each.HasField("finished_at"))
        assert (await api.may_dial(call)).allowed
        await end(call)
        clock.advance(timedelta(minutes=20))
    clock.advance(timedelta(hours=1))
    await start(person.phone_number)
    assert await decisions() == ["daily_cap"]
    test = (await api.calls.CallNow(pb.CallNowRequest(person_id=person.person_id))).call
    assert (test.test_number, (await api.may_dial(test)).allowed) == (DIALS_A_DAY + 1, True)
    await api.window(person, "10:30", "12:00")
    await tick()
    day = await api.calls.ExplainDay(pb.ExplainDayRequest(person_id=person.person_id))
    assert (await api.may_dial(day.call)).allowed
    assert [told.call.for_sign_in for told in day.test_calls] == [True] * DIALS_A_DAY + [False]


async def test_people_of_an_earlier_release_are_found_once_they_are_hashed(api, start, place, database, decisions):
    """And so is whoever was given another number by such a release since."""
    persons = [await api.person() for _ in range(3)]
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE people SET number_hash = NULL, number_hashed_from = NULL"))
    await start(persons[0].phone_number)
    number = await connection_hash(database, persons[1])
    await api.people.UpdatePerson(pb.UpdatePersonRequest(person_id=persons[1].person_id, phone_number="+436609999999"))
    async with database.transaction() as connection:  # that release leaves both as they were
        await connection.execute(
            text("UPDATE people SET number_hash = :hash, number_hashed_from = '' WHERE person_id = :id"),
            {"hash": number, "id": persons[1].person_id},
        )
    await start(persons[1].phone_number)
    await start("+436609999999")
    assert await decisions() == ["called", "nobody", "called"]


async def test_a_number_that_does_not_open_is_told_once_and_holds_up_nobody(api, start, place, database, decisions):
    broken, person = await api.person(), await api.person()
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE people SET phone_number = overlay(phone_number PLACING :nonce FROM 2) WHERE person_id = :id"),
            {"nonce": b"another one.", "id": broken.person_id},
        )
    with capture_logs() as logs:
        await place()
        await place()
    unreadable = [entry["person_id"] for entry in logs if entry["event"] == "person.number_unreadable"]
    assert unreadable == [broken.person_id]
    await start(person.phone_number)
    assert await decisions() == ["called"]


async def test_what_nobody_decided_in_time_comes_to_nothing(api, place, decisions, clock):
    person = await api.person()
    await api.sign_in.StartSignIn(pb.StartSignInRequest(phone_number=person.phone_number))
    clock.advance(timedelta(minutes=5))
    await place()
    assert (await decisions(), await api.calls_of(person)) == (["too_late"], [])


async def test_however_many_ask_a_round_ends_and_the_next_is_not_waited_for(database, place, asked, decisions, clock):
    many = text(
        "INSERT INTO sign_ins (sign_in_id, number_hash, code, asked_at, tries_left) "
        "SELECT gen_random_uuid(), sha256(number::text::bytea), '', :at, 5 FROM generate_series(1, :count) AS number"
    )
    over = clock.now() - timedelta(hours=1)
    async with database.transaction() as connection:
        await connection.execute(many, {"count": 1, "at": over})
        await connection.execute(many, {"count": MOST_DECIDED, "at": clock.now()})
    await place()
    assert sorted(map(str, await decisions())) == ["None"] + ["nobody"] * (MOST_DECIDED - 1)
    assert asked.is_set()
    asked.clear()
    await place()
    assert await decisions() == ["nobody"] * MOST_DECIDED
    assert not asked.is_set()


async def test_with_a_person_all_of_it_is_deleted(api, start, database, check):
    person = await api.person()
    sign_in = await start(person.phone_number)
    await api.people.DeletePerson(pb.DeletePersonRequest(person_id=person.person_id))
    async with database.transaction() as connection:
        assert (await connection.execute(select(func.count()).select_from(sign_ins))).scalar_one() == 0
    assert await check(sign_in, "000000") == (False, "", 0)


async def test_nothing_of_it_rests_in_clear(api, start, told, database):
    person = await api.person()
    await start(person.phone_number)
    [call] = await api.calls_of(person)
    code = await told(call)
    async with database.transaction() as connection:
        rows = [dict(row) for row in (await connection.execute(select(sign_ins))).mappings()]
        [kept] = [dict(row) for row in (await connection.execute(select(people))).mappings()]
    assert code not in str(rows)
    assert code.encode() not in b"".join(value for value in rows[0].values() if isinstance(value, bytes))
    assert rows[0]["number_hash"] == kept["number_hash"]


async def connection_hash(database, person):
    async with database.transaction() as connection:
        query = select(people.c.number_hash).where(people.c.person_id == person.person_id)
        return (await connection.execute(query)).scalar_one()
