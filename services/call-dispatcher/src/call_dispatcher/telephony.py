"""Twilio: hands calls over, asks about them, ends them.

Twilio has no idempotency key, so a call is asked for by **exactly one POST**: twilio's async client repeats it on a 503 and
ignores its timeout, so this is the sync one, in threads of its own, over a transport that never retries (reference/telephony.md,
0.3 and B.8). What came of the POST is one of four answers; a doubt is never taken for a failure.

The attempt's id stands in the path of every webhook, so that the first signed callback binds the carrier's call to its attempt,
whatever became of the POST's answer.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException  # type: ignore[import-untyped]  # twilio ships no types
from twilio.http import HttpClient  # type: ignore[import-untyped]  # twilio ships no types
from twilio.http.response import Response  # type: ignore[import-untyped]  # twilio ships no types
from twilio.rest import Client  # type: ignore[import-untyped]  # twilio ships no types
from twilio.rest.api.v2010.account.call import CallInstance  # type: ignore[import-untyped]  # twilio ships no types
from urllib3.exceptions import NewConnectionError

from call_dispatcher.attempts import Accepted, AttemptState, OutcomeUnknown, PostAnswer, Rejected, TurnedAway
from call_dispatcher.carrier_errors import rest_fault
from call_dispatcher.errors import CarrierUnavailable

REDELIVERY = "#rc=2&rp=5xx,ct,rt"
"""Twilio's connection override: a callback is sent up to twice more where it failed (reference/telephony.md, B.4)."""

FOUND_AT_MOST = 100
_NO_SUCH_CALL = 20404
_NOT_IN_PROGRESS = 21220

_STATES = {
    "queued": AttemptState.ACCEPTED,
    "initiated": AttemptState.ACCEPTED,
    "ringing": AttemptState.RINGING,
    "in-progress": AttemptState.IN_PROGRESS,
    "completed": AttemptState.COMPLETED,
    "busy": AttemptState.BUSY,
    "no-answer": AttemptState.NO_ANSWER,
    "failed": AttemptState.FAILED,
    "canceled": AttemptState.CANCELED,
}

T = TypeVar("T")


@dataclass(frozen=True)
class CarrierCall:
    """A call as the carrier has it. `created_at` is to the second.

    `state` is None where the carrier tells a status that Twilio does not document: the call is there, and that is all there is
    to know.
    """

    carrier_call_id: str
    state: AttemptState | None
    created_at: datetime


@dataclass(frozen=True)
class CarrierAccount:
    """Who calls, from where, and how.

    Attributes:
        api_url: scheme and host of the REST API; what Twilio's client adds to it stays.
        public_url: where the carrier reaches voice-gateway.
        ring_s: how long it rings; Twilio adds about five seconds.
        max_call_s: after so long the carrier ends the call.
        timeout_s: how long one answer may take.
    """

    account_sid: str
    auth_token: SecretStr
    from_number: str
    api_url: str
    public_url: str
    ring_s: int
    max_call_s: int
    timeout_s: float


