"""The journal's process, `python -m journal serve | migrate | wait-for-schema`. Its parts are put together here alone."""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from chassis.bus import open_bus
from chassis.clock import SystemClock
from chassis.database import open_database
from chassis.events import CALL_FINISHED
from chassis.health import health_app, watch
from chassis.migrations import check_schema, upgrade, wait_for_schema
from chassis.probes import serving_probes
from chassis.program import EXIT_MISUSED, run_program, serving_http
from chassis.rpc import serving_grpc
from daybook.journal.v1.journal_pb2_grpc import add_JournalServiceServicer_to_server
from journal import metrics
from journal.entries import Entries
from journal.errors import KeyUnusable
from journal.finished_calls import DURABLE, FinishedCalls
from journal.keyring import Keyring
from journal.keys import KeyEncryptionKeys, MountedKeyFile
from journal.objects import open_objects
from journal.recordings import Recordings
from journal.service import FULL_NAME, JournalService
from journal.sessions import Sessions
from journal.settings import MigrateSettings, Settings

log = structlog.get_logger()

SCHEMA = "journal"
REVISIONS = Path(__file__).parent / "migrations"


async def migrate(settings: MigrateSettings, _stop: asyncio.Event) -> None:
    await upgrade(settings.database_url.get_secret_value(), schema=SCHEMA, revisions=REVISIONS)


async def wait(settings: MigrateSettings, stop: asyncio.Event) -> None:
    await wait_for_schema(settings.database_url.get_secret_value(), schema=SCHEMA, revisions=REVISIONS, stop=stop)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    url = settings.database_url.get_secret_value()
    clock = SystemClock()
    keys = MountedKeyFile(settings.kek_file)
    objects = open_objects(settings.object_store_url)
    await objects.check()
    await check_schema(url, schema=SCHEMA, revisions=REVISIONS)
    async with AsyncExitStack() as parts:
        database = await parts.enter_async_context(open_database(url, schema=SCHEMA))
        keyring = Keyring(database, keys, clock)
        await keyring.recognise()
        bus = await parts.enter_async_context(open_bus(settings.nats, source="journal", clock=clock))

        sessions = Sessions(database, keyring, objects, clock, grace=settings.session_grace)
        recordings = Recordings(database, keyring, objects)
        entries = Entries(database, keyring, objects, recordings, clock)
        service = JournalService(sessions, recordings, entries)

        checks = {
            "database": database.check,
            "nats": bus.check,
            "object_store": objects.check,
            "key": lambda: check_key(keys),
        }
        grpc_port = await parts.enter_async_context(
            serving_grpc(
                {FULL_NAME: lambda server: add_JournalServiceServicer_to_server(service, server)},
                host=settings.grpc_host,
                port=settings.grpc_port,
                tls=settings.tls(),
            )
        )
        await parts.enter_async_context(serving_probes(checks, host=settings.grpc_host, port=settings.grpc_health_port))
        http_port = await parts.enter_async_context(
            serving_http(health_app(checks), settings.http_host, settings.http_port)
        )
        await check_key(keys)
        log.info("process.ready", http_port=http_port, grpc_port=grpc_port)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(watch(checks, stop))
            tasks.create_task(
                bus.consume(CALL_FINISHED, durable=DURABLE, handler=FinishedCalls(sessions).handle, stop=stop)
            )


async def check_key(keys: KeyEncryptionKeys) -> None:
    """Tells whether the key-encryption key can be used, also as a metric.

    Raises:
        KeyUnusable: it cannot.
    """
    try:
        await keys.check()
    except KeyUnusable:
        metrics.key_readable.set(0)
        raise
    metrics.key_readable.set(1)


def main(arguments: list[str]) -> int:
    match arguments:
        case ["serve"]:
            return run_program("journal", Settings, serve)
        case ["migrate"]:
            return run_program("journal", MigrateSettings, migrate)
        case ["wait-for-schema"]:
            return run_program("journal", MigrateSettings, wait)
        case _:
            print("Usage: python -m journal serve | migrate | wait-for-schema", file=sys.stderr)
            return EXIT_MISUSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
