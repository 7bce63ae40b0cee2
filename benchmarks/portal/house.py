"""A portal as it is, beside window-scheduler and journal, and people who have windows, entries, and a browser that is let in."""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc

import portal.__main__ as portal_program
import window_scheduler.__main__ as scheduler_program
from benchmarks.journal.house import House as JournalHouse
from benchmarks.journal.house import make_schema, running_journal, secret_of
from benchmarks.journal.sessions import hold
from benchmarks.journal.sound import segments_of
from benchmarks.servers import Server
from benchmarks.services import running_service
from chassis.clock import SystemClock
from chassis.database import open_database
from chassis.migrations import upgrade
from chassis.rpc import open_channel
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import PeopleServiceStub, WindowsServiceStub
from daybook_cli.embedded import free_port
from journal.rights import PORTAL
from portal.browser_sessions import Lifetimes
from portal.visitors import Visitors
from voice_gateway.recording import SEGMENT_BYTES
from window_scheduler.tables import SCHEMA as SCHEDULERS_SCHEMA

NOBODY_LISTENS = "127.0.0.1:9"
"""call-dispatcher is asked about attempts of calls, and nobody here was called."""
ENTRIES, TURNS, SECONDS = 3, 8, 5
WINDOWS = (
    ("20:00", "20:45", [pb.WEEKDAY_MONDAY, pb.WEEKDAY_TUESDAY, pb.WEEKDAY_WEDNESDAY, pb.WEEKDAY_THURSDAY]),
    ("10:00", "11:00", [pb.WEEKDAY_SATURDAY, pb.WEEKDAY_SUNDAY]),
)


@dataclass(frozen=True)
class House:
    """
    Attributes:
        origin: where the portal's pages are.
        people: for the readers: the cookie of each, and the paths of their pages by name.
        servers: whose CPU is to be read.
    """

    origin: str
    people: Sequence[Mapping[str, Any]]
    servers: Mapping[str, int]


@asynccontextmanager
async def running_portal(
    postgres: Server, database_url: str, nats: Server, folder: Path, people: int
) -> AsyncIterator[House]:
    """A portal and so many people, while the block runs.

    Raises:
        NotMeasurable: a service did not start.
    """
    await make_schema(database_url)
    await upgrade(database_url, schema=SCHEDULERS_SCHEMA, revisions=scheduler_program.REVISIONS)
    await upgrade(database_url, schema=portal_program.SCHEMA, revisions=portal_program.REVISIONS)
    key = folder / "people.key"
    key.write_text(base64.b64encode(b"p" * 32).decode())
    common = {"DAYBOOK_DATABASE_URL": database_url, "DAYBOOK_NATS_URL": nats.url, "DAYBOOK_LOG_LEVEL": "info"}
    origin = f"http://127.0.0.1:{(port := free_port())}"
    async with (
        running_service("window_scheduler", {**common, "DAYBOOK_PEOPLE_KEY_FILE": str(key)}, "api") as scheduler,
        running_journal(postgres, database_url, nats, folder) as journal,
        open_channel(target := f"127.0.0.1:{scheduler.ready['grpc_port']}") as channel,
    ):
        settings = {
            **common,
            "DAYBOOK_PORTAL_URL": origin,
            "DAYBOOK_SITE_PORT": str(port),
            "DAYBOOK_SCHEDULER_TARGET": target,
            "DAYBOOK_DISPATCHER_TARGET": NOBODY_LISTENS,
            "DAYBOOK_VOICE_GATEWAY_TARGET": NOBODY_LISTENS,
            "DAYBOOK_JOURNAL_TARGET": journal.target,
            "DAYBOOK_JOURNAL_SECRET": secret_of(PORTAL),
        }
        async with (
            running_service("portal", settings) as portal,
            open_database(database_url, schema=portal_program.SCHEMA) as database,
        ):
            visitors = Visitors(database, SystemClock(), Lifetimes(idle=timedelta(days=1), whole=timedelta(days=1)))
            everybody = [await _let_in(visitors, channel, journal, number) for number in range(people)]
            servers = {"portal": portal.pid, "window-scheduler": scheduler.pid, **journal.servers}
            yield House(origin, everybody, servers)


async def _let_in(visitors: Visitors, channel: grpc.aio.Channel, journal: JournalHouse, number: int) -> dict[str, Any]:
    """Somebody with a window on weekdays and one at the weekend, some entries, and a session in the portal."""
    request = pb.CreatePersonRequest(
        name="Ada Lovelace", phone_number=f"+43660{1234567 + number}", time_zone="Europe/Vienna", locale="en-GB"
    )
    request.consent.wording_version, request.consent.channel = "v1", "portal"
    request.consent.given_at.FromDatetime(datetime.now(UTC))
    person = (await PeopleServiceStub(channel).CreatePerson(request)).person
    windows = []
    for starts_at, ends_at, weekdays in WINDOWS:
        times = pb.WindowTimes(starts_at=starts_at, ends_at=ends_at, weekly=pb.Weekly(weekdays=weekdays))
        asked = pb.CreateWindowRequest(person_id=person.person_id, times=times)
        windows.append((await WindowsServiceStub(channel).CreateWindow(asked)).window)
    sound = segments_of(4, SEGMENT_BYTES)
    kept = [
        await hold(journal, turns=TURNS, seconds=SECONDS, sound=sound, person_id=person.person_id)
        for _ in range(ENTRIES)
    ]
    token = await visitors.sign_in(UUID(person.person_id), way="link", locale=person.locale)
    paths = {
        "today": "/",
        "windows": "/windows",
        "a window": f"/windows/{windows[0].window_id}",
        "journal": "/journal",
        "an entry": f"/journal/{kept[0].entry_id}",
        "me": "/me",
    }
    return {"cookie": f"daybook={token}", "paths": paths}