class Carrier:
    """The carrier. Ask for at most `threads` things at once; more wait for their turn."""

    def __init__(self, account: CarrierAccount, *, threads: int) -> None:
        self._account = account
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="carrier")
        client = Client(
            account.account_sid,
            account.auth_token.get_secret_value(),
            http_client=_OneTry(account.api_url, timeout_s=account.timeout_s / 2, connections=threads),
        )
        # now: the client loads its modules where they are first used, for a quarter of a second, and that were in a slot
        self._calls = client.calls

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def place_call(self, attempt_id: str, to: SecretStr, *, stored_ago: timedelta = timedelta(0)) -> PostAnswer:
        """Asks the carrier to make one call, once. It is over, one way or the other, within twice `timeout_s`.

        Args:
            attempt_id: whose call it is.
            to: the number.
            stored_ago: how long ago the attempt was stored, from when on it may be taken for lost. Beyond `timeout_s` the
                carrier is not asked any more.
        """
        start_by = monotonic() + self._account.timeout_s - max(stored_ago, timedelta(0)).total_seconds()
        try:
            return await self._in_thread(lambda: self._post(attempt_id, to, start_by), 2 * self._account.timeout_s)
        except TimeoutError:
            return OutcomeUnknown("no_answer_in_time")

    def _post(self, attempt_id: str, to: SecretStr, start_by: float) -> PostAnswer:
        if monotonic() > start_by:
            # this process stood still: by now another may have taken the attempt for lost
            return TurnedAway("came_too_late")
        hooks = f"{self._account.public_url.rstrip('/')}/webhooks/twilio"
        try:
            call = self._calls.create(
                to=to.get_secret_value(),
                from_=self._account.from_number,
                # it says that there is a fallback, so that a gateway that is full may refuse the call and another gets it
                url=f"{hooks}/voice/{attempt_id}?fallback=1{REDELIVERY}",
                fallback_url=f"{hooks}/fallback/{attempt_id}{REDELIVERY}",
                status_callback=f"{hooks}/status/{attempt_id}{REDELIVERY}",
                status_callback_event=["initiated", "ringing", "answered", "completed"],
                machine_detection="DetectMessageEnd",
                async_amd="true",
                async_amd_status_callback=f"{hooks}/amd/{attempt_id}{REDELIVERY}",
                timeout=self._account.ring_s,
                time_limit=self._account.max_call_s,
            )
        except (TwilioRestException, TwilioServiceException) as error:
            return _refusal(error.status, error.code)
        except requests.RequestException as error:
            return TurnedAway("not_connected") if _never_connected(error) else OutcomeUnknown("connection_broke")
        except (TwilioException, ValueError, KeyError, TypeError, AttributeError):
            return OutcomeUnknown("answer_unreadable")
        return Accepted(call.sid) if isinstance(call.sid, str) else OutcomeUnknown("answer_unreadable")

    async def find_calls(self, to: SecretStr) -> list[CarrierCall]:
        """The newest calls from our number to this one.

        Raises:
            CarrierUnavailable: there is no answer.
        """

        # StartTime is of no use: it has the precision of a day, and a queued call has none (reference/telephony.md, B.8)
        def find() -> list[CarrierCall]:
            found = self._calls.list(to=to.get_secret_value(), from_=self._account.from_number, limit=FOUND_AT_MOST)
            return [_carrier_call(call) for call in found]

        return await self._asked(find) or []

    async def fetch(self, carrier_call_id: str) -> CarrierCall | None:
        """A call; None where the carrier does not know it.

        Raises:
            CarrierUnavailable: there is no answer.
        """
        return await self._asked(lambda: _carrier_call(self._calls(carrier_call_id).fetch()))

    async def cancel(self, carrier_call_id: str) -> None:
        """Ends a call that is queued or rings; one that was answered goes on.

        Raises:
            CarrierUnavailable: there is no answer.
        """
        await self._asked(lambda: self._calls(carrier_call_id).update(status="canceled"))

    async def hang_up(self, carrier_call_id: str) -> None:
        """Ends a call wherever it stands.

        Raises:
            CarrierUnavailable: there is no answer.
        """
        await self._asked(lambda: self._calls(carrier_call_id).update(status="completed"))

    async def _asked(self, question: Callable[[], T]) -> T | None:
        """The carrier's answer; None where the call that is asked about is not there, or over."""
        try:
            return await self._in_thread(question, self._account.timeout_s)
        except (TwilioRestException, TwilioServiceException) as error:
            if error.code in {_NO_SUCH_CALL, _NOT_IN_PROGRESS}:
                return None
            raise CarrierUnavailable(
                f"The carrier did not answer a question (HTTP {error.status}, code {error.code}). It is asked again."
            ) from None
        except (
            TwilioException,
            requests.RequestException,
            TimeoutError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ) as error:
            raise CarrierUnavailable(
                f"The carrier did not answer a question ({type(error).__name__}). It is asked again."
            ) from None

    async def _in_thread(self, work: Callable[[], T], timeout_s: float) -> T:
        async with asyncio.timeout(timeout_s):
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _refusal(status: int, told: object) -> PostAnswer:
    code = told if isinstance(told, int) and 0 < told < 2**31 else None  # it comes out of the answer as it stands there
    if status == requests.codes.too_many_requests:
        return TurnedAway("throttled")
    if status == requests.codes.request_timeout or not 400 <= status < 500:
        return OutcomeUnknown(f"http_{status}")
    return Rejected(code, rest_fault(code))


def _never_connected(error: requests.RequestException) -> bool:
    """Whether not one byte of the request can have left."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)


def _carrier_call(call: CallInstance) -> CarrierCall:
    if not isinstance(call.sid, str) or not isinstance(call.date_created, datetime):
        raise ValueError("the carrier told a call without its id or date")  # noqa: TRY004 - it is the answer that is wrong
    if not isinstance(call.status, str):
        raise ValueError("the carrier told a call without its status")  # noqa: TRY004 - as above
    return CarrierCall(call.sid, _STATES.get(call.status), call.date_created)


class _OneTry(HttpClient):  # type: ignore[misc]  # twilio ships no types
    """Sends what Twilio's client wants sent: once, in a limited time, to the configured host, and without a word in a log."""

    def __init__(self, api_url: str, *, timeout_s: float, connections: int) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False, timeout=timeout_s)
        self._api = urlsplit(api_url)
        self._session = requests.Session()
        adapter = HTTPAdapter(max_retries=0, pool_maxsize=connections)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        # the environment's proxy and certificates, once: requests would look through all of it at each request
        environment = self._session.merge_environment_settings(api_url, {}, None, None, None)
        self._session.proxies, self._session.verify = environment["proxies"], environment["verify"]
        self._session.trust_env = False

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, str] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: ARG002 - a redirected POST would be a second one
    ) -> Response:
        target = urlsplit(uri)._replace(scheme=self._api.scheme, netloc=self._api.netloc).geturl()
        answer = self._session.request(
            method,
            target,
            params=params,
            data=data,
            headers=headers,
            auth=auth,
            timeout=timeout or self.timeout,
            allow_redirects=False,
        )
        return Response(answer.status_code, answer.text, answer.headers)
