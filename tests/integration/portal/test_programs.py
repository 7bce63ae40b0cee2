"""Tokens on the page Me, and what the door for programs makes of them."""

import asyncio
import json
from uuid import UUID

import asyncpg
import pytest
from portal_programs import API, program_of

from chassis.clock import SystemClock
from chassis.database import open_database
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.programs import Programs

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROBE = "\"'><xss-probe onload=x>{{7*7}}"


async def test_a_token_is_shown_once_and_kept_nowhere(house):
    person = await house.person()
    program = await program_of(house, person)
    assert (await program.told("/person"))["name"] == "Ada Lovelace"
    page = await (await house.signed_in(person)).page("/me/programs")
    assert "My lamp" in page.text
    assert "Last used" in page.text
    assert program.token not in page.text
    database = await asyncpg.connect(house.environment["DAYBOOK_DATABASE_URL"])
    rows = await database.fetch("SELECT * FROM portal.api_tokens WHERE person_id = $1", person.person_id)
    await database.close()
    assert len(rows) == 1
    assert program.token not in repr(rows)
    assert program.token not in house.log.read_text()


async def test_a_token_that_is_taken_back_or_has_ended_is_none(house):
    person = await house.person()
    program = await program_of(house, person, last_day="2999-01-01")
    assert (await program.ask("GET", "/person")).status_code == 200
    database = await asyncpg.connect(house.environment["DAYBOOK_DATABASE_URL"])
    end = "UPDATE portal.api_tokens SET ends_at = now() WHERE person_id = $1"
    await database.execute(end, person.person_id)
    await database.close()
    assert (await program.ask("GET", "/person")).status_code == 401
    other = await program_of(house, person)
    browser, stranger = await house.signed_in(person), await house.signed_in(await house.person())
    tokens = (await browser.get("/me/programs")).text.split('name="token" value="')[1:]
    assert "Ended" in (await browser.get("/me/programs")).text
    for text in tokens:
        await stranger.send("/me/programs", "/me/programs/take-back", {"token": text.partition('"')[0]})
    assert (await other.ask("GET", "/person")).status_code == 200
    for text in tokens:
        await browser.send("/me/programs", "/me/programs/take-back", {"token": text.partition('"')[0]})
    assert (await other.ask("GET", "/person")).status_code == 401


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("scope", "admin"),
        ("scope", PROBE),
        ("last_day", "soon"),
        ("last_day", "2020-01-01"),
    ],
    ids=["no name", "long name", "no scope", "probe", "no day", "over"],
)
async def test_what_cannot_be_right_of_a_token_is_told_beside_its_field(house, field, typed):
    browser = await house.signed_in(await house.person())
    fields = {"name": PROBE, "scope": "read", field: typed}
    answer = await browser.send("/me/programs", "/me/programs", fields)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "<xss" not in answer.text
    assert "daybook_" not in answer.text


async def test_a_tokens_name_is_never_run(house):
    browser = await house.signed_in(await house.person())
    answer = await browser.send("/me/programs", "/me/programs", {"name": PROBE, "scope": "read"})
    assert (answer.status_code, "<xss" in answer.text) == (200, False)
    assert "<xss" not in (await browser.get("/me/programs")).text


async def test_nobody_has_too_many_tokens(house):
    person = await house.person()
    browser = await house.signed_in(person)
    form = {"form_token": (await browser.page("/me/programs")).fields["form_token"], "name": "x", "scope": "read"}
    answers = [await browser.post("/me/programs", form) for _ in range(51)]
    assert [each.status_code for each in answers] == [200] * 50 + [409]
    assert "too many tokens" in answers[-1].text


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer daybook_" + "A" * 43, "bearer a b", "Bearer daybook_ä"],
    ids=["none", "empty", "other", "basic", "nobody's", "two words", "not ascii"],
)
async def test_who_shows_no_token_is_told_how(house, header):
    headers = {"authorization": header.encode()} if header else {}
    answer = await house.browser().http.get(f"{API}/person", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["title"] == "A token is needed"
    assert "set-cookie" not in answer.headers


async def test_a_browser_that_is_signed_in_is_nobody_here(house):
    browser = await house.signed_in(await house.person())
    assert (await browser.get(f"{API}/person")).status_code == 401
    assert (await browser.http.delete(f"{API}/person/consent")).status_code == 401


async def test_a_token_that_may_read_changes_nothing(house):
    person = await house.person()
    program = await program_of(house, person, scope="read")
    described = (await program.told("/openapi.json"))["paths"]
    for path, methods in described.items():
        for method in set(methods) - {"get", "head"}:
            place = path.replace("{window_id}", person.person_id).replace("{entry_id}", person.person_id)
            answer = await program.ask(method.upper(), place, json={})
            assert answer.status_code in {403, 422}, (method, path)
    answer = await program.ask("DELETE", "/person/consent")
    assert (answer.status_code, answer.json()["status"]) == (403, 403)
    stored = (await house.people.GetPerson(pb.GetPersonRequest(person_id=person.person_id))).person
    assert stored == person


async def test_who_asks_too_often_is_told_to_wait(house):
    program, other = [await program_of(house, await house.person()) for _ in range(2)]
    answer = await program.ask("PUT", "/keeping", json={})
    while answer.status_code != 429:
        answers = await asyncio.gather(*(program.ask("PUT", "/keeping", json={}) for _ in range(20)))
        assert {each.status_code for each in answers} <= {422, 429}
        answer = answers[-1]
    assert int(answer.headers["retry-after"]) >= 1
    assert (await other.ask("GET", "/keeping")).status_code == 200


async def test_everything_but_what_is_described_is_a_problem(house):
    program = await program_of(house, await house.person())
    for path in ("/nothing", "/windows/x", "/%0A", "/windows/%0D%0A"):
        missing = await program.ask("GET", path)
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    wrong = await program.ask("POST", "/person")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, PATCH")
    unread = await program.ask("PATCH", "/person", content=b"{", headers={"content-type": "application/json"})
    assert unread.status_code == 422
    large = await program.ask(
        "PATCH", "/person", content=b" " * (3 * 2**20 + 1), headers={"content-type": "application/json"}
    )
    assert large.status_code == 413


async def test_the_person_is_read_and_changed(house):
    person = await house.person(name_pronunciation="Aida")
    program = await program_of(house, person)
    told = await program.told("/person")
    assert told["person_id"] == person.person_id
    assert (told["name_pronunciation"], told["calling_hours"], told["opted_out_at"]) == ("Aida", None, None)
    changes = {"name": "Augusta", "calling_hours": {"starts_at": "08:00", "ends_at": "21:00"}, "locale": "de-AT"}
    changed = await program.ask("PATCH", "/person", json=changes)
    assert changed.status_code == 200
    assert changed.json() == {**told, **changes}
    back = await program.ask("PATCH", "/person", json={"calling_hours": None, "name_pronunciation": None})
    assert (back.json()["calling_hours"], back.json()["name_pronunciation"]) == (None, "")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone_number": "0660 1234"}, "phone_number"),
        ({"time_zone": "CET"}, "time_zone"),
        ({"name": None}, "name"),
        ({"programme": "other"}, "programme"),
        ({"calling_hours": {"starts_at": "8", "ends_at": "9"}}, "calling_hours.starts_at"),
        ({"person_id": "x"}, "person_id"),
    ],
    ids=["number", "zone", "name", "programme", "hours", "id"],
)
async def test_what_cannot_be_right_names_its_field(house, changes, field):
    person = await house.person()
    program = await program_of(house, person)
    answer = await program.ask("PATCH", "/person", json=changes)
    assert answer.status_code == 422
    told = answer.json()
    assert field in {each["field"] for each in told["errors"]}
    assert "0660" not in answer.text
    assert (await program.told("/person"))["phone_number"] == person.phone_number


