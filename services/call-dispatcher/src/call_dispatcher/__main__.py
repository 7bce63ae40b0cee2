"""`python -m call_dispatcher serve | migrate | wait-for-schema | retry-policy-schema | attempt-states`. All wiring is here."""

import argparse
import asyncio
import json
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import structlog

from call_dispatcher.authority import DialAuthority
from call_dispatcher.bookings import Bookings
from call_dispatcher.dialer import Dialer, Dialing
from call_dispatcher.dials import Policy
from call_dispatcher.dials_api import DialsApi
from call_dispatcher.intake import Intake
from call_dispatcher.ledger import Ledger
from call_dispatcher.relay import Relay
from call_dispatcher.retry_policy import RetryPolicy
from call_dispatcher.settings import MigrateSettings, Settings
from call_dispatcher.state_diagram import drawn
from call_dispatcher.store import SCHEMA
from call_dispatcher.sweep import REVIEWED_AT_ONCE, Sweep
from call_dispatcher.telephony import Carrier, CarrierAccount
from call_dispatcher.turns import Turns
from call_dispatcher.wake_ups import WakeUps
from chassis.bus import open_bus
from chassis.clock import SystemClock
from chassis.database import open_database
from chassis.events import CALL_PROGRESSED, CALL_SCHEDULED, CALL_WITHDRAWN
from chassis.health import health_app, watch
from chassis.migrations import check_schema, upgrade, wait_for_schema
from chassis.probes import serving_probes
from chassis.program import run_program, serving_http
from chassis.rpc import open_channel, serving_grpc
from daybook.dispatcher.v1.dispatcher_pb2_grpc import add_DialsServiceServicer_to_server

SERVICE = "call-dispatcher"
REVISIONS = Path(__file__).parent / "migrations"
SCHEDULED_AT_ONCE = 8
"""Announcements in hand at once: they are stored together, and wait for the disk together."""

log = structlog.get_logger()


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Dials until `stop` is set."""
    url = settings.database_url.get_secret_value()
    await check_schema(url, schema=SCHEMA, revisions=REVISIONS)
    clock = SystemClock()
    wake_ups = WakeUps()
    async with (
        open_database(url, schema=SCHEMA, pool_size=settings.dials_at_once) as database,
        open_bus(settings.nats, source=SERVICE, clock=clock) as bus,
        open_channel(settings.scheduler_target, tls=settings.tls()) as channel,
    ):
        with closing(Carrier(account(settings), threads=settings.dials_at_once + REVIEWED_AT_ONCE)) as carrier:
            authority = DialAuthority(channel)
            ledger = Ledger(database, patience=settings.patience, clock=clock, wake_ups=wake_ups)
            bookings = Bookings(database, clock=clock, wake_ups=wake_ups)
            intake = Intake(bookings, ledger, carrier)
            relay = Relay(database, bus, clock=clock, wake_ups=wake_ups)
            sweep = Sweep(database, ledger, authority, carrier, clock=clock, wake_ups=wake_ups)
            dialer = Dialer(
                Turns(database, settings.calls_per_second, clock=clock),
                ledger,
                authority,
                carrier,
                Dialing(orchestrator=settings.conversation, at_once=settings.dials_at_once),
                clock=clock,
                wake_ups=wake_ups,
            )
            dials = DialsApi(database, clock, Policy(settings.calls_per_second, settings.conversation))
            services = {"daybook.dispatcher.v1.DialsService": lambda to: add_DialsServiceServicer_to_server(dials, to)}
            checks = {"database": database.check, "nats": bus.check}
            async with (
                serving_grpc(
                    services, host=settings.grpc_host, port=settings.grpc_port, tls=settings.tls()
                ) as grpc_port,
                serving_probes(checks, host=settings.grpc_host, port=settings.grpc_health_port),
                serving_http(health_app(checks), settings.http_host, settings.http_port) as port,
                asyncio.TaskGroup() as tasks,
            ):
                tasks.create_task(watch(checks, stop))
                tasks.create_task(
                    bus.consume(
                        CALL_SCHEDULED,
                        durable="call-dispatcher-scheduled",
                        handler=intake.scheduled,
                        stop=stop,
                        # their order means nothing: of two times of one call the newer revision counts
                        workers=SCHEDULED_AT_ONCE,
                    )
                )
                tasks.create_task(
                    bus.consume(
                        CALL_WITHDRAWN, durable="call-dispatcher-withdrawn", handler=intake.withdrawn, stop=stop
                    )
                )
                tasks.create_task(
                    bus.consume(
                        CALL_PROGRESSED, durable="call-dispatcher-progressed", handler=intake.progressed, stop=stop
                    )
                )
                tasks.create_task(dialer.run(stop))
                tasks.create_task(relay.run(stop))
                tasks.create_task(sweep.run(stop, period=timedelta(seconds=settings.sweep_period_s)))
                log.info("process.ready", http_port=port, grpc_port=grpc_port, orchestrator=settings.conversation)
                await stop.wait()
                wake_ups.dialer.set()
                wake_ups.relay.set()


def account(settings: Settings) -> CarrierAccount:
    return CarrierAccount(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        from_number=settings.twilio_from_number,
        api_url=str(settings.twilio_api_url),
        public_url=str(settings.public_url),
        ring_s=settings.ring_s,
        max_call_s=settings.max_call_s,
        timeout_s=settings.carrier_timeout_s,
    )


async def migrate(settings: MigrateSettings, _stop: asyncio.Event) -> None:
    await upgrade(settings.database_url.get_secret_value(), schema=SCHEMA, revisions=REVISIONS)


async def wait(settings: MigrateSettings, stop: asyncio.Event) -> None:
    await wait_for_schema(settings.database_url.get_secret_value(), schema=SCHEMA, revisions=REVISIONS, stop=stop)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m call_dispatcher", description="Places calls with the carrier.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="dial what is due, until it is stopped")
    commands.add_parser("migrate", help="bring the schema up to date")
    commands.add_parser("wait-for-schema", help="end once the schema is up to date")
    commands.add_parser("retry-policy-schema", help="print the JSON Schema of a retry policy's file")
    commands.add_parser("attempt-states", help="print what may happen to an attempt, as it stands in the README")
    match parser.parse_args().command:
        case "serve":
            return run_program(SERVICE, Settings, serve)
        case "wait-for-schema":
            return run_program(SERVICE, MigrateSettings, wait)
        case "retry-policy-schema":
            print(json.dumps(RetryPolicy.model_json_schema(), indent=2))
            return 0
        case "attempt-states":
            print(drawn())
            return 0
        case _:
            return run_program(SERVICE, MigrateSettings, migrate)


if __name__ == "__main__":
    sys.exit(main())
