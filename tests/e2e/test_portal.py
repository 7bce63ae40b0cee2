"""The portal beside everything else: who was called opens their pages, by a link that an operator made."""

import re

import httpx2
import pytest
from whole_daybook import Person, WholeDaybook

from daybook_cli.portal_link import portal_link

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def let_in(browser: httpx2.AsyncClient, link: str) -> httpx2.Response:
    """Opens a link and presses its button, as a browser does."""
    page = await browser.get(link)
    [token] = re.findall(r'name="token" value="([^"]+)"', page.text)
    return await browser.post("/sign-in/link", data={"token": token}, headers={"sec-fetch-site": "same-origin"})


def browser_of(daybook: WholeDaybook) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=daybook.stack.portal_url, trust_env=False, timeout=30)


async def first_page(browser: httpx2.AsyncClient, person: Person) -> None:
    page = await browser.get("/")
    assert page.status_code == 200
    assert person.name in page.text


async def test_a_link_leads_its_person_in_once_and_their_session_outlives_the_portal(daybook: WholeDaybook) -> None:
    person = await daybook.somebody("brief", name="Wilhelmina")
    link = await portal_link(daybook.stack, person.person_id)
    async with browser_of(daybook) as browser:
        entered = await let_in(browser, link)
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        await first_page(browser, person)
        async with browser_of(daybook) as another:
            assert (await let_in(another, link)).status_code == 410
            assert (await another.get("/")).status_code == 303
        daybook.kill("portal")
        await daybook.ready("portal")
        await first_page(browser, person)
    secrets = {link.rpartition("/")[2], *browser.cookies.values()}
    logs = "".join(log.read_text(errors="replace") for log in daybook.stack.home.logs.iterdir())
    assert not [secret for secret in secrets if secret in logs]
