"""A journal as it is, in a process of its own, on a real PostgreSQL and a folder of objects."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import grpc
from pydantic import SecretStr

from benchmarks.servers import Server
from benchmarks.services import running_service
from chassis.clock import SystemClock
from chassis.migrations import upgrade
from chassis.rpc import call_metadata, open_channel
from chassis.tokens import TokenSigner
from journal.__main__ import REVISIONS, SCHEMA
from journal.rights import AUDIENCE, CALLERS, GATEWAY, PORTAL, TOOLBOX

FORMER_KEK, ACTIVE_KEK = b"f" * 32, b"a" * 32
_KEKS = {"former": FORMER_KEK, "active": ACTIVE_KEK}
_SECRETS = {caller: SecretStr(f"what the benchmark's journal shares with {caller}") for caller in CALLERS}

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class House:
    """A journal that serves.

    Attributes:
        target: host:port of its gRPC.
        channel: to that.
        servers: whose CPU is to be read: the journal's and PostgreSQL's processes.
    """

    target: str
    channel: grpc.aio.Channel
    servers: Mapping[str, int]

    def as_gateway(self) -> Metadata:
        """What a call of voice-gateway's bears."""
        return call_metadata(_signer(GATEWAY).for_service)

    def as_operator(self) -> Metadata:
        return call_metadata(_signer(TOOLBOX).for_service)

    def as_person(self, person_id: str) -> Metadata:
        """What the portal's calls bear that it makes for a person."""
        return call_metadata(_signer(PORTAL).for_person(UUID(person_id)))


def secret_of(caller: str) -> str:
    """What a caller shows."""
    return _SECRETS[caller].get_secret_value()


def _signer(caller: str) -> TokenSigner:
    return TokenSigner(caller, _SECRETS[caller], SystemClock(), audience=AUDIENCE)


@asynccontextmanager
async def running_journal(postgres: Server, database_url: str, nats: Server, folder: Path) -> AsyncIterator[House]:
    """A journal with two key-encryption keys, over a database that has its schema, while the block runs.

    Raises:
        NotMeasurable: it did not start.
    """
    keks = folder / "keks"
    keks.mkdir()
    for name, secret in _KEKS.items():
        (keks / name).write_bytes(base64.b64encode(secret))
    settings = {
        "DAYBOOK_DATABASE_URL": database_url,
        "DAYBOOK_NATS_URL": nats.url,
        "DAYBOOK_KEK_FOLDER": str(keks),
        "DAYBOOK_KEK_ACTIVE": "active",
        "DAYBOOK_OBJECT_STORE_URL": (folder / "objects").as_uri(),
        **{
            f"DAYBOOK_{caller.upper().replace('-', '_')}_SECRET": of.get_secret_value()
            for caller, of in _SECRETS.items()
        },
    }
    async with running_service("journal", settings) as journal:
        target = f"127.0.0.1:{journal.ready['grpc_port']}"
        async with open_channel(target) as channel:
            yield House(target, channel, {"journal": journal.pid, "postgres": postgres.pid})


async def make_schema(database_url: str) -> None:
    await upgrade(database_url, schema=SCHEMA, revisions=REVISIONS)
