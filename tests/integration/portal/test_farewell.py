"""Deleting everything: what goes, in which order, and what is told where a part does not answer."""

import base64
import json
import re
from types import SimpleNamespace
from uuid import UUID

import pytest
from portal_pages import pages_of
from service_processes import a_service

from daybook.journal.v1 import journal_pb2, journal_pb2_grpc
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook_cli.embedded import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

TYPED = {"typed": " Delete  EVERYTHING "}


async def is_scheduled(house, person):
    told = await house.people.ListPeople(pb.ListPeopleRequest(page_size=1000))
    return person.person_id in {each.person_id for each in told.people}


def receipt_in(answer):
    [content] = re.findall(r"data:application/json;base64,([A-Za-z0-9+/=]+)", answer.text)
    return json.loads(base64.b64decode(content))


async def test_other_words_delete_nothing(house):
    person = await house.person()
    browser = await house.signed_in(person)
    for typed in ("", "delete", "yes"):
        answer = await browser.send("/me/delete", "/me/delete", {"typed": typed})
        assert (answer.status_code, "Nothing was deleted" in answer.text) == (422, True)
    assert await is_scheduled(house, person)


async def test_everything_is_deleted_and_the_receipt_is_the_journals(house):
    person = await house.person()
    browser, other = await house.signed_in(person), await house.signed_in(person)
    answer = await browser.send("/me/delete", "/me/delete", TYPED)
    assert answer.status_code == 200
    assert "Everything is deleted" in answer.text
    assert not await is_scheduled(house, person)
    again = journal_pb2.DeletePersonRequest(person_id=person.person_id)
    receipt = (await journal_pb2_grpc.JournalServiceStub(house.journal).DeletePerson(again)).receipt
    told = receipt_in(answer)
    assert told["person_id"] == person.person_id
    assert told["destroyed_at"] == receipt.destroyed_at.ToJsonString()
    assert [(await each.get("/me")).status_code for each in (browser, other)] == [303, 303]
    assert dict(browser.http.cookies) == {}


@pytest.mark.parametrize("away", ["DAYBOOK_SCHEDULER_TARGET", "DAYBOOK_JOURNAL_TARGET"])
async def test_what_is_not_deleted_yet_is_told_and_sent_again(house, away, tmp_path):
    person = await house.person()
    browser = await house.signed_in(person)
    token = (await browser.page("/me/delete")).fields["form_token"]
    settings = {**house.environment, away: f"127.0.0.1:{free_port()}"}
    async with a_service("portal", "DAYBOOK_SITE_PORT", settings, tmp_path / "portal.log") as site:
        answer = await browser.post(f"http://127.0.0.1:{site.port}/me/delete", {"form_token": token, **TYPED})
        if away == "DAYBOOK_JOURNAL_TARGET":
            # the schedule is done, and the page of settings leads to what is left
            assert "Done: your name, your number" in answer.text
            assert (await browser.get("/me")).headers["location"] == "/me/delete"
            assert "Your journal may still be there" in (await browser.page("/me/delete")).text
        else:
            assert "Your journal has not been touched" in answer.text
            assert await is_scheduled(house, person)
    assert answer.status_code == 503
    answer = await browser.send("/me/delete", "/me/delete", TYPED)
    assert answer.status_code == 200
    assert receipt_in(answer)["person_id"] == person.person_id
    assert not await is_scheduled(house, person)
    assert (await browser.get("/me")).status_code == 303


async def test_whoever_was_deleted_by_an_operator_is_led_to_what_is_left_of_them(house):
    person = await house.person()
    browser = await house.signed_in(person)
    token = (await browser.page("/me/calls")).fields["form_token"]
    await house.people.DeletePerson(pb.DeletePersonRequest(person_id=person.person_id))
    life = SimpleNamespace(entry_id=UUID(int=0), window_id=UUID(int=0))
    answers = {name: await browser.get(path) for name, path in pages_of(life).items()}
    led = {name for name, answer in answers.items() if answer.headers.get("location") == "/me/delete"}
    # what is the journal's and the portal's own can be asked still
    own = {"archive", "journal-search", "me-accesses", "me-delete", "me-devices", "me-keeping", "me-programs"}
    assert {"today", "day", "windows", "window", "journal", "me", "me-profile", "me-programme", "me-calls"} <= led
    assert {name for name in answers.keys() - led if not name.startswith("entry")} <= own
    assert not any("person" in answer.text.lower() for answer in answers.values() if answer.status_code >= 400)
    for path, fields in {"/call-now": {}, "/me/calls/opt-out": {}, "/windows/skip": {"day": "2026-12-01"}}.items():
        assert (await browser.post(path, {"form_token": token, **fields})).headers["location"] == "/me/delete"
    assert "Your journal may still be there" in (await browser.page("/me/delete")).text


async def test_a_page_of_settings_tells_what_the_journal_cannot_and_shows_the_rest(house, tmp_path):
    browser = await house.signed_in(await house.person())
    settings = {**house.environment, "DAYBOOK_JOURNAL_TARGET": f"127.0.0.1:{free_port()}"}
    async with a_service("portal", "DAYBOOK_SITE_PORT", settings, tmp_path / "portal.log") as site:
        answer = await browser.get(f"http://127.0.0.1:{site.port}/me")
        assert answer.status_code == 200
        assert "The journal does not answer just now." in answer.text
        assert "Ada Lovelace" in answer.text
