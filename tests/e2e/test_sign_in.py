"""Signing in by a called code, through the real services, on an emulated telephone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from signing_in import SPOKEN_CODE, check, heard_code, start
from whole_daybook import WholeDaybook

from daybook.events.v1 import events_pb2 as events
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import PeopleServiceStub

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

NOBODYS = "+12025559999"


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def test_the_telephone_tells_a_code_and_the_code_signs_in_once(daybook: WholeDaybook):
    person = await daybook.somebody("talks_and_completes")
    told = await heard_code(daybook, person)
    wrong = await check(daybook, told.sign_in_id, another(told.code))
    assert (wrong.right, wrong.person_id, wrong.tries_left) == (False, "", 4)
    right = await check(daybook, told.sign_in_id, told.code)
    assert (right.right, right.person_id) == (True, person.person_id)
    assert not (await check(daybook, told.sign_in_id, told.code)).right
    ended = await daybook.finished(person)
    assert (ended.outcome, ended.reason, ended.attempts) == (events.CALL_OUTCOME_CODE_TOLD, "code_told", 1)
    [call] = await daybook.carrier_calls(person)
    assert call["streams"] == 0


async def test_a_code_is_dead_after_five_wrong_ones(daybook: WholeDaybook):
    told = await heard_code(daybook, await daybook.somebody("brief"))
    left = [(await check(daybook, told.sign_in_id, another(told.code))).tries_left for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    assert not (await check(daybook, told.sign_in_id, told.code)).right


async def test_a_number_of_nobody_and_one_where_it_is_night_are_answered_alike_and_not_rung(daybook: WholeDaybook):
    asleep = await daybook.somebody("brief")
    later = datetime.now(ZoneInfo(asleep.time_zone)) + timedelta(hours=2)
    hours = scheduler.CallingHours(starts_at=f"{later:%H:%M}", ends_at=f"{later + timedelta(hours=1):%H:%M}")
    await PeopleServiceStub(daybook.scheduler).UpdatePerson(
        scheduler.UpdatePersonRequest(person_id=asleep.person_id, calling_hours=hours)
    )
    answers = [await start(daybook, number) for number in (NOBODYS, asleep.phone_number)]
    # who asks later is decided about later: once they are rung, the others were not
    awake = await daybook.somebody("brief")
    told = await heard_code(daybook, awake)
    assert await daybook.carrier_calls(asleep) == []
    seen = [await check(daybook, answer.sign_in_id, told.code) for answer in answers]
    assert seen[0] == seen[1]
    assert (seen[0].right, seen[0].tries_left) == (False, 4)
    assert [answer.HasField("expires_at") for answer in answers] == [True, True]


async def test_a_voicemail_is_told_no_code(daybook: WholeDaybook):
    person = await daybook.somebody("voicemail", rings_s=1)
    await start(daybook, person.phone_number)
    ended = await daybook.finished(person)
    assert ended.outcome == events.CALL_OUTCOME_VOICEMAIL
    calls = await daybook.carrier_calls(person)
    assert calls
    for call in calls:
        assert not SPOKEN_CODE.search(" ".join(call["says"]))  # type: ignore[arg-type]  # JSON
