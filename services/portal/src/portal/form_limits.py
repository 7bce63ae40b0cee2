"""How often a form may be sent by one browser, and from one address; kept in PostgreSQL, so that it holds for all pods together.

Of each there is one moment alone, which each try moves on (the generic cell rate algorithm, ITU-T I.371). An address is kept as
its keyed hash: who reads the database learns none.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.database import Database
from portal.client_addresses import Network, client_of
from portal.errors import TooOften
from portal.sign_in_store import free_at, take_try

_ADDRESSES = b"daybook/portal/client-addresses/v1"


@dataclass(frozen=True)
class Limit:
    """So often within so long: at once, and evenly from then on."""

    times: int
    within: timedelta

    @property
    def interval(self) -> timedelta:
        return self.within / self.times


@dataclass(frozen=True)
class FormLimits:
    """Of one form.

    Attributes:
        form: its name.
        by_browser, by_address: how often.
    """

    form: str
    by_browser: Limit
    by_address: Limit


CALLS_ASKED_FOR = FormLimits("call", Limit(6, timedelta(hours=1)), Limit(30, timedelta(hours=1)))
ACCOUNTS_ASKED_FOR = FormLimits("account", Limit(30, timedelta(hours=1)), Limit(300, timedelta(hours=1)))
CODES_TRIED = FormLimits("code", Limit(20, timedelta(hours=1)), Limit(200, timedelta(hours=1)))


class FormTries:
    """
    Args:
        secret: from which the key of the addresses' hashes follows.
        trusted_proxies: who may tell from which address a request comes.
    """

    def __init__(self, database: Database, secret: SecretStr, trusted_proxies: Sequence[Network], clock: Clock) -> None:
        self._database = database
        self._trusted_proxies = trusted_proxies
        self._key = hmac.digest(secret.get_secret_value().encode(), _ADDRESSES, hashlib.sha256)
        self._clock = clock

    async def count(self, request: Request, limits: FormLimits, browser: bytes) -> None:
        """Counts a try.

        Args:
            request: that brought the form.
            limits: of the form that was sent.
            browser: the fingerprint by which it is known.

        Raises:
            TooOften: it is one too many, and was not counted.
            Unavailable: the database does not answer.
        """
        peer = request.client.host if request.client is not None else ""
        client = client_of(peer, request.headers.getlist("x-forwarded-for"), self._trusted_proxies)
        address = hmac.digest(self._key, client.encode(), hashlib.sha256)
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await _take(connection, f"{limits.form}/address", address, limits.by_address, now)
            await _take(connection, f"{limits.form}/browser", browser, limits.by_browser, now)


async def _take(connection: AsyncConnection, form: str, sender: bytes, limit: Limit, now: datetime) -> None:
    at_most = now + limit.within - limit.interval
    if not await take_try(connection, form, sender, now=now, interval=limit.interval, at_most=at_most):
        raise TooOften(await free_at(connection, form, sender) - at_most)
