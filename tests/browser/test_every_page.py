"""Each page, as it is for everybody: who sees it small or dark, hears it read out, has no mouse, a slow line, or no scripts."""

import pytest
from portal_pages import PAGES_OF_ANYBODY, pages_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOBODYS = "+12025559998"
MOST_BYTES, MOST_REQUESTS = 100_000, 5


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nobody_is_kept_from_a_page(reading, life, size, scheme):
    """axe-core finds nothing, nothing is wider than the window, and neither the browser nor a script complains."""
    wrong = []
    for pages, state in ((pages_of(life), life.state), (PAGES_OF_ANYBODY, None)):
        async with reading(size, scheme, state=state) as reader:
            for name, path in pages.items():
                if name == "sign-in-code":
                    await reader.page.goto("/sign-in")
                    await reader.page.get_by_label("Your telephone number").fill(NOBODYS)
                    await reader.page.get_by_role("button", name="Call me with a code").click()
                answer = await reader.page.goto(path)
                wrong += [f"{name}: {answer.status}"] * (answer.status != 200)
                wrong += [f"{name}: {each}" for each in await reader.violations()]
                wrong += [f"{name} is wider than its window"] * await reader.is_wider_than_its_window()
                wrong += [f"{name}: {each}" for each in reader.said]
                reader.said.clear()
                await reader.shown(f"{name}-{size}-{scheme}")
    assert wrong == []


async def test_a_page_is_light(reading, life):
    heavy = {}
    for name, path in pages_of(life).items():
        async with reading(state=life.state) as reader:
            cost = await reader.cost(path)
        if cost[0] > MOST_BYTES or cost[1] > MOST_REQUESTS:
            heavy[name] = cost
    assert heavy == {}


async def test_each_page_shows_the_same_without_scripts(reading, life):
    """But for live parts, all is there: the headings, and the forms with their fields."""
    shown = {}
    for scripts in (True, False):
        async with reading(state=life.state, scripts=scripts) as reader:
            for name, path in pages_of(life).items():
                await reader.page.goto(path)
                headings = await reader.page.locator("h1, h2").all_inner_texts()
                fields = await reader.page.locator("form [name]:not([name=form_token])").count()
                shown.setdefault(name, []).append((headings, fields))
    assert {
        name: with_and_without for name, with_and_without in shown.items() if len(set(map(str, with_and_without))) > 1
    } == {}


async def test_who_has_no_mouse_skips_the_menu_and_gets_everywhere(reading, life):
    unseen = []
    async with reading(state=life.state) as reader:
        for name, path in pages_of(life).items():
            await reader.page.goto(path)
            await reader.page.keyboard.press("Tab")
            assert await reader.page.evaluate("document.activeElement.className") == "skip", name
            await reader.page.keyboard.press("Enter")
            assert await reader.page.evaluate("location.hash") == "#content", name
            unseen += [f"{name}: {each}" for each in await reader.page.evaluate(OUT_OF_REACH)]
    assert unseen == []


OUT_OF_REACH = """
() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, audio")]
  .filter((each) => each.checkVisibility() && (each.tabIndex < 0 || each.closest("[inert]")))
  .map((each) => each.outerHTML.slice(0, 120))
"""
