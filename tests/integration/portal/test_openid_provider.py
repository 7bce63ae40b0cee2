"""A provider that takes its time: nobody waits for it any longer than is set."""

from datetime import timedelta

import httpx2
import pytest
from pydantic import SecretStr

from chassis.clock import SystemClock
from emulators import openid
from emulators.openid import OpenIdSettings
from portal.browser_sessions import new_token
from portal.errors import ProviderFails
from portal.openid_provider import OpenIdProvider, Proofs, Registration


async def test_a_provider_that_never_answers_is_told_as_one():
    settings = OpenIdSettings()
    async with openid.serve(settings) as running, httpx2.AsyncClient() as http:
        registration = Registration(
            running.base_url, settings.client_id, SecretStr(settings.client_secret), "https://journal.example.org/back"
        )
        provider = OpenIdProvider(registration, SystemClock(), answers_within=timedelta(seconds=0.5))
        await http.post(f"{running.admin_url}/faults", json={"kind": "hang"})
        with pytest.raises(ProviderFails) as failed:
            await provider.account("a-code", Proofs(*(new_token().text for _ in range(3))), issuer=running.base_url)
        assert failed.value.reason == "no_answer"
