"""What the emulated carrier says comes to the terminal as it is said."""

from contextlib import aclosing

import httpx2
from pydantic import SecretStr

from daybook_cli.carrier_words import EVER, carrier_words
from emulators import twilio

ACCOUNT_SID, TOKEN = "AC" + "1" * 32, "a-token-for-tests"
TWIML = "<Response><Say>Your code is: 1, 2.</Say><Say>Good-bye.</Say></Response>"


async def test_each_text_is_told_as_it_is_said_and_from_a_moment_on():
    settings = twilio.TwilioEmulatorSettings(account_sid=ACCOUNT_SID, auth_token=SecretStr(TOKEN), time_factor=20)
    async with (
        twilio.serve(settings) as carrier,
        httpx2.AsyncClient(base_url=carrier.base_url, auth=(ACCOUNT_SID, TOKEN), trust_env=False) as client,
        aclosing(carrier_words(carrier.base_url, since=EVER)) as words,
    ):
        placed = await client.post(
            f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json",
            data={"To": "+12025550123", "From": "+15005550006", "Twiml": TWIML},
        )
        assert placed.status_code == 201
        first, second = await anext(words), await anext(words)
        assert [first.text, second.text] == ["Your code is: 1, 2.", "Good-bye."]
        async with aclosing(carrier_words(carrier.base_url, since=first.at)) as later:
            assert (await anext(later)).text == "Good-bye."
