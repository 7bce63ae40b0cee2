"""A page that follows a call: events on the real bus, and who hears them."""

from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import pytest
from calls_under_way import dialing, following
from service_processes import PORT, a_service

from daybook.events.v1 import events_pb2 as events
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook_cli.embedded import free_port
from portal.switchboard import PAGES_EACH

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def a_call(house, person, call_of):
    await house.calls.CallNow(pb.CallNowRequest(person_id=person.person_id))
    return await call_of(person)


async def until_it_listens(house):
    """The portal may begin to serve before NATS knows of what it listens to."""
    browser = house.browser()
    while "calls.followed" not in house.log.read_text():
        await browser.get("/sign-in")


async def test_each_step_of_a_call_comes_to_the_pages_of_its_person_and_to_nobody_else(house):
    await until_it_listens(house)
    ada, ben = await house.person(), await house.person()
    async with (
        following((await house.signed_in(ada)).http) as page,
        following((await house.signed_in(ada)).http) as second,
        following((await house.signed_in(ben)).http) as other,
        dialing(house) as call_of,
    ):
        for each in (page, second, other):
            assert "You have no window on this day, so it has no call of its own." in (await each.event())["data"]
        call = await a_call(house, ada, call_of)
        await page.until("We are calling you")
        await call.status(events.CARRIER_CALL_STATUS_RINGING)
        await page.until("Your telephone is ringing.")
        await call.status(events.CARRIER_CALL_STATUS_IN_PROGRESS)
        await second.until("You are on the phone with Daybook.")
        await call.status(events.CARRIER_CALL_STATUS_NO_ANSWER)
        # the other hears of their own call, and of nothing before it
        own = await a_call(house, ben, call_of)
        seen = (await other.event())["data"]
        assert own.dialed.call_id != call.dialed.call_id
        assert "A call that you asked for" in seen
        assert seen.count("<article") == 1


async def test_a_page_that_comes_back_is_told_what_it_does_not_show(house):
    await until_it_listens(house)
    person = await house.person()
    browser = await house.signed_in(person)
    shown = (await browser.get("/")).text.split('data-version="')[1].split('"')[0]
    async with following(browser.http) as page:
        assert (await page.event())["id"] == shown
    async with dialing(house) as call_of, following(browser.http, **{"last-event-id": shown}) as page:
        call = await a_call(house, person, call_of)
        event = await page.event()
        assert event["id"] != shown
        assert "A call that you asked for" in event["data"]
        await call.status(events.CARRIER_CALL_STATUS_BUSY)
        await page.until("it was busy.")


async def test_who_signs_out_in_one_tab_is_told_nothing_more_in_another(house):
    browser = await house.signed_in(await house.person())
    fields = (await browser.page("/")).fields
    async with following(browser.http) as page:
        await page.event()
        await browser.post("/sign-out", fields)
        assert (await page.event())["event"] == "end"
        assert await page.event() == {}


async def test_one_person_has_so_many_pages_that_follow_and_another_has_theirs(house):
    browser, other = [await house.signed_in(await house.person()) for _ in range(2)]
    async with AsyncExitStack() as pages:
        for _ in range(PAGES_EACH):
            await pages.enter_async_context(following(browser.http))
        refused = await browser.get("/live")
        assert refused.status_code == 429
        assert "Close one of them" in refused.text
        await pages.enter_async_context(following(other.http))
    status = 429
    while status == 429:  # the portal hears of a closed connection when it does
        async with browser.http.stream("GET", "/live") as answer:
            status = answer.status_code
    assert status == 200


@asynccontextmanager
async def another_portal(house, folder, **settings):
    """Of the same house: its process, and a client that has the cookies of a browser."""
    environment = {**house.environment, "DAYBOOK_PORTAL_URL": f"http://127.0.0.1:{PORT}", **settings}
    async with (
        a_service("portal", "DAYBOOK_SITE_PORT", environment, folder / "portal.log") as portal,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{portal.port}") as http,
    ):
        yield portal, http


async def test_a_process_that_ends_lets_its_pages_go_and_they_come_back_to_another(house, tmp_path):
    browser = await house.signed_in(await house.person())
    async with another_portal(house, tmp_path) as (portal, http):
        http.cookies = browser.http.cookies
        async with following(http) as page:
            await page.event()
            portal.terminate()
            assert await page.event() == {}
        assert await portal.ended() == 0
    async with following(browser.http) as page:
        assert (await page.event())["event"] == "part"


async def test_without_nats_there_are_pages_and_they_show_what_is_so_when_they_are_opened(house, tmp_path):
    browser = await house.signed_in(await house.person())
    async with another_portal(house, tmp_path, DAYBOOK_NATS_URL=f"nats://127.0.0.1:{free_port()}") as (_, http):
        http.cookies = browser.http.cookies
        assert (await http.get("/")).status_code == 200
        async with following(http) as page:
            assert (await page.event())["event"] == "part"


async def test_nobody_follows_who_is_not_signed_in(house):
    assert (await house.browser().get("/live")).status_code == 303
