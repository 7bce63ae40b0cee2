"""How one's name is said, heard before it is kept: the answer to a form, at no address that the test of every page opens."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = "Rumpelstiltskin"
HEARD = """
() => new Promise((resolve, reject) => {
  const audio = document.querySelector(".spoken audio");
  const look = () => audio.ended && resolve([audio.duration, audio.currentTime]);
  audio.addEventListener("ended", look);
  audio.addEventListener("error", () => reject(audio.error.message));
  look();
})
"""


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_name_is_heard_at_once_and_nobody_is_kept_from_it(reading, life, size, scheme):
    async with reading(size, scheme, state=life.state) as reader:
        page = reader.page
        await page.goto("/me/profile")
        await page.get_by_label("How it is spoken").fill(NAME)
        await page.get_by_role("button", name="Hear how it is said").click()
        await page.get_by_text("So calls greet you, once this is saved.").wait_for()
        duration_s, heard_s = await page.evaluate(HEARD)
        assert duration_s == pytest.approx(heard_s)
        assert duration_s > 0.3
        assert await page.get_by_label("How it is spoken").input_value() == NAME
        assert NAME not in page.url
        assert await page.locator(".spoken").evaluate("it => it.getBoundingClientRect().top < innerHeight")
        assert await reader.violations() == []
        assert not await reader.is_wider_than_its_window()
        assert reader.said == []
        await reader.shown(f"me-profile-heard-{size}-{scheme}")


async def test_it_is_heard_without_scripts_and_enter_still_saves(reading, life):
    async with reading(state=life.state, scripts=False) as reader:
        page = reader.page
        await page.goto("/me/profile")
        before = await page.get_by_label("Name", exact=True).input_value()
        await page.get_by_label("How it is spoken").fill(NAME)
        await page.get_by_role("button", name="Hear how it is said").press("Enter")
        await page.get_by_label("How calls greet you").wait_for()
        await page.get_by_label("How it is spoken").fill("")
        await page.get_by_label("How it is spoken").press("Enter")
        await page.wait_for_url("**/me?done=profile")
        await page.goto("/me/profile")
        assert await page.get_by_label("Name", exact=True).input_value() == before
        assert await page.get_by_label("How it is spoken").input_value() == ""
