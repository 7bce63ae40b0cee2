"""Signing in with an account at an OpenID provider, on its own protocol; and whatever it, or a stranger, does wrong."""

import itertools
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from service_processes import a_service

from daybook_cli.embedded import free_port
from daybook_cli.supervisor import NO_AUTHORITIES
from emulators.openid import OpenIdFault
from portal.form_limits import ACCOUNTS_ASKED_FOR

pytestmark = pytest.mark.asyncio(loop_scope="session")

_subjects = (f"somebody-{number}" for number in itertools.count())
_addresses = (f"198.52.{network}.{host}" for network, host in itertools.product(range(100, 200), range(1, 255)))


async def sent_away(browser, to="/") -> str:
    """The address to which the sign-in page leads."""
    headers = {"x-forwarded-for": next(_addresses)}
    answer = await browser.post("/sign-in/account", {"next": to}, headers=headers)
    assert answer.status_code == 200, answer.text
    return next(link for link in link_of(answer.text) if link.startswith("http"))


def link_of(html: str) -> list[str]:
    return [part.split('"')[0].replace("&amp;", "&") for part in html.split('href="')[1:]]


async def back(house, browser, address, subject, answer="yes"):
    """Says who one is there, and comes back."""
    returned = await house.provider.agree(address, subject, answer)
    return await browser.get(returned.removeprefix(house.origin))


async def connected(house, person, subject):
    """A browser of a person who connects an account."""
    browser = await house.signed_in(person)
    answer = await browser.send("/me/accounts", "/me/accounts/connect", {})
    address = next(link for link in link_of(answer.text) if link.startswith("http"))
    came = await back(house, browser, address, subject)
    return browser, came


async def is_signed_in(browser) -> bool:
    return (await browser.get("/")).status_code == 200


async def test_an_account_is_connected_once_and_signs_in_from_then_on(house):
    person, subject = await house.person(), next(_subjects)
    browser, came = await connected(house, person, subject)
    assert (came.status_code, came.headers["location"]) == (303, "/me/accounts?done=connected")
    page = await browser.page(came.headers["location"])
    assert "From now on your account at Example signs you in." in page.text
    assert "Not used yet" in page.text

    another = house.browser()
    came = await back(house, another, await sent_away(another, to="/days/2026-12-01"), subject)
    assert (came.status_code, came.headers["location"]) == (303, "/days/2026-12-01")
    assert "Good to see you, Ada Lovelace." in (await another.page("/")).text
    assert len(another.http.cookies) == 1
    assert "Last used" in (await browser.page("/me/accounts")).text
    assert "1 account at Example signs you in" in (await browser.page("/me")).text
    assert subject not in house.log.read_text()


async def test_the_way_to_the_provider_carries_what_the_standards_ask_for_and_no_secret(house):
    address = await sent_away(house.browser())
    told = {name: value[0] for name, value in parse_qs(urlsplit(address).query).items()}
    assert told["response_type"] == "code"
    assert told["scope"] == "openid"
    assert told["code_challenge_method"] == "S256"
    assert told["redirect_uri"] == f"{house.origin}/sign-in/account/return"
    assert {"state", "nonce", "code_challenge"} <= told.keys()
    assert house.environment["DAYBOOK_OPENID_CLIENT_SECRET"] not in address


async def test_an_account_that_nobody_has_connected_opens_nothing(house):
    browser = house.browser()
    came = await back(house, browser, await sent_away(browser), next(_subjects))
    assert (came.status_code, "opens no journal here yet" in came.text) == (403, True)
    assert not await is_signed_in(browser)


async def test_whoever_stops_it_at_the_provider_is_not_signed_in(house):
    browser = house.browser()
    came = await back(house, browser, await sent_away(browser), next(_subjects), answer="no")
    assert (came.status_code, "did not sign you in" in came.text) == (403, True)
    assert not await is_signed_in(browser)


