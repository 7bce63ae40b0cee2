"""The portal's process: `python -m portal serve | sign-in-link | migrate | wait-for-schema`. It is put together here alone."""

import argparse
import asyncio
import sys
from functools import partial
from pathlib import Path
from uuid import UUID

import structlog

from chassis.clock import SystemClock
from chassis.database import open_database
from chassis.health import health_app, watch
from chassis.migrations import check_schema, upgrade, wait_for_schema
from chassis.program import run_program, serving_http
from chassis.repeating import repeat
from chassis.rpc import open_channel
from chassis.tokens import TokenSigner
from daybook.journal.v1 import journal_pb2
from portal.account_pages import AccountPages
from portal.accounts import Accounts
from portal.api import Api
from portal.api_accesses import AccessesApi
from portal.api_archive import ArchiveApi
from portal.api_calendar import CalendarApi
from portal.api_days import DaysApi
from portal.api_door import ApiDoor, Once
from portal.api_entries import EntriesApi
from portal.api_person import PersonApi
from portal.api_programmes import ProgrammesApi
from portal.api_recordings import RecordingsApi
from portal.api_windows import WindowsApi
from portal.archive_intake import ArchiveIntake
from portal.archive_pages import ArchivePages
from portal.call_now import CallNow
from portal.call_windows import CallWindows
from portal.called_sign_ins import CalledSignIns
from portal.calling_pages import CallingPages
from portal.catalogues import Languages
from portal.days import Days
from portal.devices import Devices
from portal.dispatcher import Dispatcher
from portal.door import Door
from portal.entrance import Entrance
from portal.entry_editing import EntryEditing
from portal.entry_pages import EntryPages
from portal.farewell import Farewell
from portal.form_limits import FormTries
from portal.hearing import hear_until
from portal.import_pages import ImportPages
from portal.journal import Journal
from portal.journal_import import JournalImport
from portal.journal_pages import JournalPages
from portal.keeping import JournalKeeping
from portal.keeping_pages import KeepingPages
from portal.kept_calls import KeptCalls
from portal.live import Live
from portal.me import Me
from portal.openid_provider import OpenIdProvider
from portal.pages import Pages
from portal.profile_pages import ProfilePages
from portal.program_pages import ProgramPages
from portal.programs import Programs
from portal.readers_clock import ReadersClock
from portal.recording_file import RecordingFile
from portal.scheduler import Scheduler
from portal.settings import LinkSettings, MigrateSettings, Settings
from portal.sign_in import SignIn
from portal.sign_in_by_account import SignInByAccount
from portal.sign_in_by_call import SignInByCall
from portal.sign_in_page import SignInPage
from portal.site import Site
from portal.speaking import Speaking
from portal.static_files import StaticFiles
from portal.switchboard import Switchboard
from portal.today import Today
from portal.visitors import Visitors
from portal.window_editing import WindowEditing
from portal.windows import Windows

log = structlog.get_logger()

SERVICE, SCHEMA = "portal", "portal"
REVISIONS = Path(__file__).parent / "migrations"
FORGOTTEN_EVERY_S = 15.0
"""What is over. No longer: a loop that shows no sign of life for so long is told as one that hangs."""


async def migrate(settings: MigrateSettings, _stop: asyncio.Event) -> None:
    await upgrade(settings.database_url.get_secret_value(), schema=SCHEMA, revisions=REVISIONS)


async def wait(settings: MigrateSettings, stop: asyncio.Event) -> None:
    await wait_for_schema(settings.database_url.get_secret_value(), schema=SCHEMA, revisions=REVISIONS, stop=stop)


