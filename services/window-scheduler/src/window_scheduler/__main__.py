"""`python -m window_scheduler tick | tick-loop | api | migrate | wait-for-schema`. All wiring stands here, and nowhere else."""

import argparse
import asyncio
import sys
from functools import partial
from pathlib import Path

import structlog

from chassis.bus import open_bus
from chassis.clock import Clock, SystemClock
from chassis.database import Database, open_database
from chassis.events import CALL_FINISHED
from chassis.health import health_app, watch
from chassis.migrations import check_schema, upgrade, wait_for_schema
from chassis.probes import serving_probes
from chassis.program import run_program, serving_http
from chassis.repeating import repeat, repeat_at_news, repeat_by_the_clock
from chassis.rpc import serving_grpc
from chassis.streams import STREAMS, replicated
from chassis.time_zones import INSTALLED
from daybook.scheduler.v1 import scheduler_pb2_grpc as rpc
from window_scheduler.call_endings import CallEndings
from window_scheduler.calls_api import CallsApi
from window_scheduler.figures import Figures
from window_scheduler.people_api import PeopleApi
from window_scheduler.people_store import PeopleStore
from window_scheduler.reminders import announce_and_remind
from window_scheduler.rezoning import follow_rules
from window_scheduler.sealed import sealer_from
from window_scheduler.settings import ApiSettings, MigrateSettings, TickSettings
from window_scheduler.sign_in_api import SignInApi
from window_scheduler.sign_in_calls import SignInCalls
from window_scheduler.tables import SCHEMA
from window_scheduler.tick import check_clocks, conclude, schedule
from window_scheduler.windows_api import WindowsApi

log = structlog.get_logger()

SERVICE = "window-scheduler"
REVISIONS = Path(__file__).parent / "migrations"
ENDINGS_CONSUMER = "window-scheduler"


async def migrate(settings: MigrateSettings, _stop: asyncio.Event) -> None:
    await upgrade(settings.database_url.get_secret_value(), schema=SCHEMA, revisions=REVISIONS)


async def wait(settings: MigrateSettings, stop: asyncio.Event) -> None:
    url = settings.database_url.get_secret_value()
    await wait_for_schema(url, schema=SCHEMA, revisions=REVISIONS, stop=stop)


async def tick(settings: TickSettings, _stop: asyncio.Event) -> None:
    """One tick. It is short, and what a kill leaves undone the next one does: it does not listen for a stop."""
    url, clock = settings.database_url.get_secret_value(), SystemClock()
    await check_schema(url, schema=SCHEMA, revisions=REVISIONS)
    async with open_database(url, schema=SCHEMA) as database:
        await tick_once(settings, database, clock)


