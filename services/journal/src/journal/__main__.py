"""The journal's process: `python -m journal serve | retain | migrate | wait-for-schema`. It is put together here alone."""

import asyncio
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import structlog

from chassis.bus import open_bus
from chassis.clock import Clock, SystemClock
from chassis.database import Database, open_database
from chassis.events import CALL_FINISHED
from chassis.health import health_app, watch
from chassis.migrations import check_schema, upgrade, wait_for_schema
from chassis.probes import serving_probes
from chassis.program import EXIT_MISUSED, run_program, serving_http
from chassis.rpc import serving_grpc
from chassis.tokens import TokenVerifier
from journal.archive_service import ArchiveService
from journal.audit import Audit
from journal.audit_service import AuditService
from journal.browsing import Browsing
from journal.consistency_service import ConsistencyService
from journal.describing import Describing
from journal.entries import Entries
from journal.exports import Exports
from journal.finding_service import FindingService
from journal.finished_calls import DURABLE, FinishedCalls
from journal.fsck import Fsck
from journal.gate import AccessGate
from journal.gemini import open_gemini
from journal.imports import Imports
from journal.keeping import Keepings
from journal.keeping_service import KeepingService
from journal.keyring import Keyring
from journal.keys import KekSource, KeyEncryptionKeys, find_keys
from journal.keys_service import KeysService
from journal.kms_client import open_kms
from journal.kms_keys import KmsKeys
from journal.mounted_keys import MountedKeys
from journal.objects import Objects, open_objects
from journal.recordings import Recordings
from journal.retention import Retention
from journal.retention_figures import tell_retention
from journal.revisions import Revisions
from journal.revisions_service import RevisionsService
from journal.rights import AUDIENCE, SPEAK_FOR_PERSONS
from journal.rotation import Rotation
from journal.search import Search
from journal.service import JournalService
from journal.sessions import Sessions
from journal.settings import MigrateSettings, RetainSettings, Settings

log = structlog.get_logger()

SCHEMA = "journal"
REVISIONS = Path(__file__).parent / "migrations"


async def migrate(settings: MigrateSettings, _stop: asyncio.Event) -> None:
    await upgrade(settings.database_url.get_secret_value(), schema=SCHEMA, revisions=REVISIONS)


async def wait(settings: MigrateSettings, stop: asyncio.Event) -> None:
    await wait_for_schema(settings.database_url.get_secret_value(), schema=SCHEMA, revisions=REVISIONS, stop=stop)


@dataclass(frozen=True)
class _Kept:
    """What is kept, and what opens it."""

    database: Database
    objects: Objects
    keys: KeyEncryptionKeys
    keyring: Keyring


async def _opened(settings: RetainSettings, clock: Clock, parts: AsyncExitStack) -> _Kept:
    """Raises before anything is done where a part of it cannot be used."""
    keys = await _keys(settings, parts)
    objects = open_objects(settings.object_store_url)
    await objects.check()
    url = settings.database_url.get_secret_value()
    await check_schema(url, schema=SCHEMA, revisions=REVISIONS)
    database = await parts.enter_async_context(open_database(url, schema=SCHEMA))
    keyring = Keyring(database, keys, clock)
    await keyring.recognise()
    return _Kept(database, objects, keys, keyring)


async def _keys(settings: RetainSettings, parts: AsyncExitStack) -> KeyEncryptionKeys:
    sources: list[KekSource] = [MountedKeys(settings.kek_folder)] if settings.kek_folder else []
    if settings.kms_key_names:
        kms = await parts.enter_async_context(open_kms(settings.google_kms_endpoint))
        sources.append(KmsKeys(kms, settings.kms_key_names))
    return await find_keys(sources, settings.kek_active)


async def retain(settings: RetainSettings, _stop: asyncio.Event) -> None:
    """One run of retention. What a kill leaves undone the next one does: it does not listen for a stop."""
    clock = SystemClock()
    async with AsyncExitStack() as parts:
        kept = await _opened(settings, clock, parts)
        await Retention(kept.database, kept.keyring, kept.objects, clock).run()


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    clock = SystemClock()
    async with AsyncExitStack() as parts:
        kept = await _opened(settings, clock, parts)
        database, objects, keys, keyring = kept.database, kept.objects, kept.keys, kept.keyring
        bus = await parts.enter_async_context(open_bus(settings.nats, source="journal", clock=clock))

        recordings = Recordings(database, keyring, objects)
        made = asyncio.Event()
        sessions = Sessions(database, keyring, recordings, clock, grace=settings.session_grace, made=made)
        entries = Entries(database, keyring, recordings, clock)
        audit = Audit(database)
        verifier = TokenVerifier(settings.secrets, clock, speak_for_persons=SPEAK_FOR_PERSONS, audience=AUDIENCE)
        revisions = Revisions(database, keyring, clock)
        services = (
            JournalService(sessions, recordings, entries),
            RevisionsService(revisions),
            FindingService(Search(database, keyring), Browsing(database, keyring, clock)),
            KeepingService(Keepings(database, keyring)),
            ArchiveService(
                Exports(database, entries, revisions, clock), Imports(database, keyring, objects, clock, made=made)
            ),
            AuditService(database),
            KeysService(Rotation(database, keys, clock)),
            ConsistencyService(Fsck(database, keyring, objects, clock)),
        )

        describing: Describing | None = None
        if settings.gemini_api_key is None:
            log.warning("description.off", reason="GEMINI_API_KEY is not set")
        else:
            gemini = await parts.enter_async_context(
                open_gemini(
                    settings.gemini_api_key,
                    model=settings.gemini_model,
                    base_url=str(settings.gemini_base_url) if settings.gemini_base_url else None,
                )
            )
            describing = Describing(database, entries, revisions, gemini, audit, clock, made=made)

        checks = {
            "database": database.check,
            "nats": bus.check,
            "object_store": objects.check,
            "key": keyring.check,
        }
        grpc_port = await parts.enter_async_context(
            serving_grpc(
                {service.FULL_NAME: service.add_to for service in services},
                host=settings.grpc_host,
                port=settings.grpc_port,
                tls=settings.tls(),
                gate=AccessGate(verifier, audit, clock),
            )
        )
        await parts.enter_async_context(serving_probes(checks, host=settings.grpc_host, port=settings.grpc_health_port))
        http_port = await parts.enter_async_context(
            serving_http(health_app(checks), settings.http_host, settings.http_port)
        )
        await keyring.check()
        log.info("process.ready", http_port=http_port, grpc_port=grpc_port)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(watch(checks, stop))
            tasks.create_task(tell_retention(database, clock, stop))
            if describing is not None:
                tasks.create_task(describing.run(stop))
            tasks.create_task(
                bus.consume(CALL_FINISHED, durable=DURABLE, handler=FinishedCalls(sessions).handle, stop=stop)
            )


def main() -> int:
    match sys.argv[1:]:
        case ["serve"]:
            return run_program("journal", Settings, serve)
        case ["retain"]:
            return run_program("journal", RetainSettings, retain)
        case ["migrate"]:
            return run_program("journal", MigrateSettings, migrate)
        case ["wait-for-schema"]:
            return run_program("journal", MigrateSettings, wait)
        case _:
            print("Usage: python -m journal serve | retain | migrate | wait-for-schema", file=sys.stderr)
            return EXIT_MISUSED


if __name__ == "__main__":
    sys.exit(main())
