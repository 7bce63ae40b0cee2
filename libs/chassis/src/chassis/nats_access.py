"""How a process reaches NATS: the address, who it is there, and whom it trusts."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from nats.aio.client import DEFAULT_INBOX_PREFIX, Client
from nats.protocol.parser import PERMISSIONS_ERR
from pydantic import SecretStr

CONNECT_TIMEOUT_S = 5.0
RECONNECT_WAIT_S = 0.5
PING_EVERY_S = 20
"""A connection that answers none of two is given up, and made anew."""

Happened = Callable[[], Awaitable[None]]
Refused = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class NatsAccess:
    """
    Attributes:
        url: nats://host:port, or tls://host:port.
        user: who we are; None where NATS asks nobody.
        password: the user's.
        ca_file: the certificates that are trusted, PEM; None trusts the system's.
    """

    url: str
    user: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None


def inbox_prefix(user: str) -> str:
    """Where replies to this user come: subjects that begin so are its own, so that nobody reads another's."""
    return f"_INBOX.{user}"


async def connect_nats(
    access: NatsAccess,
    *,
    name: str,
    lost: Happened | None = None,
    back: Happened | None = None,
    refused: Refused | None = None,
) -> Client:
    """A connection that comes back by itself, for as long as it takes.

    Args:
        access: where, and as whom.
        name: as NATS shows it among its connections.
        lost: hears when the connection breaks.
        back: hears when it stands again.
        refused: hears, in NATS' words, what this user may not do. Whoever asked for it gets no answer.

    Raises:
        nats.errors.Error, OSError, TimeoutError: it cannot be had now.
    """

    async def hear(error: Exception) -> None:
        """Every vain try to reconnect comes here as well, twice a second; `lost` and `back` tell the same once."""
        if refused is not None and PERMISSIONS_ERR in str(error):
            await refused(str(error))

    client = Client()
    async with asyncio.timeout(CONNECT_TIMEOUT_S):
        await client.connect(
            access.url,
            name=name,
            user=access.user,
            password=access.password.get_secret_value() if access.password is not None else None,
            tls=ssl.create_default_context(cafile=access.ca_file) if access.ca_file is not None else None,
            inbox_prefix=inbox_prefix(access.user) if access.user is not None else DEFAULT_INBOX_PREFIX,
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_WAIT_S,  # type: ignore[arg-type]  # it sleeps for so long, and takes a fraction
            ping_interval=PING_EVERY_S,
            disconnected_cb=lost,
            reconnected_cb=back,
            error_cb=hear,
        )
    return client