async def test_consent_is_taken_back_and_given_anew(house):
    program = await program_of(house, await house.person())
    gone = await program.ask("DELETE", "/person/consent")
    assert gone.json()["opted_out_at"] is not None
    assert (await program.ask("PUT", "/person/consent", json={"agreed": False})).status_code == 422
    given = await program.ask("PUT", "/person/consent", json={"agreed": True})
    assert given.json()["opted_out_at"] is None


async def test_keeping_is_read_and_set(house):
    program = await program_of(house, await house.person())
    assert await program.told("/keeping") == {"audio_days": 0, "entry_days": 0, "descriptions": True}
    wanted = {"audio_days": 30, "entry_days": 0, "descriptions": False}
    assert (await program.ask("PUT", "/keeping", json=wanted)).json() == wanted
    assert await program.told("/keeping") == wanted
    wrong = await program.ask("PUT", "/keeping", json={**wanted, "audio_days": 36_501})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "audio_days")


async def test_who_leaves_takes_their_tokens_along(house):
    person = await house.person()
    program = await program_of(house, person)
    browser = await house.signed_in(person)
    await browser.send("/me/delete", "/me/delete", {"typed": "delete everything"})
    assert (await program.ask("GET", "/person")).status_code == 401


async def test_requests_are_counted_by_their_endpoint_and_no_id_is_in_a_figure(house):
    person = await house.person()
    program = await program_of(house, person)
    await program.ask("GET", f"/windows/{person.person_id}")
    await program.ask("GET", f"/nothing/{person.person_id}")
    [port] = {json.loads(line)["http_port"] for line in house.log.read_text().splitlines() if "process.ready" in line}
    figures = (await house.browser().http.get(f"http://127.0.0.1:{port}/metrics/")).text
    assert 'route="/api/v1/windows/{window_id:uuid}",status="4xx"' in figures
    assert person.person_id not in figures
    assert 'route="/api/v1none"' not in figures


async def test_what_nobody_can_ask_for_again_is_forgotten(house):
    person = await house.person()
    for _ in range(3):
        program = await program_of(house, person)
        made = await program.ask("POST", "/calls", json={}, headers={"idempotency-key": "k"})
        assert made.status_code in {201, 409}
    mine = "token_id IN (SELECT token_id FROM portal.api_tokens WHERE person_id = $1)"
    connection = await asyncpg.connect(house.environment["DAYBOOK_DATABASE_URL"])
    await connection.execute(
        f"UPDATE portal.api_answers SET begun_at = begun_at - interval '25 hours' WHERE {mine}", person.person_id
    )
    days = "UPDATE portal.api_tokens SET ends_at = now() - $2 * interval '1 day' WHERE token_id = $1"
    tokens = await connection.fetch("SELECT token_id FROM portal.api_tokens WHERE person_id = $1", person.person_id)
    for token, ended_days_ago in zip(tokens, (29, 31, 0), strict=True):
        await connection.execute(days, token["token_id"], ended_days_ago)
    async with open_database(house.environment["DAYBOOK_DATABASE_URL"], schema="portal") as database:
        programs = Programs(database, SystemClock())
        await programs.forget()
        left = await programs.tokens_of(UUID(person.person_id))
    assert {each.token_id for each in left} == {tokens[0]["token_id"], tokens[2]["token_id"]}
    assert await connection.fetchval(f"SELECT count(*) FROM portal.api_answers WHERE {mine}", person.person_id) == 0
    await connection.close()
