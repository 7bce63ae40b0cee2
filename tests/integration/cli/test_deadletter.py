"""`daybook deadletter` as an operator types it, at a NATS that knows its users, beside a dispatcher that hears what is sent."""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from forked_programs import typed
from pydantic import SecretStr
from real_servers import RealNats
from sqlalchemy import text

from call_dispatcher.__main__ import REVISIONS
from call_dispatcher.bookings import Bookings
from call_dispatcher.intake import Intake
from call_dispatcher.ledger import Ledger
from call_dispatcher.retries import Patience
from call_dispatcher.retry_policy_file import COMES_WITH_DAYBOOK
from call_dispatcher.store import SCHEMA
from call_dispatcher.telephony import Carrier, CarrierAccount
from call_dispatcher.wake_ups import WakeUps
from chassis.bus import open_bus
from chassis.clock import SystemClock
from chassis.database import open_database
from chassis.dead_letter import headers_aside
from chassis.errors import Unavailable
from chassis.events import CALL_FINISHED, CALL_SCHEDULED, CALLS_STREAM
from chassis.migrations import upgrade
from chassis.nats_access import NatsAccess, connect_nats
from chassis.nats_permissions import USERS, authorization
from chassis.streams import STREAMS
from daybook.events.v1.events_pb2 import CallFinished, CallScheduled
from daybook_cli.embedded import free_port

DISPATCHER = "call-dispatcher-scheduled"
NOWHERE = "127.0.0.1:9"


def password_of(user):
    return f"{user}'s"


@pytest.fixture
async def nats_of_users(tmp_path):
    server = RealNats(tmp_path / "nats", authorization({user: password_of(user) for user in USERS}))
    server.start()
    try:
        url = server.embedded.url
        async with asyncio.timeout(60):
            while True:
                try:
                    async with bus_of(url, "window-scheduler"):
                        break
                except Unavailable:
                    await asyncio.sleep(0.05)  # it is starting
        yield url
    finally:
        server.kill()


def access(url, user):
    return NatsAccess(url, user, SecretStr(password_of(user)))


def bus_of(url, user):
    streams = STREAMS if USERS[user].makes_streams else ()
    return open_bus(access(url, user), source=user, clock=SystemClock(), streams=streams, retry_delays_s=[0.01])