async def tick_loop(settings: TickSettings, stop: asyncio.Event) -> None:
    """The same tick each period, for a cluster that is not to run a Job so often. One that failed is made up for by the next."""
    url, clock = settings.database_url.get_secret_value(), SystemClock()
    await check_schema(url, schema=SCHEMA, revisions=REVISIONS)
    async with open_database(url, schema=SCHEMA) as database:
        checks = {"database": database.check}
        async with (
            serving_http(health_app(checks), settings.http_host, settings.http_port) as http_port,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(watch(checks, stop))
            log.info("process.ready", http_port=http_port)
            work = partial(tick_once, settings, database, clock)
            await repeat_by_the_clock("tick", work, period=settings.tick_period, clock=clock, stop=stop)


async def tick_once(settings: TickSettings, database: Database, clock: Clock) -> None:
    # NATS is asked for only once the calls stand: where it is down, they are kept, and a later tick or the api announces them
    await check_clocks(database, clock)
    period = settings.tick_period
    tick_id, tally = await schedule(database, clock, INSTALLED, period=period)
    streams = replicated(STREAMS, settings.stream_replicas)
    async with open_bus(settings.nats, source=SERVICE, clock=clock, streams=streams) as bus:
        await conclude(database, bus, clock, tick_id=tick_id, tally=tally)
    # last, since after an update of the zone data it may take longer than a tick has; the next one goes on
    await follow_rules(database, clock, INSTALLED, period=period)


async def api(settings: ApiSettings, stop: asyncio.Event) -> None:
    url, clock = settings.database_url.get_secret_value(), SystemClock()
    sealer = sealer_from(settings.people_key_file)
    rules, period = settings.dialing_rules, settings.tick_period
    streams = replicated(STREAMS, settings.stream_replicas)
    await check_schema(url, schema=SCHEMA, revisions=REVISIONS)
    async with (
        open_database(url, schema=SCHEMA) as database,
        open_bus(settings.nats, source=SERVICE, clock=clock, streams=streams) as bus,
    ):
        async with database.transaction() as connection:
            store = PeopleStore(connection, sealer)
            await store.check_key()
            for person_id in await store.remember_all():
                log.error("person.number_unreadable", person_id=str(person_id))
        news = asyncio.Event()
        hours = rules.calling_hours
        people = PeopleApi(database, sealer, clock, INSTALLED, calling_hours=hours, tick_period=period, news=news)
        windows = WindowsApi(database, sealer, clock, INSTALLED, calling_hours=hours, tick_period=period)
        calls = CallsApi(database, sealer, clock, INSTALLED, rules=rules, tick_period=period, news=news)
        asked_for = asyncio.Event()
        sign_in = SignInApi(database, sealer, clock, news=asked_for)
        services = {
            "daybook.scheduler.v1.PeopleService": lambda to: rpc.add_PeopleServiceServicer_to_server(people, to),
            "daybook.scheduler.v1.WindowsService": lambda to: rpc.add_WindowsServiceServicer_to_server(windows, to),
            "daybook.scheduler.v1.CallsService": lambda to: rpc.add_CallsServiceServicer_to_server(calls, to),
            "daybook.scheduler.v1.SignInService": lambda to: rpc.add_SignInServiceServicer_to_server(sign_in, to),
        }
        checks = {"database": database.check, "nats": bus.check}
        async with (
            serving_grpc(services, host=settings.grpc_host, port=settings.grpc_port, tls=settings.tls()) as grpc_port,
            serving_probes(checks, host=settings.grpc_host, port=settings.grpc_health_port),
            serving_http(health_app(checks), settings.http_host, settings.http_port) as http_port,
            asyncio.TaskGroup() as tasks,
        ):
            endings = CallEndings(database, sealer, clock, news=news)
            figures = Figures(database, bus, clock)
            period_s = settings.background_period_s
            tasks.create_task(watch(checks, stop))
            tasks.create_task(bus.consume(CALL_FINISHED, durable=ENDINGS_CONSUMER, handler=endings.handle, stop=stop))
            # what a tick has stored and could not announce goes out from here, and at once what was withdrawn
            announcing = partial(announce_and_remind, database, bus, clock)
            tasks.create_task(
                repeat_at_news("announce", announcing, news=news, period_s=period_s, clock=clock, stop=stop)
            )
            placing = SignInCalls(database, sealer, clock, INSTALLED, rules=rules, asked=asked_for, news=news)
            tasks.create_task(
                repeat_at_news("sign-ins", placing.place, news=asked_for, period_s=period_s, clock=clock, stop=stop)
            )
            tasks.create_task(repeat("figures", figures.take, period_s=period_s, clock=clock, stop=stop))
            log.info("process.ready", grpc_port=grpc_port, http_port=http_port)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m window_scheduler", description="People, call windows, one call a day."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("tick", help="schedule the windows that open before the next tick, then end")
    commands.add_parser("tick-loop", help="tick each period until stopped")
    commands.add_parser("api", help="serve people, windows and calls over gRPC until stopped")
    commands.add_parser("migrate", help="bring the database to this program's schema, then end")
    commands.add_parser("wait-for-schema", help="end once the database is at this program's schema")
    match parser.parse_args().command:
        case "tick":
            return run_program(SERVICE, TickSettings, tick)
        case "tick-loop":
            return run_program(SERVICE, TickSettings, tick_loop)
        case "api":
            return run_program(SERVICE, ApiSettings, api)
        case "wait-for-schema":
            return run_program(SERVICE, MigrateSettings, wait)
        case _:
            return run_program(SERVICE, MigrateSettings, migrate)


if __name__ == "__main__":
    sys.exit(main())
