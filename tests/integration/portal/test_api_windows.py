"""Windows, days and calls, as a person's programs see and change them."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from portal_programs import API, program_of

from daybook.scheduler.v1 import scheduler_pb2 as pb

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVENINGS = {"times": {"starts_at": "20:00", "ends_at": "20:30", "weekly": {"weekdays": ["monday", "sunday"]}}}


def soon():
    return (datetime.now(UTC) + timedelta(days=3)).date().isoformat()


async def made(program, window=EVENINGS, **headers):
    answer = await program.ask("POST", "/windows", json=window, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer


async def test_a_window_is_made_read_changed_and_deleted(house):
    person = await house.person()
    program = await program_of(house, person)
    assert await program.told("/windows") == {"windows": []}
    answer = await made(program)
    window = answer.json()
    assert answer.headers["location"] == f"{API}/windows/{window['window_id']}"
    assert window["times"]["weekly"]["weekdays"] == ["monday", "sunday"]
    assert window["next_opens_at"].endswith("Z")
    path = f"/windows/{window['window_id']}"
    assert await program.told(path) == window
    day = soon()
    changed = await program.ask(
        "PUT",
        path,
        json={"times": {"starts_at": "07:00", "ends_at": "07:30", "one_off": {"date": day}}},
    )
    assert changed.status_code == 200, changed.text
    assert (changed.json()["times"]["one_off"], changed.json()["times"]["weekly"]) == ({"date": day}, None)
    listed = await house.windows.ListWindows(pb.ListWindowsRequest(person_id=person.person_id))
    assert [each.times.starts_at for each in listed.windows] == ["07:00"]
    assert (await program.ask("DELETE", path)).status_code == 204
    assert (await program.ask("GET", path)).status_code == 404
    assert await program.told("/windows") == {"windows": []}


async def test_windows_are_a_calendars_file(house):
    mine, theirs = [await program_of(house, await house.person()) for _ in range(2)]
    await made(mine)
    for program, events in ((mine, 1), (theirs, 0)):
        answer = await program.ask("GET", "/windows/calendar.ics")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
        assert answer.text.count("BEGIN:VEVENT") == events


@pytest.mark.parametrize(
    ("times", "field"),
    [
        ({"starts_at": "24:00", "ends_at": "20:30"}, "times.starts_at"),
        ({"starts_at": "20:00", "ends_at": "20:30"}, "times"),
        ({"starts_at": "20:00", "ends_at": "20:30", "one_off": {"date": "2999-01-01"}}, "times.one_off.date"),
        ({"starts_at": "20:00", "ends_at": "20:30", "weekly": {"weekdays": ["someday"]}}, "times.weekly.weekdays.0"),
        (
            {"starts_at": "20:00", "ends_at": "20:30", "weekly": {"weekdays": ["monday"], "every_weeks": 53}},
            "times.weekly.every_weeks",
        ),
        ({"starts_at": "20:00", "ends_at": "20:30", "one_off": {"date": "2026-13-40"}}, "times.one_off.date"),
    ],
    ids=["clock", "no days", "far away", "weekday", "weeks", "no such day"],
)
async def test_what_cannot_be_right_names_its_path(house, times, field):
    program = await program_of(house, await house.person())
    answer = await program.ask("POST", "/windows", json={"times": times})
    assert answer.status_code == 422
    assert field in {each["field"] for each in answer.json()["errors"]}, answer.text
    assert await program.told("/windows") == {"windows": []}


async def test_what_is_somebody_elses_is_told_like_what_there_is_not(house):
    mine, theirs = [await program_of(house, await house.person()) for _ in range(2)]
    path = f"/windows/{(await made(theirs)).json()['window_id']}"
    for method, body in (("GET", None), ("PUT", EVENINGS), ("DELETE", None)):
        other = await mine.ask(method, path, json=body)
        none = await mine.ask(method, f"/windows/{uuid4()}", json=body)
        assert (other.status_code, other.content) == (404, none.content)
    assert (await theirs.ask("GET", path)).status_code == 200


async def test_the_same_request_under_the_same_key_is_done_once(house):
    program, other = [await program_of(house, await house.person()) for _ in range(2)]
    key = {"idempotency-key": "an-evening"}
    first = await made(program, **key)
    again = await made(program, **key)
    assert (again.content, again.headers["location"]) == (first.content, first.headers["location"])
    assert len((await program.told("/windows"))["windows"]) == 1
    changed = {"times": {**EVENINGS["times"], "ends_at": "21:00"}}
    another = await program.ask("POST", "/windows", json=changed, headers=key)
    assert (another.status_code, another.json()["errors"][0]["field"]) == (422, "idempotency-key")
    # a key is of its token
    assert (await made(other, **key)).content != first.content
    for wrong in ("", "two words", "x" * 256):
        assert (
            await program.ask("POST", "/windows", json=EVENINGS, headers={"idempotency-key": wrong})
        ).status_code == 422


async def test_what_was_refused_may_be_sent_again_under_its_key(house):
    program = await program_of(house, await house.person())
    key = {"idempotency-key": "again"}
    wrong = {"times": {**EVENINGS["times"], "ends_at": "19:00"}}
    assert [
        (await program.ask("POST", "/windows", json=each, headers=key)).status_code for each in (wrong, wrong, EVENINGS)
    ] == [422, 422, 201]


async def test_several_at_once_under_one_key_make_one(house):
    program = await program_of(house, await house.person())
    asked = [program.ask("POST", "/windows", json=EVENINGS, headers={"idempotency-key": "k"}) for _ in range(8)]
    answers = await asyncio.gather(*asked)
    assert {each.status_code for each in answers} <= {201, 409}
    assert len({each.content for each in answers if each.status_code == 201}) == 1
    assert len((await program.told("/windows"))["windows"]) == 1


async def test_a_request_that_was_cut_off_may_be_sent_again(house):
    person = await house.person()
    program = await program_of(house, person)
    key = {"idempotency-key": "cut-off"}
    await made(program, **key)
    database = await asyncpg.connect(house.environment["DAYBOOK_DATABASE_URL"])
    mine = "token_id IN (SELECT token_id FROM portal.api_tokens WHERE person_id = $1)"
    await database.execute(f"UPDATE portal.api_answers SET body = NULL WHERE {mine}", person.person_id)
    assert (await program.ask("POST", "/windows", json=EVENINGS, headers=key)).status_code == 409
    await database.execute(
        f"UPDATE portal.api_answers SET begun_at = begun_at - interval '2 minutes' WHERE {mine}", person.person_id
    )
    await database.close()
    await made(program, **key)
    assert len((await program.told("/windows"))["windows"]) == 2


async def test_the_days_to_come_and_a_day_that_is_told(house):
    program = await program_of(house, await house.person())
    window = (await made(program)).json()
    agenda = await program.told("/agenda?days=8")
    assert (len(agenda["days"]), agenda["time_zone"], agenda["forbidden_by"]) == (8, "Europe/Vienna", None)
    assert agenda["windows"] == [window]
    assert agenda["next_call"]["openings"][0]["window_id"] == window["window_id"]
    assert agenda["next_call"]["role"] == "call"
    today = await program.told(f"/days/{agenda['local_time'][:10]}")
    assert today["windows"][0]["window"] == window
    assert today["consented_at"] is not None
    for wrong in ("/agenda?days=0", "/agenda?days=367", "/days/today", "/days/2026-02-30"):
        answer = await program.ask("GET", wrong)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_a_call_now_is_asked_for_once(house):
    program = await program_of(house, await house.person())
    key = {"idempotency-key": "ring"}
    first = await program.ask("POST", "/calls", json={}, headers=key)
    assert first.status_code == 201, first.text
    assert first.json()["window_id"] is None
    again = await program.ask("POST", "/calls", json={}, headers=key)
    assert again.content == first.content
    day = await program.told(first.headers["location"].removeprefix(API))
    assert [each["call_id"] for each in day["asked_for"]] == [first.json()["call_id"]]
    await program.ask("DELETE", "/person/consent")
    assert (await program.ask("POST", "/calls", json={})).status_code == 409