async def test_whoever_stops_connecting_is_led_back_to_their_accounts(house):
    browser = await house.signed_in(await house.person())
    answer = await browser.send("/me/accounts", "/me/accounts/connect", {})
    address = next(link for link in link_of(answer.text) if link.startswith("http"))
    came = await back(house, browser, address, next(_subjects), answer="no")
    assert (came.status_code, "/me/accounts" in link_of(came.text)) == (403, True)


@pytest.mark.parametrize("kind", [kind for kind in OpenIdFault if kind is not OpenIdFault.HANG])
async def test_what_is_not_to_be_believed_signs_nobody_in(house, kind):
    person, subject = await house.person(), next(_subjects)
    await connected(house, person, subject)
    browser = house.browser()
    address = await sent_away(browser)
    await house.provider.do_wrong(kind)
    came = await back(house, browser, address, subject)
    assert (came.status_code, "does not work just now" in came.text) == (503, True)
    assert not await is_signed_in(browser)
    assert (await back(house, browser, await sent_away(browser), subject)).status_code == 303


async def test_a_provider_that_changes_its_keys_is_believed_at_once(house):
    person, subject = await house.person(), next(_subjects)
    await connected(house, person, subject)
    browser = house.browser()
    address = await sent_away(browser)
    await house.provider.change_keys()
    assert (await back(house, browser, address, subject)).status_code == 303


async def test_one_comes_back_once_and_in_the_browser_that_was_sent(house):
    person, subject = await house.person(), next(_subjects)
    await connected(house, person, subject)
    browser, other = house.browser(), house.browser()
    await sent_away(other)
    address = await sent_away(browser)
    returned = (await house.provider.agree(address, subject)).removeprefix(house.origin)
    for each in (house.browser(), other):
        came = await each.get(returned)
        assert (came.status_code, "begun in another browser" in came.text) == (409, True)
        assert not await is_signed_in(each)
    assert (await browser.get(returned)).status_code == 303
    again = await other.get(returned)
    assert again.status_code == 409
    for unreadable in ("/sign-in/account/return", "/sign-in/account/return?state=x&code=y"):
        assert (await other.get(unreadable)).status_code == 409


async def test_a_code_that_was_given_for_another_browser_is_worth_nothing(house):
    """An attacker who has somebody's code, or has them sent with their own (RFC 9700, 4.5)."""
    person, subject = await house.person(), next(_subjects)
    await connected(house, person, subject)
    victim, attacker = house.browser(), house.browser()
    stolen = await house.provider.agree(await sent_away(victim), subject)
    own = await house.provider.agree(await sent_away(attacker), next(_subjects))
    code, state = (parse_qs(urlsplit(each).query)[name][0] for each, name in ((stolen, "code"), (own, "state")))
    came = await attacker.get(
        f"/sign-in/account/return?code={code}&state={state}&iss={house.provider.running.base_url}"
    )
    assert came.status_code == 503
    assert not await is_signed_in(attacker)


@pytest.mark.parametrize("told", ["", "&iss=https%3A%2F%2Fanother.example"])
async def test_an_answer_that_another_provider_sent_is_not_taken(house, told):
    """Mix-up (RFC 9207): it does not get the code."""
    browser = house.browser()
    returned = await house.provider.agree(await sent_away(browser), next(_subjects))
    query = parse_qs(urlsplit(returned).query)
    came = await browser.get(f"/sign-in/account/return?code={query['code'][0]}&state={query['state'][0]}{told}")
    assert came.status_code == 503
    assert not await is_signed_in(browser)


async def test_an_account_opens_one_journal_alone(house):
    subject = next(_subjects)
    first, second = await house.person(), await house.person()
    await connected(house, first, subject)
    browser, came = await connected(house, second, subject)
    assert (came.status_code, "This account opens another journal." in came.text) == (409, True)
    assert "0 accounts" in (await browser.page("/me")).text
    # connected twice by the same person, it is one
    browser, came = await connected(house, first, subject)
    assert came.status_code == 303
    assert "1 account at Example" in (await browser.page("/me")).text


