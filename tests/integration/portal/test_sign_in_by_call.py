"""Signing in by a code that a call tells, from the typed number to the first page; and what is learnt by trying numbers."""

import itertools

import asyncpg
import pytest
from calls_under_way import dialing

from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.form_limits import CALLS_ASKED_FOR

pytestmark = pytest.mark.asyncio(loop_scope="session")

AUSTRIAN = {"accept-language": "en-AT,en;q=0.9"}
_addresses = (f"198.51.{network}.{host}" for network, host in itertools.product(range(100, 200), range(1, 255)))


def from_another_address() -> dict[str, str]:
    """As the proxy in front of the house tells it."""
    return {**AUSTRIAN, "x-forwarded-for": next(_addresses)}


def national(person) -> str:
    return "0" + person.phone_number.removeprefix("+43")


async def ask(browser, number, headers=None, to="/"):
    headers = headers or from_another_address()
    return await browser.post("/sign-in/call", {"number": number, "next": to}, headers=headers)


async def answer(browser, code, to="/"):
    return await browser.post("/sign-in/code", {"code": code, "next": to}, headers=from_another_address())


async def code_of(house, call) -> str:
    """What the call tells, as voice-gateway learns it."""
    return (await house.calls.TellCode(pb.TellCodeRequest(call_id=call.dialed.call_id))).code


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def told_a_code(house, browser, person, to="/") -> str:
    async with dialing(house) as call_of:
        asked = await ask(browser, national(person), to=to)
        assert asked.status_code == 303
        return await code_of(house, await call_of(person))


async def test_the_page_asks_for_a_number_as_it_is_dialed_in_the_browsers_country(house):
    page = await house.browser().get("/sign-in", headers=AUSTRIAN)
    assert 'autocomplete="tel"' in page.text
    assert "this country: Austria" in page.text
    assert "With + and the country" in (await house.browser().get("/sign-in")).text


async def test_a_number_is_typed_the_telephone_rings_and_the_code_signs_in(house):
    person = await house.person()
    browser = house.browser()
    async with dialing(house) as call_of:
        asked = await ask(browser, national(person), to="/days/2026-12-01")
        assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in/code?next=%2Fdays%2F2026-12-01")
        call = await call_of(person)
    page = await browser.get(asked.headers["location"])
    assert 'autocomplete="one-time-code"' in page.text
    assert "If this number is one of ours, it rings within a minute" in page.text
    code = await code_of(house, call)
    wrong = await answer(browser, other_than(code))
    assert wrong.status_code == 422
    assert "That is not the code." in wrong.text
    right = await answer(browser, f" {code[:3]} {code[3:]}", to="/days/2026-12-01")
    assert (right.status_code, right.headers["location"]) == (303, "/days/2026-12-01")
    assert "Good to see you, Ada Lovelace." in (await browser.page("/")).text
    # it was used up, and its cookie is gone
    assert len(browser.http.cookies) == 1
    log = house.log.read_text()
    assert person.phone_number not in log
    assert code not in log


async def test_nobodys_number_is_answered_as_somebodys(house):
    person = await house.person()
    answers = []
    for number in (national(person), "0660 9999999"):
        browser = house.browser()
        asked = await ask(browser, number)
        page = await browser.get("/sign-in/code")
        tried = await answer(browser, "000000")
        told = {name: value for name, value in asked.headers.items() if name not in {"date", "set-cookie"}}
        answers.append((asked.status_code, told, page.text, tried.status_code, tried.text))
    assert answers[0] == answers[1]


async def test_the_code_is_of_use_in_the_browser_that_asked_alone(house):
    person = await house.person()
    browser, other = house.browser(), house.browser()
    code = await told_a_code(house, browser, person)
    await ask(other, "0660 9999998")
    assert (await answer(other, code)).status_code == 422
    assert (await answer(house.browser(), code)).status_code == 404
    assert (await answer(browser, code)).status_code == 303


async def test_five_wrong_codes_end_it(house):
    browser = house.browser()
    code = await told_a_code(house, browser, await house.person())
    for left in range(4, 0, -1):
        tried = await answer(browser, other_than(code))
        assert f"You can try {left} more time" in tried.text
    over = await answer(browser, other_than(code))
    assert over.status_code == 404
    assert "No code is expected here" in over.text
    assert (await answer(browser, code)).status_code == 404


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345x", "١٢٣٤٥٦"])
async def test_what_is_no_code_costs_no_try(house, code):
    browser = house.browser()
    await ask(browser, f"0660 9{next(house.lines) % 10**6:06}")
    tried = await answer(browser, code)
    assert tried.status_code == 422
    assert "The code has six digits." in tried.text
    assert "You can try 4 more times." in (await answer(browser, "000000")).text


@pytest.mark.parametrize("number", ["", "hello", "12", "<b>0660</b>"])
async def test_what_is_no_number_is_told_beside_its_field_and_stays_there(house, number):
    refused = await ask(house.browser(), number)
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    assert "<b>" not in refused.text
    assert "set-cookie" not in refused.headers


async def test_one_browser_may_ask_so_often_and_another_still(house):
    browser, headers = house.browser(), from_another_address()
    for _ in range(CALLS_ASKED_FOR.by_browser.times):
        # without a cookie each would be another browser
        assert (await ask(browser, "0660 9999996", headers)).status_code == 303
    refused = await ask(browser, "0660 9999996", headers)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 600
    assert "That was too often. Try it again in" in refused.text
    assert "0660 9999996" in refused.text
    assert (await ask(house.browser(), "0660 9999996", headers)).status_code == 303


async def test_one_address_may_ask_so_often_in_however_many_browsers(house):
    headers = from_another_address()
    statuses = [
        (await ask(house.browser(), "0660 9999995", headers)).status_code
        for _ in range(CALLS_ASKED_FOR.by_address.times + 1)
    ]
    assert statuses == [*[303] * CALLS_ASKED_FOR.by_address.times, 429]
    # what a browser writes in front of what the proxy saw makes it no other
    forged = {**headers, "x-forwarded-for": f"203.0.113.99, {headers['x-forwarded-for']}"}
    assert (await ask(house.browser(), "0660 9999995", forged)).status_code == 429
    assert (await ask(house.browser(), "0660 9999995")).status_code == 303


async def test_the_database_holds_no_number_and_no_address_and_forgets(house):
    headers = from_another_address()
    await ask(house.browser(), "0660 9999994", headers)
    database = await asyncpg.connect(house.environment["DAYBOOK_DATABASE_URL"])
    tables = ("called_sign_ins", "form_tries")
    held = repr([await database.fetch(f"SELECT * FROM portal.{table}") for table in tables])
    assert "9999994" not in held
    assert headers["x-forwarded-for"] not in held
    await database.execute("UPDATE portal.called_sign_ins SET expires_at = now() - interval '1 second'")
    await database.execute("UPDATE portal.form_tries SET free_at = now() - interval '1 second'")
    await house.visitors.forget()
    assert [await database.fetchval(f"SELECT count(*) FROM portal.{table}") for table in tables] == [0, 0]
    await database.close()


async def test_a_form_of_another_site_asks_for_no_call(house):
    headers = {"sec-fetch-site": "cross-site", **from_another_address()}
    assert (await ask(house.browser(), "0660 9999993", headers)).status_code == 403


async def test_no_address_leads_out_of_the_portal_after_signing_in(house):
    asked = await ask(house.browser(), "0660 9999992", to="//elsewhere.example/")
    assert asked.headers["location"] == "/sign-in/code?next=%2F"
