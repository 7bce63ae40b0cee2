"""Signing in with an account at an OpenID provider: connected once, by somebody who is signed in, and the way in from then on."""

import pytest

from daybook_cli.portal_link import portal_link

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUBJECT = "grace@example.org"


async def says_who_they_are(page, answer="Sign in"):
    """On the provider's own page, to which the portal's leads by itself."""
    await page.get_by_label("Who are you?").fill(SUBJECT)
    await page.get_by_role("button", name=answer, exact=True).click()


@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("phone", "dark")])
async def test_an_account_is_connected_and_signs_in(reading, daybook, size, scheme):
    person = await daybook.somebody("brief", name="Grace Hopper")
    async with reading(size, scheme) as reader:
        page = reader.page
        await page.goto("/sign-in")
        await page.get_by_role("button", name="Sign in with").click()
        await says_who_they_are(page)
        await page.get_by_role("heading", name="No journal with this account").wait_for()
        assert await reader.violations() == []
        await reader.shown(f"account-unknown-{size}-{scheme}")

        await page.goto(await portal_link(daybook.stack, person.person_id))
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("link", name="Me", exact=True).click()
        await page.get_by_role("link", name="Accounts").click()
        await page.get_by_role("button", name="Connect an account").click()
        await says_who_they_are(page)
        await page.get_by_role("status").get_by_text("Connected.").wait_for()
        assert await reader.violations() == []
        await reader.shown(f"account-connected-{size}-{scheme}")

        await page.get_by_role("link", name="Me", exact=True).click()
        await page.get_by_role("button", name="Sign out on this device").click()
        await page.get_by_role("button", name="Sign in with").click()
        await says_who_they_are(page, "Do not sign in")
        await page.get_by_role("heading", name="Not signed in").wait_for()
        assert await reader.violations() == []
        await page.get_by_role("link", name="Back").click()
        await page.get_by_role("button", name="Sign in with").click()
        await says_who_they_are(page)
        await page.get_by_text("Good to see you, Grace Hopper.").wait_for()

        # so that the next to come is known by it no more
        await page.goto("/me/accounts")
        await page.get_by_role("button", name="Disconnect the account").click()
        await page.get_by_role("button", name="Connect an account").wait_for()


async def test_the_page_that_leads_to_the_provider_can_be_read_where_nothing_leads_on(reading, daybook):
    async with reading() as reader:
        await reader.page.route(
            f"http://{daybook.stack.parties.provider_target}/**", lambda route: route.fulfill(status=204)
        )
        await reader.page.goto("/sign-in")
        await reader.page.get_by_role("button", name="Sign in with").click()
        await reader.page.get_by_role("link", name="Go on to").wait_for()
        assert await reader.violations() == []
        await reader.shown("account-away")
