"""The app's webhooks, as Twilio calls them: signed, with its time limits and its retries.

Signature: https://www.twilio.com/docs/usage/security. Connection overrides, written as the URL's fragment:
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
"""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urldefrag, urlencode

import httpx2
from pydantic import SecretStr
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # the wheel ships no types

from emulators.twilio.call_requests import is_web_address
from emulators.twilio.errors import WebhookFailed
from emulators.twilio.scaled_time import ScaledTime
from emulators.twilio.twiml import Target

BAD_ANSWER = 11200
NO_ANSWER = 11205
INVALID_URL = 11100
_TOTAL_LIMIT_MS = 15_000


@dataclass(frozen=True, slots=True)
class Answer:
    content_type: str
    text: str


@dataclass(frozen=True)
class Overrides:
    """How long to wait and when to try again; the defaults are Twilio's."""

    connect_ms: int = 5000
    read_ms: int = 15_000
    total_ms: int = _TOTAL_LIMIT_MS
    retries: int = 1
    policies: frozenset[str] = frozenset({"ct"})

    @classmethod
    def of(cls, fragment: str) -> "Overrides":
        """From a fragment such as `rc=2&rp=5xx,ct,rt`; what it leaves out or gets wrong keeps its default."""
        given = {name: values[0] for name, values in parse_qs(fragment).items()}

        def number(name: str, least: int, most: int, default: int) -> int:
            value = given.get(name, "")
            return min(max(int(value), least), most) if value.isdigit() else default

        return cls(
            connect_ms=number("ct", 100, 10_000, cls.connect_ms),
            read_ms=number("rt", 100, 15_000, cls.read_ms),
            total_ms=number("tt", 100, _TOTAL_LIMIT_MS, cls.total_ms),
            retries=number("rc", 0, 5, cls.retries),
            policies=frozenset(given["rp"].split(",")) if "rp" in given else cls.policies,
        )

    def retry(self, cause: str) -> bool:
        return cause in self.policies or "all" in self.policies


class _Unanswered(Exception):
    def __init__(self, cause: str, failure: WebhookFailed) -> None:
        super().__init__(cause)
        self.cause = cause
        self.failure = failure


class Webhooks:
    """Args: `auth_token` is what requests are signed with."""

    def __init__(self, client: httpx2.AsyncClient, auth_token: SecretStr, time: ScaledTime) -> None:
        self._client = client
        self._validator = RequestValidator(auth_token.get_secret_value())
        self._time = time

    def sign(self, url: str, parameters: Mapping[str, str]) -> str:
        """The value of X-Twilio-Signature."""
        return str(self._validator.compute_signature(url, parameters))

    async def send(self, target: Target, parameters: Mapping[str, str]) -> Answer:
        """Asks the app, again where the URL's overrides say so.

        Raises:
            WebhookFailed: no answer in time, or one that is no success.
        """
        if not is_web_address(target.url):
            raise WebhookFailed(INVALID_URL, "the webhook's address is no http or https URL: correct it")
        url, fragment = urldefrag(target.url)
        overrides = Overrides.of(fragment)
        token = str(uuid.uuid4())
        for retries_left in range(overrides.retries, -1, -1):
            try:
                return await self._send_once(url, target.method, parameters, overrides, token)
            except _Unanswered as unanswered:
                if retries_left == 0 or not overrides.retry(unanswered.cause):
                    raise unanswered.failure from None
        raise AssertionError("the last try has returned or raised")

    async def _send_once(
        self, url: str, method: str, parameters: Mapping[str, str], overrides: Overrides, token: str
    ) -> Answer:
        if method == "GET":
            url = f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"
        signed = {} if method == "GET" else parameters
        timeout = httpx2.Timeout(
            self._time.network_timeout_s(overrides.read_ms / 1000),
            connect=self._time.network_timeout_s(overrides.connect_ms / 1000),
        )
        headers = {
            "X-Twilio-Signature": self.sign(url, signed),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        try:
            async with asyncio.timeout(self._time.network_timeout_s(overrides.total_ms / 1000)):
                response = await self._client.request(
                    method, url, data=dict(signed) if signed else None, headers=headers, timeout=timeout
                )
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            raise _Unanswered("ct", WebhookFailed(NO_ANSWER, "the app could not be connected to")) from None
        except (httpx2.HTTPError, TimeoutError):
            raise _Unanswered("rt", WebhookFailed(NO_ANSWER, "the app gave no whole answer in time")) from None
        if not response.is_success:
            failure = WebhookFailed(BAD_ANSWER, f"the app answered with HTTP status {response.status_code}")
            raise _Unanswered(f"{response.status_code // 100}xx", failure)
        return Answer(response.headers.get("Content-Type", ""), response.text)
