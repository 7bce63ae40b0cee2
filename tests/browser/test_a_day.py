"""A day with Daybook, all of it in a browser: signed in by a called code, a window set, rung in it, the entry read and heard."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from signing_in import told_code

from daybook.events.v1.events_pb2 import CallDialed

pytestmark = pytest.mark.asyncio(loop_scope="session")

HEARD = """
() => new Promise((resolve) => {
  const audio = document.querySelector("#recording");
  const look = () => {
    const line = document.querySelector(".turns [aria-current=true]");
    if (line && !audio.paused && audio.currentTime > 0) resolve(line.id);
  };
  audio.addEventListener("timeupdate", look);
  look();
})
"""


@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_from_the_called_code_to_the_entry_that_is_heard(reading, daybook, size):
    person = await daybook.somebody("talks_and_completes", name="Grace Hopper")
    async with reading(size) as reader:
        page = reader.page
        await page.goto("/")
        await page.get_by_label("Your telephone number").fill(person.phone_number)
        await page.get_by_role("button", name="Call me with a code").click()
        await page.get_by_label("The code").fill(await told_code(daybook, person))
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/")

        await page.get_by_role("link", name="Windows", exact=True).click()
        await page.get_by_role("link", name="Add a window").click()
        now = datetime.now(ZoneInfo(person.time_zone))
        await page.get_by_label("on one date").check()
        await page.get_by_label("Date", exact=True).fill(f"{now:%Y-%m-%d}")
        await page.get_by_label("From", exact=True).fill(f"{now - timedelta(minutes=1):%H:%M}")
        await page.get_by_label("To", exact=True).fill(f"{now + timedelta(hours=1):%H:%M}")
        await page.get_by_role("button", name="Add the window").click()
        await page.wait_for_url("**/windows*")

        await page.get_by_role("link", name="Today", exact=True).click()
        await daybook.tick()
        await daybook.event(
            lambda it: isinstance(it, CallDialed) and it.person_id == person.person_id and it.attempt_number == 1
        )
        await page.get_by_role(
            "link", name="To the entry"
        ).first.wait_for()  # it comes by itself, while the page is open
        await reader.shown(f"day-today-{size}")
        await page.get_by_role("link", name="To the entry").first.click()
        entry = await daybook.entry(person)
        for turn in entry.turns:
            await page.get_by_text(turn.text, exact=True).first.wait_for()
        spoken = [turn for turn in entry.turns if turn.text][2]
        await page.locator(f"#turn-{spoken.sequence} p").click()
        assert await page.evaluate(HEARD) == f"turn-{spoken.sequence}"
        assert reader.said == []
