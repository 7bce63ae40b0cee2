"""Asking the OpenID provider at which this Daybook is registered who somebody is.

OpenID Connect Core 1.0, 3.1 (the authorization code flow), with PKCE (RFC 7636) as RFC 9700, 2.1.1 asks for. What the provider
tells of itself, and its keys, are asked for each time anew: people sign in once in weeks, and keys change on any day.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import SecretStr

from chassis.clock import Clock
from portal import metrics
from portal.errors import ProviderFails
from portal.openid_metadata import ProviderMetadata, address_of, keys_of, metadata_of

log = structlog.get_logger()

RETURN = "/sign-in/account/return"
"""Where the provider sends browsers back to: what it is to have as the redirect URI of Daybook, after the portal's address."""
ANSWERS_WITHIN = timedelta(seconds=10)
CLOCKS_DIFFER = timedelta(minutes=1)
"""By how much the provider's and ours may."""
LONGEST_SUBJECT = 255
"""Characters (OpenID Connect Core 1.0, 2)."""


@dataclass(frozen=True)
class Registration:
    """What the provider and this Daybook have agreed on.

    Attributes:
        issuer: the provider, as it calls itself.
        client_id, client_secret: who Daybook is there.
        redirect_uri: where it sends browsers back to.
    """

    issuer: str
    client_id: str
    client_secret: SecretStr
    redirect_uri: str


@dataclass(frozen=True)
class Proofs:
    """What binds an answer of the provider's to the browser that was sent there: 43 characters of base64url each.

    Attributes:
        state: comes back with the browser.
        nonce: comes back in the ID token.
        code_verifier: is shown for the code, and was never in a browser.
    """

    state: str
    nonce: str
    code_verifier: str


class OpenIdProvider:
    """
    Args:
        registration: of this Daybook there.
        answers_within: how long all may take that is asked for one step of signing in.
    """

    def __init__(self, registration: Registration, clock: Clock, *, answers_within: timedelta = ANSWERS_WITHIN) -> None:
        self._registration = registration
        self._answers_within_s = answers_within.total_seconds()
        self._clock = clock
        self._trusted = httpx2.create_ssl_context()

    async def address(self, proofs: Proofs, *, reads: str) -> str:
        """Where a browser is sent, to come back with a code.

        Args:
            proofs: that it is to come back with.
            reads: the language of who is sent, BCP 47.

        Raises:
            ProviderFails: it does not answer, or not as it is to.
        """
        async with self._asking() as client:
            metadata = await self._metadata(client)
            address, _ = client.create_authorization_url(
                metadata.authorization_endpoint,
                state=proofs.state,
                nonce=proofs.nonce,
                code_verifier=proofs.code_verifier,
                ui_locales=reads,
            )
            return str(address)

    async def account(self, code: str, proofs: Proofs, *, issuer: str) -> bytes:
        """Who has come back.

        Args:
            code: that the browser brought.
            proofs: that it was sent away with.
            issuer: who sent the browser, by its own account; empty where it did not say.

        Returns:
            By what an account is known: the SHA-256 of the provider's and its own name, which tells neither.

        Raises:
            ProviderFails: it does not answer, or not as it is to, or what it says is not to be believed.
        """
        async with self._asking() as client:
            metadata = await self._metadata(client)
            if issuer != metadata.issuer and (issuer or metadata.names_itself):
                raise ProviderFails("answer_of_another", "iss")
            token = await client.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=proofs.code_verifier,
                auth=client.client_auth(metadata.client_authentication),
            )
            keys = keys_of(await _json(client, metadata.jwks_uri))
            subject = self._subject(token, keys, metadata, proofs.nonce)
        return hashlib.sha256(f"{metadata.issuer}\n{subject}".encode()).digest()

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[AsyncOAuth2Client]:
        registration = self._registration
        with _told_to_operators(), _as_provider_fails():
            async with (
                asyncio.timeout(self._answers_within_s),
                AsyncOAuth2Client(
                    registration.client_id,
                    registration.client_secret.get_secret_value(),
                    redirect_uri=registration.redirect_uri,
                    scope="openid",
                    code_challenge_method="S256",
                    verify=self._trusted,
                    timeout=self._answers_within_s,
                ) as client,
            ):
                yield client

    async def _metadata(self, client: AsyncOAuth2Client) -> ProviderMetadata:
        issuer = self._registration.issuer
        return metadata_of(await _json(client, address_of(issuer)), issuer)

    def _subject(self, token: Any, keys: KeySet, metadata: ProviderMetadata, nonce: str) -> str:
        """
        Raises:
            JoseError: the ID token is not the provider's, not for us, not for now, or not for what was asked (Core, 3.1.3.7).
            ProviderFails: there is none, or it names nobody.
        """
        if not isinstance(token.get("id_token"), str):
            raise ProviderFails("id_token_not_accepted", "id_token")
        registry = JWSRegistry(algorithms=list(metadata.algorithms), strict_check_header=False)
        parsed = jwt.decode(token["id_token"], keys, registry=registry)
        claims = CodeIDToken(
            parsed.claims,
            parsed.header,
            {"iss": {"value": metadata.issuer}, "aud": {"value": self._registration.client_id}},
            {"nonce": nonce, "client_id": self._registration.client_id, "access_token": token.get("access_token")},
        )
        claims.validate(now=int(self._clock.now().timestamp()), leeway=int(CLOCKS_DIFFER.total_seconds()))
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
            raise ProviderFails("id_token_not_accepted", "sub")
        return subject


@contextmanager
def _told_to_operators() -> Iterator[None]:
    """They can do something about it, where the person who is told can do nothing."""
    try:
        yield
    except ProviderFails as failure:
        metrics.provider_failures.labels(failure.reason).inc()
        log.warning("provider.fails", reason=failure.reason, detail=failure.detail)
        raise


@contextmanager
def _as_provider_fails() -> Iterator[None]:
    """What the libraries raise, by its kind alone: their own texts may repeat what was answered."""
    try:
        yield
    except (httpx2.HTTPError, TimeoutError) as error:
        raise ProviderFails("no_answer", type(error).__name__) from None
    except OAuthError as error:
        refused = "client_refused" if error.error == "invalid_client" else "code_refused"
        raise ProviderFails(refused, "token_endpoint") from None
    except JoseError as error:
        raise ProviderFails("id_token_not_accepted", type(error).__name__) from None
    except ValueError as error:
        raise ProviderFails("answer_unreadable", type(error).__name__) from None


async def _json(client: AsyncOAuth2Client, address: str) -> Any:
    """
    Raises:
        ValueError: what is there is no JSON.
        httpx2.HTTPError: nothing is there.
    """
    answer = await client.request("GET", address, withhold_token=True)
    answer.raise_for_status()
    return answer.json()
