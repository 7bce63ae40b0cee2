"""A backup of window-scheduler that is brought back knows nothing of the calls made since: nobody is called twice (promise 1)."""

import asyncio
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from sqlalchemy import text
from tick_books import faults, read_books

import call_dispatcher
from call_dispatcher import store
from call_dispatcher.bookings import Bookings
from call_dispatcher.intake import Intake
from call_dispatcher.ledger import Ledger
from call_dispatcher.retries import Patience
from call_dispatcher.retry_policy_file import COMES_WITH_DAYBOOK
from call_dispatcher.wake_ups import WakeUps
from chassis.bus import open_bus
from chassis.clock import SystemClock
from chassis.database import open_database
from chassis.events import CALL_SCHEDULED, CALLS_STREAM
from chassis.migrations import upgrade
from chassis.nats_access import NatsAccess
from daybook_cli.embedded import POSTGRES_BIN
from window_scheduler.tables import SCHEMA

PEOPLE = 300
INTAKE = "call-dispatcher-scheduled"


async def postgres_tool(*argv):
    done = await asyncio.to_thread(
        subprocess.run, [str(POSTGRES_BIN / argv[0]), *argv[1:]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
async def dispatcher(database_url):
    """call-dispatcher's own schema, which no restore of window-scheduler's touches."""
    revisions = Path(call_dispatcher.__file__).parent / "migrations"
    await upgrade(database_url, schema=store.SCHEMA, revisions=revisions)
    async with open_database(database_url, schema=store.SCHEMA) as opened:
        yield opened


async def calls_to_make(dispatcher):
    async with dispatcher.transaction() as connection:
        return [
            dict(row) for row in (await connection.execute(text("SELECT * FROM calls ORDER BY call_id"))).mappings()
        ]


@asynccontextmanager
async def dispatching(dispatcher, nats_url):
    """call-dispatcher's intake while the block runs."""
    clock, stop = SystemClock(), asyncio.Event()
    wake_ups = WakeUps()
    ledger = Ledger(dispatcher, patience=Patience(COMES_WITH_DAYBOOK), clock=clock, wake_ups=wake_ups)
    bookings = Bookings(dispatcher, clock=clock, wake_ups=wake_ups)
    intake = Intake(bookings, ledger, carrier=None)  # which is asked about calls that were placed, and none is
    async with (
        open_bus(NatsAccess(nats_url), source="call-dispatcher", clock=clock) as bus,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(bus.consume(CALL_SCHEDULED, durable=INTAKE, handler=intake.scheduled, stop=stop))
        yield bus
        stop.set()


async def until_all_is_taken_in(nats_url):
    """Waits until call-dispatcher has finished every message of the stream."""
    client = await nats.connect(nats_url)
    stream = client.jetstream()
    while True:
        consumers = {each.name: each for each in await stream.consumers_info(CALLS_STREAM)}
        intake = consumers.get(INTAKE)
        if intake and not intake.num_pending and not intake.num_ack_pending:
            return await client.close()
        await asyncio.sleep(0.05)  # it can only be looked at


async def test_a_day_that_is_scheduled_again_from_a_backup_brings_no_second_call(
    crowd, ticks, database, database_url, dispatcher, nats_url, tmp_path
):
    await crowd.grow(PEOPLE)
    backup = tmp_path / "window-scheduler.dump"
    await postgres_tool(
        "pg_dump", f"--schema={SCHEMA}", "--format=custom", f"--file={backup}", f"--dbname={database_url}"
    )
    assert (await ticks.tick()).status == 0
    before = await read_books(database, nats_url)
    async with dispatching(dispatcher, nats_url):
        await until_all_is_taken_in(nats_url)
    taken_in = await calls_to_make(dispatcher)
    assert {each["call_id"] for each in taken_in} == {str(call_id) for call_id, _ in before.calls}

    async def restore():
        async with database.transaction() as connection:
            await connection.execute(text(f'DROP SCHEMA "{SCHEMA}" CASCADE'))
        await postgres_tool("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={database_url}", str(backup))

    await restore()
    assert (await ticks.tick()).status == 0
    # no prepared statement is left that knows the tables that are gone
    async with open_database(database_url, schema=SCHEMA) as restored:
        again = await read_books(restored, nats_url)
        assert faults(again, crowd.people) == []  # the stream dropped each message that it had already
        assert sorted(again.calls) == sorted(before.calls)

        # and longer ago than the stream remembers: it takes them for new, and call-dispatcher does not
        client = await nats.connect(nats_url)
        await client.jetstream().delete_stream(CALLS_STREAM)
        await client.close()
    await restore()
    assert (await ticks.tick()).status == 0
    async with dispatching(dispatcher, nats_url):
        await until_all_is_taken_in(nats_url)
    async with open_database(database_url, schema=SCHEMA) as restored:
        assert faults(await read_books(restored, nats_url), crowd.people) == []
    assert await calls_to_make(dispatcher) == taken_in