class Operator:
    """Somebody at the terminal of the toolbox."""

    def __init__(self, nats_url) -> None:
        self.settings = {
            "PATH": os.environ["PATH"],
            "DAYBOOK_SCHEDULER_TARGET": NOWHERE,
            "DAYBOOK_DISPATCHER_TARGET": NOWHERE,
            "DAYBOOK_JOURNAL_TARGET": NOWHERE,
            "DAYBOOK_JOURNAL_SECRET": "s" * 32,
            "DAYBOOK_NATS_URL": nats_url,
            "DAYBOOK_NATS_USER": "toolbox",
            "DAYBOOK_NATS_PASSWORD": password_of("toolbox"),
            "DAYBOOK_NATS_OPERATOR_PASSWORD": password_of("operator"),
        }

    async def types(self, *words, **settings):
        environment = {name: value for name, value in {**self.settings, **settings}.items() if value}
        return await typed("deadletter", *words, environment=environment)

    async def told(self, *words, **settings):
        """What a command that does what it is to do says."""
        status, out, err = await self.types(*words, **settings)
        assert (status, err) == (0, "")
        return out

    async def refused(self, *words, **settings):
        """The sentence of a command that does nothing."""
        status, out, err = await self.types(*words, **settings)
        assert (status, out) == (1, "")
        return err

    async def letters(self, *words):
        return json.loads(await self.told("list", "--json", *words))

    async def until_there_are(self, number):
        """Looks again until there are so many: each look is a command, which takes its time."""
        async with asyncio.timeout(60):
            while (seen := await self.letters())["dead_letters"] != number:
                pass
        return seen["shown"]

    async def starts(self, *words, **settings):
        """A process of its own, for what goes on beside another."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "daybook_cli",
            "deadletter",
            *words,
            env={**self.settings, **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )


@pytest.fixture
def operator(nats_of_users):
    return Operator(nats_of_users)


class Dispatcher:
    """What call-dispatcher does with call.scheduled, on its own database."""

    def __init__(self, database) -> None:
        self.database = database

    async def rows(self, sql):
        async with self.database.transaction() as connection:
            return list(await connection.execute(text(sql)))

    async def fails(self):
        """Its schema is not what it counts on, as before a migration."""
        async with self.database.transaction() as connection:
            await connection.execute(text("ALTER TABLE calls RENAME TO calls_elsewhere"))

    async def is_mended(self):
        async with self.database.transaction() as connection:
            await connection.execute(text("ALTER TABLE calls_elsewhere RENAME TO calls"))

    async def until_it_has(self, call_id):
        async with asyncio.timeout(60):
            while not await self.rows(f"SELECT call_id FROM calls WHERE call_id = '{call_id}'"):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.02)


@pytest.fixture
async def dispatcher(postgres_url, nats_of_users):
    await upgrade(postgres_url, schema=SCHEMA, revisions=REVISIONS)
    stop = asyncio.Event()
    account = CarrierAccount("AC" + "0" * 32, SecretStr("token"), "+15005550006", f"http://{NOWHERE}", "", 25, 1800, 1)
    async with open_database(postgres_url, schema=SCHEMA) as database, bus_of(nats_of_users, "call-dispatcher") as bus:
        carrier = Carrier(account, threads=1)
        clock, wake_ups = SystemClock(), WakeUps()
        ledger = Ledger(database, patience=Patience(COMES_WITH_DAYBOOK), clock=clock, wake_ups=wake_ups)
        intake = Intake(Bookings(database, clock=clock, wake_ups=wake_ups), ledger, carrier)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bus.consume(CALL_SCHEDULED, durable=DISPATCHER, handler=intake.scheduled, stop=stop))
            yield Dispatcher(database)
            stop.set()
        carrier.close()


async def announce(nats_url):
    """A call, as window-scheduler tells of it."""
    call = CallScheduled(call_id=str(uuid4()), person_id=str(uuid4()))
    opens = datetime.now(UTC)
    call.not_before.FromDatetime(opens)
    call.not_after.FromDatetime(opens + timedelta(hours=1))
    async with bus_of(nats_url, "window-scheduler") as bus:
        await bus.publish(CALL_SCHEDULED, call, event_id=f"{call.call_id}.scheduled")
    return call.call_id


async def refused_call(operator, dispatcher, nats_url):
    """One that was put aside, and whose cause is mended."""
    await dispatcher.fails()
    call_id = await announce(nats_url)
    [letter] = await operator.until_there_are(1)
    await dispatcher.is_mended()
    return call_id, letter


async def announced(nats_url):
    """How many events the stream holds."""
    client = await connect_nats(access(nats_url, "toolbox"), name="test")
    info = await client.jetstream().stream_info(CALLS_STREAM)
    await client.close()
    return info.state.messages


async def put_aside(nats_url, *messages, body=None, **headers):
    """Letters as call-dispatcher leaves them, but for its subject."""
    client = await connect_nats(access(nats_url, "call-dispatcher"), name="test")
    for number, message in enumerate(messages):
        came_with = {"ce-type": message.DESCRIPTOR.full_name, "ce-time": datetime.now(UTC).isoformat(), **headers}
        aside = headers_aside(
            came_with, message_id=str(uuid4()), reason=f"Number {number}.", consumer=DISPATCHER, deliveries=1
        )
        payload = message.SerializeToString() if body is None else body
        await client.jetstream().publish("deadletter.call.scheduled", payload, headers=aside)
    await client.close()


async def test_a_call_that_was_put_aside_is_queued_once_when_it_is_sent_again(operator, dispatcher, nats_of_users):
    assert await operator.told("list") == "There are no dead letters.\n"
    await dispatcher.fails()
    call_id = await announce(nats_of_users)
    [letter] = await operator.until_there_are(1)
    assert letter["reason"] == "ProgrammingError at each of 5 tries; the log says where"
    assert (letter["subject"], letter["consumer"], letter["deliveries"]) == ("call.scheduled", DISPATCHER, 5)
    assert letter["event_id"] == f"{call_id}.scheduled"
    number = str(letter["sequence"])

    headings, line, below = (await operator.told("list")).splitlines()
    assert headings.split()[:3] == ["number", "put", "aside"]
    assert [number, "call.scheduled", DISPATCHER, "5", letter["reason"]] == [
        cell for cell in map(str.strip, line.split("  ")) if cell and not cell.startswith("20")
    ]
    assert below == "1 dead letter."
    shown = await operator.told("show", number)
    assert f"Dead letter {number} of call.scheduled, put aside 20" in shown
    assert f"by {DISPATCHER}, at delivery 5: ProgrammingError at each of 5 tries" in shown
    assert f"ce-id: {call_id}.scheduled" in shown
    assert f'"call_id": "{call_id}"' in shown
    assert f"Sent again, it reaches {DISPATCHER}." in shown

    await dispatcher.is_mended()
    assert await operator.told("retry", number) == f"{number} was sent again on call.scheduled.\n"
    await dispatcher.until_it_has(call_id)
    # what comes behind it is there: nothing of it is under way any more
    await dispatcher.until_it_has(await announce(nats_of_users))
    assert len(await dispatcher.rows("SELECT call_id FROM calls")) == 2
    assert (await operator.letters())["dead_letters"] == 0


async def test_one_that_still_fails_comes_back_with_its_reason(operator, dispatcher, nats_of_users):
    await dispatcher.fails()
    await announce(nats_of_users)
    [first] = await operator.until_there_are(1)
    await operator.told("retry", str(first["sequence"]))
    [again] = await operator.until_there_are(1)
    assert again["sequence"] > first["sequence"]
    assert (again["event_id"], again["reason"]) == (first["event_id"], first["reason"])


@asynccontextmanager
async def passing_on(nats_url, until):
    """A way to NATS on which the first bytes that hold `until` are lost, with all that follows: (its address, that moment)."""
    lost, wires = asyncio.Event(), []

    async def pass_on(reader, writer, watched):
        while chunk := await reader.read(65536):
            if watched and until in chunk:
                lost.set()
                return
            writer.write(chunk)

    async def connected(reader, writer):
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", int(nats_url.rpartition(":")[2]))
        wires.extend((writer, there_writer))
        await asyncio.gather(pass_on(reader, there_writer, True), pass_on(there_reader, writer, False))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}", lost
        for wire in wires:
            wire.close()


async def test_a_retry_that_is_killed_between_sending_and_deleting_is_made_good_by_another(
    operator, dispatcher, nats_of_users
):
    call_id, letter = await refused_call(operator, dispatcher, nats_of_users)
    number = str(letter["sequence"])
    async with passing_on(nats_of_users, b"STREAM.MSG.DELETE") as (address, asked_to_delete):
        process = await operator.starts("retry", number, DAYBOOK_NATS_URL=address)
        await asked_to_delete.wait()
        process.kill()
        await process.communicate()
    assert [each["sequence"] for each in (await operator.letters())["shown"]] == [letter["sequence"]]
    assert await announced(nats_of_users) == 2
    await operator.told("retry", number)
    await dispatcher.until_it_has(call_id)
    assert await announced(nats_of_users) == 2
    await dispatcher.until_it_has(await announce(nats_of_users))
    assert len(await dispatcher.rows("SELECT call_id FROM calls")) == 2
    assert (await operator.letters())["dead_letters"] == 0


async def test_two_operators_who_send_all_of_them_again_at_once_send_each_once(operator, dispatcher, nats_of_users):
    await dispatcher.fails()
    calls = [await announce(nats_of_users) for _ in range(5)]
    await operator.until_there_are(5)
    await dispatcher.is_mended()
    processes = [await operator.starts("retry", "--all") for _ in range(2)]
    said = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    for call_id in calls:
        await dispatcher.until_it_has(call_id)
    assert await announced(nats_of_users) == 10
    assert (await operator.letters())["dead_letters"] == 0


async def test_one_that_nobody_can_decode_is_shown_in_bytes_and_not_sent_again_by_accident(operator, nats_of_users):
    await put_aside(nats_of_users, CallScheduled(call_id="well"))
    await put_aside(nats_of_users, CallScheduled(), body=b"\xff\x00no protobuf")
    await put_aside(nats_of_users, CallScheduled(), body=b"\xff" * 100)
    await put_aside(nats_of_users, CallScheduled(), **{"ce-type": "another"})
    shown = await operator.told("show", "2")
    assert "A message on call.scheduled cannot be decoded: DecodeError." in shown
    assert "13 bytes: ff 00 6e 6f" in shown
    assert "100 bytes, which begin: ff ff" in await operator.told("show", "3")
    assert "It has no body." in await operator.told("show", "4")
    status, out, err = await operator.types("retry", "--all")
    assert (status, out) == (1, "1 was sent again on call.scheduled.\n")
    assert err.count("since it would be refused again") == 3
    assert "or send it with --anyway" in err
    assert [each["sequence"] for each in (await operator.letters())["shown"]] == [2, 3, 4]
    assert await operator.told("retry", "2", "--anyway") == "2 was sent again on call.scheduled.\n"
    assert await announced(nats_of_users) == 2


async def test_dropping_says_what_is_lost_and_asks_first(operator, nats_of_users):
    await put_aside(nats_of_users, CallScheduled(call_id="one"), CallScheduled(call_id="two"))
    status, out, _ = await operator.types("drop", "1")
    assert status == 1
    assert "1 of call.scheduled: each a call that is not made" in out
    assert "Delete 1 dead letter for good?" in out
    assert (await operator.letters())["dead_letters"] == 2
    out = await operator.told("drop", "1", "2", "1", "--yes")
    assert "2 of call.scheduled: each a call that is not made" in out
    assert "Deleted: 2 dead letters." in out
    assert (await operator.letters())["dead_letters"] == 0


async def test_a_list_goes_on_where_it_ended(operator, nats_of_users):
    await put_aside(nats_of_users, *(CallScheduled(call_id=str(number)) for number in range(3)))
    assert (await operator.told("list", "--limit", "2")).endswith(
        "\n2 of 3 dead letters. Those that follow: --after 2\n"
    )
    assert [each["sequence"] for each in (await operator.letters("--after", "2"))["shown"]] == [3]
    assert await operator.told("list", "--after", "3") == "There are no dead letters after that one.\n"
    assert [each["sequence"] for each in (await operator.letters("--subject", "call.scheduled"))["shown"]] == [1, 2, 3]


async def test_what_cannot_be_done_is_told_in_a_sentence_and_nothing_is_done(operator, nats_of_users):
    await put_aside(nats_of_users, CallFinished(call_id="one"))
    gone = "There is no dead letter 7: it was sent again or dropped"
    assert gone in await operator.refused("show", "7")
    assert gone in await operator.refused("retry", "1", "7")
    assert gone in await operator.refused("drop", "1", "7", "--yes")
    one_of_both = "or --all: one of both."
    assert one_of_both in await operator.refused("retry")
    assert one_of_both in await operator.refused("retry", "1", "--all")
    assert "--subject goes with --all" in await operator.refused("retry", "1", "--subject", "call.scheduled")
    for words in (["list"], ["retry", "--all"]):
        refused = await operator.refused(*words, "--subject", "call.finished")
        assert "There are no dead letters of call.finished; there are of call.scheduled (1)." in refused
    for words in (["show", "first"], ["retry", "0"], ["drop", str(2**64), "--yes"], ["drop"]):
        status, _, err = await operator.types(*words)
        assert (status, "SEQUENCE" in err) == (2, True)
    assert [each["sequence"] for each in (await operator.letters())["shown"]] == [1]


async def test_who_may_not_is_told_what_to_ask_for(operator, nats_of_users):
    await put_aside(nats_of_users, CallScheduled(call_id="one"))
    for words in (["retry", "1"], ["drop", "1", "--yes"]):
        refused = await operator.refused(*words, DAYBOOK_NATS_OPERATOR_PASSWORD="")
        assert "DAYBOOK_NATS_OPERATOR_PASSWORD is not set" in refused
    assert "does not let the user operator in" in await operator.refused(
        "retry", "1", DAYBOOK_NATS_OPERATOR_PASSWORD="another's"
    )
    nowhere = f"nats://127.0.0.1:{free_port()}"
    assert "NATS does not answer" in await operator.refused("list", DAYBOOK_NATS_URL=nowhere)
    assert [each["sequence"] for each in (await operator.letters())["shown"]] == [1]


async def test_of_an_event_that_two_services_hear_both_are_named(operator, nats_of_users):
    """window-scheduler and the journal each put aside what they refuse."""
    stop = asyncio.Event()
    async with bus_of(nats_of_users, "call-dispatcher") as bus:
        await bus.publish(CALL_FINISHED, CallFinished(call_id="one", attempts=1), event_id="one.finished")

    async def refuse(_received):
        raise ValueError

    async with bus_of(nats_of_users, "journal") as bus, asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.consume(CALL_FINISHED, durable="journal-call-finished", handler=refuse, stop=stop))
        [letter] = await operator.until_there_are(1)
        stop.set()
    shown = await operator.told("show", str(letter["sequence"]))
    assert "by journal-call-finished, at delivery 5: ValueError at each of 5 tries" in shown
    assert "it reaches window-scheduler and journal-call-finished. Who has handled it already changes nothing" in shown