async def test_what_somebody_began_to_connect_is_not_connected_to_somebody_else(house):
    first, second = await house.person(), await house.person()
    browser = await house.signed_in(first)
    answer = await browser.send("/me/accounts", "/me/accounts/connect", {})
    address = next(link for link in link_of(answer.text) if link.startswith("http"))
    token = house.link(second).rpartition("/")[2]
    await browser.post("/sign-in/link", {"token": token})
    came = await back(house, browser, address, next(_subjects))
    assert came.status_code == 409
    assert "0 accounts" in (await browser.page("/me")).text


async def test_connecting_asks_for_the_forms_token_and_for_being_signed_in(house):
    browser = await house.signed_in(await house.person())
    assert (await browser.post("/me/accounts/connect", {})).status_code == 403
    stranger = house.browser()
    assert (await stranger.post("/me/accounts/connect", {})).status_code == 303
    for path in ("/me/accounts/connect", "/me/accounts/disconnect", "/sign-in/account"):
        answer = await browser.http.post(path, data={}, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403, path


async def test_a_disconnected_account_signs_nobody_in_and_nobody_disconnects_anothers(house):
    person, other, subject = await house.person(), await house.person(), next(_subjects)
    browser, _ = await connected(house, person, subject)
    account = (await browser.page("/me/accounts")).fields["account"]
    stranger, _ = await connected(house, other, next(_subjects))
    await stranger.send("/me/accounts", "/me/accounts/disconnect", {"account": account})
    again = house.browser()
    assert (await back(house, again, await sent_away(again), subject)).status_code == 303
    await browser.send("/me/accounts", "/me/accounts/disconnect", {"account": account})
    again = house.browser()
    assert (await back(house, again, await sent_away(again), subject)).status_code == 403


async def test_whoever_deletes_everything_is_not_known_by_an_account_any_more(house):
    person, subject = await house.person(), next(_subjects)
    browser, _ = await connected(house, person, subject)
    await browser.send("/me/delete", "/me/delete", {"typed": "delete everything"})
    again = house.browser()
    assert (await back(house, again, await sent_away(again), subject)).status_code == 403


async def test_going_to_the_provider_is_limited(house):
    browser = house.browser()
    for _ in range(ACCOUNTS_ASKED_FOR.by_browser.times):
        await sent_away(browser)
    answer = await browser.post("/sign-in/account", {}, headers={"x-forwarded-for": next(_addresses)})
    assert (answer.status_code, "too often" in answer.text) == (429, True)
    assert int(answer.headers["retry-after"]) > 0


def a_portal(tmp_path, settings):
    return a_service("portal", "DAYBOOK_SITE_PORT", settings, tmp_path / "portal.log")


def client_of(site) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        verify=NO_AUTHORITIES, base_url=f"http://127.0.0.1:{site.port}", headers={"sec-fetch-site": "same-origin"}
    )


async def test_without_the_provider_the_other_ways_to_sign_in_are_there(house, tmp_path):
    settings = {**house.environment, "DAYBOOK_OPENID_ISSUER": f"http://127.0.0.1:{free_port()}"}
    async with a_portal(tmp_path, settings) as site, client_of(site) as http:
        answer = await http.post("/sign-in/account", data={})
        assert (answer.status_code, "sign in another way" in answer.text) == (503, True)
        assert "Call me with a code" in (await http.get("/sign-in")).text
    assert '"reason": "no_answer"' in (tmp_path / "portal.log").read_text()


async def test_a_daybook_without_a_provider_names_none(house, tmp_path):
    settings = {name: value for name, value in house.environment.items() if "OPENID" not in name}
    async with a_portal(tmp_path, settings) as site, client_of(site) as http:
        assert "with an account" not in (await http.get("/sign-in")).text
        assert (await http.get("/sign-in/account/return")).status_code == 404


async def test_a_daybook_that_calls_nobody_to_sign_in_names_the_account_alone(house, tmp_path):
    settings = {**house.environment, "DAYBOOK_SIGN_IN_BY_CALL": "false"}
    async with a_portal(tmp_path, settings) as site, client_of(site) as http:
        page = await http.get("/sign-in")
        assert ("Sign in with Example" in page.text, "telephone" in page.text) == (True, False)
        assert (await http.post("/sign-in/call", data={"number": "1"})).status_code == 404