async def sign_in_link(person_id: UUID, settings: LinkSettings, _stop: asyncio.Event) -> None:
    """Prints a link that signs a person in, once, within ten minutes."""
    url = settings.database_url.get_secret_value()
    await check_schema(url, schema=SCHEMA, revisions=REVISIONS)
    async with open_database(url, schema=SCHEMA) as database:
        token = await Visitors(database, SystemClock(), settings.lifetimes).make_link(person_id)
    print(f"{settings.origin}/sign-in/link/{token}")


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    clock = SystemClock()
    url = settings.database_url.get_secret_value()
    await check_schema(url, schema=SCHEMA, revisions=REVISIONS)
    tls, switchboard = settings.tls(), Switchboard()
    signer = TokenSigner(SERVICE, settings.journal_secret, clock, audience=journal_pb2.DESCRIPTOR.package)
    async with (
        open_database(url, schema=SCHEMA) as database,
        open_channel(settings.scheduler_target, tls=tls) as scheduler_channel,
        open_channel(settings.dispatcher_target, tls=tls) as dispatcher_channel,
        open_channel(settings.journal_target, tls=tls) as journal_channel,
        open_channel(settings.voice_gateway_target, tls=tls) as gateway_channel,
    ):
        scheduler, windows = Scheduler(scheduler_channel), CallWindows(scheduler_channel)
        keeping = JournalKeeping(journal_channel, signer)
        visitors = Visitors(database, clock, settings.lifetimes, signed_out=switchboard.wake)
        programs = Programs(database, clock)
        journal, readers_clock = Journal(journal_channel, signer), ReadersClock(scheduler, clock)
        recordings, intake = RecordingFile(journal), ArchiveIntake(JournalImport(journal_channel, signer))
        languages, static = Languages(), StaticFiles()
        pages = Pages(static)
        door = Door(visitors, languages, settings.lifetimes, origin=settings.origin, secure=settings.secure)
        days = Days(scheduler, Dispatcher(dispatcher_channel), KeptCalls(journal), switchboard.heard_of)
        accounts, name = Accounts(database, clock), settings.ways.provider
        entrance = Entrance(door, scheduler)
        sign_in_page = SignInPage(door, pages, settings.ways)
        tries = FormTries(database, settings.journal_secret, settings.trusted_proxies, clock)
        today = Today(door, pages, scheduler, windows, days, switchboard, clock)
        parts = (
            SignIn(door, pages, entrance),
            sign_in_page,
            today,
            CallNow(door, pages, scheduler),
            Live(door, switchboard, today.live_part, clock, stop),
            Me(door, pages, scheduler, keeping, accounts, name),
            ProfilePages(door, pages, scheduler, Speaking(gateway_channel), clock),
            CallingPages(door, pages, scheduler, clock),
            KeepingPages(door, pages, keeping, readers_clock),
            Devices(door, pages, readers_clock),
            ProgramPages(door, pages, programs, readers_clock, origin=settings.origin),
            Farewell(door, pages, scheduler, keeping, programs, accounts),
            Windows(door, pages, windows, clock),
            WindowEditing(door, pages, windows, clock),
            JournalPages(door, pages, journal, readers_clock),
            ArchivePages(door, pages, journal, readers_clock),
            ImportPages(door, pages, intake),
            EntryEditing(door, pages, journal, readers_clock),
            EntryPages(door, pages, journal, recordings, readers_clock),
        )
        routers = [part.router() for part in parts]
        if settings.sign_in_by_call:
            sign_ins = CalledSignIns(database, scheduler_channel, clock)
            by_call = SignInByCall(door, pages, entrance, sign_ins, tries, sign_in_page, secure=settings.secure)
            routers.append(by_call.router())
        if settings.openid_registration is not None:
            provider = OpenIdProvider(settings.openid_registration, clock)
            by_account = SignInByAccount(
                door, pages, entrance, provider, settings.ways, accounts, tries, secure=settings.secure
            )
            account_pages = AccountPages(door, pages, accounts, by_account, name, readers_clock)
            routers += [by_account.router(), account_pages.router()]
        api_door = ApiDoor(programs)
        once = Once(database, clock)
        api_parts = (
            PersonApi(api_door, scheduler, keeping, visitors, clock),
            WindowsApi(api_door, windows, once),
            DaysApi(api_door, scheduler, windows, once),
            ProgrammesApi(api_door, scheduler, languages),
            AccessesApi(api_door, keeping),
            EntriesApi(api_door, scheduler, journal),
            CalendarApi(api_door, scheduler, journal),
            RecordingsApi(api_door, recordings),
            ArchiveApi(api_door, journal, readers_clock, intake),
        )
        api = Api([part.router() for part in api_parts])
        site = Site(door, pages, static, routers, api, secure=settings.secure)
        checks = {"database": database.check}
        async with (
            serving_http(site.app(), settings.site_host, settings.site_port) as site_port,
            serving_http(health_app(checks), settings.http_host, settings.http_port) as http_port,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(watch(checks, stop))
            tasks.create_task(repeat("sessions", visitors.forget, period_s=FORGOTTEN_EVERY_S, clock=clock, stop=stop))
            tasks.create_task(hear_until(stop, settings.nats, switchboard, clock, source=SERVICE))
            tasks.create_task(repeat("programs", programs.forget, period_s=FORGOTTEN_EVERY_S, clock=clock, stop=stop))
            log.info("process.ready", site_port=site_port, http_port=http_port)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m portal", description="The pages of Daybook.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve the pages until stopped")
    link = commands.add_parser("sign-in-link", help="print a link that signs a person in, once")
    link.add_argument("person", type=UUID, help="the person's id")
    commands.add_parser("migrate", help="bring the database to this program's schema, then end")
    commands.add_parser("wait-for-schema", help="end once the database is at this program's schema")
    arguments = parser.parse_args()
    match arguments.command:
        case "serve":
            return run_program(SERVICE, Settings, serve)
        case "sign-in-link":
            return run_program(SERVICE, LinkSettings, partial(sign_in_link, arguments.person))
        case "wait-for-schema":
            return run_program(SERVICE, MigrateSettings, wait)
        case _:
            return run_program(SERVICE, MigrateSettings, migrate)


if __name__ == "__main__":
    sys.exit(main())
