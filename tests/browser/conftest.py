"""A whole Daybook, and a real Chromium in which people use its portal: at a desk and by telephone, in light and in dark."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Response, StorageState, async_playwright
from whole_daybook import Person, WholeDaybook

from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import WindowsServiceStub
from daybook_cli.portal_link import portal_link

pytestmark = pytest.mark.browser

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # which Chromium refuses to root; nothing but our own pages is opened
)
"""So that it speaks with nobody but us."""
SIZES = {"desk": {"width": 1200, "height": 900}, "phone": {"width": 390, "height": 844}}
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


@dataclass
class Reader:
    """Somebody with a browser window, at the portal.

    Attributes:
        said: what the browser's console has told, and what scripts raised: nothing, where all is well.
    """

    context: BrowserContext
    page: Page
    said: list[str] = field(default_factory=list)

    async def violations(self) -> list[str]:
        """What axe-core finds on this page against WCAG 2.2 AA, and against its own good practice."""
        found = await Axe().run(self.page, options={"resultTypes": ["violations"]})
        return [
            f"{rule['id']} ({rule['impact']}): {node['target']} {node['failureSummary']}"
            for rule in found.response["violations"]
            for node in rule["nodes"]
        ]

    async def is_wider_than_its_window(self) -> bool:
        return await self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")

    async def cost(self, path: str) -> tuple[int, int]:
        """Of opening a page with an empty cache: bytes that come over the line, but for what goes on for ever, and requests."""
        sizes: list[int] = []
        answers = []

        def answered(answer: Response) -> None:
            answers.append(answer)

        self.page.on("response", answered)
        await self.page.goto(path, wait_until="load")
        self.page.remove_listener("response", answered)
        for answer in answers:
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                continue
            told = await answer.request.sizes()
            sizes.append(told["responseBodySize"] + told["responseHeadersSize"])
        return sum(sizes), len(answers)

    async def shown(self, name: str) -> None:
        """Keeps a picture of the page, where one is to be looked at (DAYBOOK_SCREENSHOTS names a folder)."""
        if folder := os.environ.get("DAYBOOK_SCREENSHOTS"):
            await self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@dataclass(frozen=True)
class Life:
    """A person who has a window, was called in it, and has an entry of that; and a browser that knows them.

    Attributes:
        state: what the browser keeps once they are signed in.
    """

    person: Person
    entry_id: str
    window_id: str
    state: StorageState


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def life(daybook: WholeDaybook, chromium: Browser) -> Life:
    person = await daybook.person("talks_and_completes", name="Ada Lovelace")
    await daybook.rung(person)
    entry = await daybook.entry(person)
    request = scheduler.ListWindowsRequest(person_id=person.person_id)
    [window] = (await WindowsServiceStub(daybook.scheduler).ListWindows(request)).windows
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(await portal_link(daybook.stack, person.person_id))
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{daybook.stack.portal_url}/")
    state = await context.storage_state()
    await context.close()
    return Life(person, entry.summary.entry_id, window.window_id, state)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        yield browser
        await browser.close()


@pytest.fixture
def reading(chromium, daybook):
    """`async with reading("phone", "dark") as reader`: somebody who has opened nothing yet."""
    portal_url = daybook.stack.portal_url

    @asynccontextmanager
    async def opened(
        size: str = "desk", scheme: str = "light", *, scripts: bool = True, state: StorageState | None = None
    ) -> AsyncIterator[Reader]:
        context = await chromium.new_context(
            base_url=portal_url,
            storage_state=state,
            viewport=SIZES[size],
            color_scheme=scheme,
            locale="en-GB",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        page = await context.new_page()
        reader = Reader(context, page)
        page.on("console", lambda message: reader.said.append(message.text))
        page.on("pageerror", lambda error: reader.said.append(str(error)))
        page.on("request", lambda request: _stays(request.url, portal_url, reader.said))
        try:
            yield reader
        finally:
            await context.close()

    return opened


def _stays(url: str, portal_url: str, said: list[str]) -> None:
    if urlsplit(url).scheme in {"http", "https", "ws", "wss"} and not url.startswith(portal_url):
        said.append("a page asked for something that is not the portal's")
