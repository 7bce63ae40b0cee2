"""Who is let in by a link, for how long, and what comes to the door from elsewhere."""

from uuid import UUID

import asyncpg
import pytest

from daybook.scheduler.v1 import scheduler_pb2 as pb

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_link_shows_a_button_and_signs_in_once(house):
    person = await house.person()
    browser, other = house.browser(), house.browser()
    link = house.link(person)
    path = link.removeprefix(house.origin)
    offered = await browser.page(path)
    assert "It can be used once." in offered.text
    answer = await browser.post("/sign-in/link", offered.fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Good to see you, Ada Lovelace." in (await browser.page("/")).text
    again = await other.post("/sign-in/link", offered.fields)
    assert again.status_code == 410
    assert "This link is spent" in again.text
    assert (await other.get("/")).status_code == 303


@pytest.mark.parametrize("token", ["x", "A" * 43, "-" * 43, "ä" * 20])
async def test_a_link_that_never_was_signs_nobody_in(house, token):
    answer = await house.browser().post("/sign-in/link", {"token": token})
    assert answer.status_code == 410
    assert "set-cookie" not in answer.headers


async def test_who_is_not_signed_in_is_sent_to_the_sign_in_page_and_back(house):
    browser = house.browser()
    answer = await browser.get("/?a=1&b=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2F%3Fa%3D1%26b%3D2")
    assert (await browser.get("/sign-in?next=//elsewhere.example")).status_code == 200


async def test_who_signs_out_is_out_in_this_browser_alone(house):
    person = await house.person()
    browser, other = await house.signed_in(person), await house.signed_in(person)
    kept = dict(browser.http.cookies)
    fields = (await browser.page("/")).fields
    answer = await browser.post("/sign-out", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert dict(browser.http.cookies) == {}
    stolen = house.browser()
    stolen.http.cookies.update(kept)
    assert (await stolen.get("/")).status_code == 303
    assert (await other.get("/")).status_code == 200


async def test_a_session_that_nobody_used_for_long_is_over(house):
    person = await house.person()
    browser = await house.signed_in(person)
    database = await asyncpg.connect(house.environment["DAYBOOK_DATABASE_URL"])
    await database.execute(
        "UPDATE portal.browser_sessions SET seen_at = now() - interval '15 days' WHERE person_id = $1", person.person_id
    )
    assert (await browser.get("/")).status_code == 303
    await database.close()


async def test_the_database_holds_no_token(house):
    person = await house.person()
    browser = await house.signed_in(person)
    [token] = browser.http.cookies.values()
    database = await asyncpg.connect(house.environment["DAYBOOK_DATABASE_URL"])
    rows = await database.fetch("SELECT * FROM portal.browser_sessions WHERE person_id = $1", person.person_id)
    await database.close()
    assert len(rows) == 1
    assert token not in repr(rows)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "", "origin": "https://elsewhere.example"}, 403),
        ({"sec-fetch-site": "same-origin"}, 303),
    ],
)
async def test_a_form_of_another_site_changes_nothing(house, headers, status):
    browser = await house.signed_in(await house.person())
    fields = (await browser.page("/")).fields
    answer = await browser.post("/sign-out", fields, headers=headers)
    assert answer.status_code == status
    assert (await browser.get("/")).status_code == (303 if status == 303 else 200)


async def test_a_form_without_the_token_of_this_session_changes_nothing(house):
    browser, other = [await house.signed_in(await house.person()) for _ in range(2)]
    for fields in ({}, {"form_token": "x"}, (await other.page("/")).fields):
        answer = await browser.post("/sign-out", fields)
        assert answer.status_code == 403
        assert "Load the page again" in answer.text
    assert (await browser.get("/")).status_code == 200


async def test_an_old_browser_that_tells_its_origin_alone_is_heard(house):
    browser = await house.signed_in(await house.person())
    fields = (await browser.page("/")).fields
    answer = await browser.http.post("/sign-out", data=fields, headers={"origin": house.origin})
    assert answer.status_code == 303


async def test_each_answer_forbids_what_pages_do_not_need(house):
    browser = await house.signed_in(await house.person())
    page = await browser.get("/")
    style = next(part.split('"')[0] for part in page.text.split('href="') if "daybook.css" in part)
    for path in ("/", "/sign-in", "/nothing", style):
        headers = (await browser.get(path)).headers
        policy = dict(each.split(" ", 1) for each in headers["content-security-policy"].split("; "))
        assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == (
            "'none'",
            "'self'",
            "'none'",
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    assert "immutable" in (await browser.get(style)).headers["cache-control"]


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house):
    browser = house.browser()
    person = await house.person()
    answer = await browser.post("/sign-in/link", {"token": house.link(person).rpartition("/")[2]})
    told = answer.headers["set-cookie"].lower()
    assert "httponly" in told
    assert "samesite=lax" in told
    assert "path=/" in told


async def test_what_there_is_not_and_what_a_page_does_not_take_is_told(house):
    browser = house.browser()
    missing = await browser.get("/nothing")
    assert (missing.status_code, "There is no such page." in missing.text) == (404, True)
    wrong = await browser.post("/sign-in", {"a": "b"})
    assert (wrong.status_code, "This page does not take that." in wrong.text) == (405, True)
    unread = await browser.post("/sign-in/link", {})
    assert unread.status_code == 422


async def test_a_form_that_is_too_large_or_has_a_file_is_refused_before_it_is_kept(house):
    browser = house.browser()
    large = await browser.post("/sign-in/link", {"token": "x" * (3 * 2**20)})
    assert large.status_code == 413
    headers = {"sec-fetch-site": "same-origin"}
    filed = await browser.http.post("/sign-in/link", files={"token": ("a", b"x")}, headers=headers)
    assert filed.status_code in {400, 422}


async def test_what_goes_wrong_is_told_in_the_language_of_who_is_signed_in(house):
    browser = await house.signed_in(await house.person(locale="de-US"))
    missing = await browser.get("/journal/00000000-0000-4000-8000-000000000000")
    assert missing.status_code == 404
    assert '<html lang="de">' in missing.text
    assert 'href="/windows"' in missing.text


async def test_a_link_of_who_was_deleted_is_spent(house):
    person = await house.person()
    token = await house.visitors.make_link(UUID(person.person_id))
    await house.people.DeletePerson(pb.DeletePersonRequest(person_id=person.person_id))
    answer = await house.browser().post("/sign-in/link", {"token": token})
    assert (answer.status_code, "This link is spent" in answer.text) == (410, True)


async def test_no_token_and_no_name_is_in_the_log(house):
    person = await house.person(name="Augusta Nightingale")
    browser = await house.signed_in(person)
    [token] = browser.http.cookies.values()
    while person.person_id not in house.log.read_text():
        await browser.get("/")
    log = house.log.read_text()
    assert token not in log
    assert "Nightingale" not in log
