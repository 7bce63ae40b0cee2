"""Every user of NATS can do the work of its service, by the real bus code, and nothing of another's."""

import asyncio
import subprocess
from contextlib import AsyncExitStack, asynccontextmanager
from fnmatch import fnmatchcase
from itertools import permutations
from pathlib import Path

import nats
import pytest
from opentelemetry.context import Context
from pydantic import SecretStr

from chassis.batches import Outgoing
from chassis.bus import open_bus
from chassis.clock import SystemClock
from chassis.dead_letters import NoDeadLetter, NotAllowed, open_dead_letters
from chassis.errors import DaybookError, Unavailable
from chassis.events import CALL_PROGRESSED, CALLS_STREAM, DEAD_LETTERS_STREAM, EVENTS
from chassis.nats_access import NatsAccess, connect_nats
from chassis.nats_permissions import CONSUMERS, SERVICES, USERS, as_yaml, authorization, permissions_of
from chassis.streams import STREAMS
from daybook_cli.embedded import EmbeddedNats, free_port

CHART_FILE = Path(__file__).parents[3] / "deploy/helm/daybook/files/nats-permissions.yaml"
CONSUMING = [(user, durable) for user in SERVICES for durable in USERS[user].consumes]
PUBLISHING = [(user, event) for user in SERVICES for event in USERS[user].publishes]


def password_of(user):
    return f"{user}'s"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = EmbeddedNats(tmp_path_factory.mktemp("nats-users"), free_port(), free_port())
    server.prepare(authorization({user: password_of(user) for user in USERS}))
    process = subprocess.Popen(server.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    asyncio.run(until_it_answers(server))
    yield server
    process.kill()
    process.wait()


async def until_it_answers(server):
    """It does once somebody may come in, and the streams are made."""
    async with asyncio.timeout(60):
        while True:
            try:
                async with bus_of(server, "window-scheduler"):
                    return
            except Unavailable:
                await asyncio.sleep(0.05)  # it is starting


def access(server, user):
    return NatsAccess(server.url, user, SecretStr(password_of(user)))


def bus_of(server, user):
    streams = STREAMS if USERS[user].makes_streams else ()
    return open_bus(access(server, user), source=user, clock=SystemClock(), streams=streams, retry_delays_s=[0.01])


async def tell(server, event, call_id):
    """Publishes an event as the service whose it is."""
    [teller] = [user for user in USERS if event in USERS[user].publishes]
    async with bus_of(server, teller) as bus:
        await bus.publish(event, event.message(call_id=call_id), event_id=f"{call_id}.{event.subject}.{teller}")


@pytest.mark.parametrize(("user", "event"), PUBLISHING, ids=lambda it: getattr(it, "subject", it))
async def test_a_service_tells_its_events(server, user, event):
    async with bus_of(server, user) as bus:
        await bus.publish(event, event.message(call_id="told"), event_id=f"told.{event.subject}")
        await bus.check()


@pytest.mark.parametrize(("user", "event"), PUBLISHING, ids=lambda it: getattr(it, "subject", it))
async def test_a_service_tells_many_of_its_events_at_once(server, user, event):
    told = [Outgoing(f"{number}.of.many.{event.subject}", b"", Context()) for number in range(3)]
    async with bus_of(server, user) as bus:
        # the second time no batch of them is taken, and each goes alone
        for _ in range(2):
            published = await bus.publish_all(event, told)
            assert published.confirmed == {outgoing.event_id for outgoing in told}


@pytest.mark.parametrize(("user", "durable"), CONSUMING)
async def test_a_service_hears_its_events_asks_for_them_again_and_puts_them_aside(server, user, durable):
    event = USERS[user].consumes[durable]
    stop, seen = asyncio.Event(), []

    async def handle(received):
        seen.append((received.message.call_id, received.deliveries))
        match received.message.call_id:
            case "aside":
                raise DaybookError("It cannot be handled.")
            case "again" if received.deliveries == 1:
                raise Unavailable("Not now.")
        # not before that one came back: it would wait for the next test
        if {("again", 2), ("last", 1)} <= set(seen):
            stop.set()

    for call_id in ("aside", "again", "last"):
        await tell(server, event, call_id)
    async with bus_of(server, user) as bus:
        await bus.consume(event, durable=durable, handler=handle, stop=stop)
    assert ("aside", 1) in seen
    async with bus_of(server, "window-scheduler") as bus:
        waiting = await bus.figures()
    assert waiting.dead_letters[event.subject] >= 1
    assert waiting.consumers[durable] <= 1  # an ack may be under way


async def test_an_acknowledgement_is_heard(server):
    """Were it not, everything would come again after half a minute."""
    event, stop = USERS["journal"].consumes["journal-call-finished"], asyncio.Event()
    await tell(server, event, "acknowledged")

    async def handle(received):
        if received.message.call_id == "acknowledged":
            stop.set()

    async with bus_of(server, "journal") as bus, bus_of(server, "window-scheduler") as scheduler:
        await bus.consume(event, durable="journal-call-finished", handler=handle, stop=stop)
        async with asyncio.timeout(20):
            while (await scheduler.figures()).consumers["journal-call-finished"]:  # noqa: ASYNC110 - see below
                await asyncio.sleep(0.05)  # acks go without an answer


async def test_a_gateway_overhears_the_others(server):
    heard = asyncio.Queue()
    async with bus_of(server, "voice-gateway") as bus, bus.overhearing(CALL_PROGRESSED, heard.put_nowait):
        await bus.check()  # NATS knows of the subscription
        await tell(server, CALL_PROGRESSED, "overheard")
        async with asyncio.timeout(20):
            assert (await heard.get()).call_id == "overheard"


async def test_the_portal_overhears_every_event_and_tells_none(server):
    heard = asyncio.Queue()
    async with bus_of(server, "portal") as bus, AsyncExitStack() as overhearing:
        for event in EVENTS.values():
            await overhearing.enter_async_context(bus.overhearing(event, heard.put_nowait))
        await bus.check()
        for event in EVENTS.values():
            await tell(server, event, event.subject)
        async with asyncio.timeout(20):
            assert {(await heard.get()).call_id for _ in EVENTS} == set(EVENTS)
    async with refusals_of(server, "portal") as (client, refusals):
        for subject in EVENTS:
            await client.publish(subject, b"")
        assert all("permissions violation" in it for it in await refusals(len(EVENTS)))


async def test_the_toolbox_looks_at_everything(server):
    client = await connect_nats(access(server, "toolbox"), name="toolbox")
    heard = await client.subscribe("call.>")
    await client.flush()
    event = USERS["voice-gateway"].publishes[0]
    await tell(server, event, "looked at")
    assert (await heard.next_msg(timeout=20)).subject == event.subject
    streams = client.jetstream()
    info = await streams.stream_info(CALLS_STREAM)
    assert (await streams.get_msg(CALLS_STREAM, info.state.last_seq)).subject == event.subject
    await streams.consumers_info(CALLS_STREAM)
    await streams.stream_info(DEAD_LETTERS_STREAM, subjects_filter="deadletter.>")
    await client.close()


async def put_aside(server, user, durable, call_id):
    """An event that a service refused."""
    event, stop = USERS[user].consumes[durable], asyncio.Event()
    await tell(server, event, call_id)

    async def refuse(received):
        if received.message.call_id == call_id:
            stop.set()
            raise DaybookError("It cannot be handled.")

    async with bus_of(server, user) as bus:
        await bus.consume(event, durable=durable, handler=refuse, stop=stop)
    async with open_dead_letters(access(server, "toolbox"), name="test") as letters:
        return [letter async for letter in letters.letters() if letter.message().call_id == call_id]


@pytest.mark.parametrize(("user", "durable"), CONSUMING)
async def test_the_toolbox_reads_a_dead_letter_and_the_operator_sends_it_again(server, user, durable):
    [letter] = await put_aside(server, user, durable, f"refused by {durable}")
    assert letter.consumer == durable
    async with open_dead_letters(access(server, "toolbox"), name="test") as letters:
        assert (await letters.count())[letter.subject] >= 1
        for change in (letters.drop, letters.retry):
            with pytest.raises(NotAllowed, match="The user toolbox may not do this"):
                await change(letter)
        assert await letters.read(letter.sequence) == letter
    async with open_dead_letters(access(server, "operator"), name="test") as letters:
        await letters.count()
        await letters.retry(await letters.read(letter.sequence))
        with pytest.raises(NoDeadLetter):
            await letters.read(letter.sequence)


def test_every_event_that_is_told_or_heard_is_known_by_its_subject():
    told = {event.subject for does in SERVICES.values() for event in does.publishes}
    assert EVENTS.keys() == told | {event.subject for event in CONSUMERS.values()}


@asynccontextmanager
async def refusals_of(server, user):
    """A connection as that user, and a way to learn what NATS refuses to it."""
    refused = asyncio.Queue()

    async def refuse(error):
        await refused.put(str(error).lower())

    async def refusals(count):
        async with asyncio.timeout(20):
            return [await refused.get() for _ in range(count)]

    client = await nats.connect(server.url, user=user, password=password_of(user), error_cb=refuse)
    yield client, refusals
    await client.close()


def covers(pattern, subject):
    """Whether a subject, or a pattern, lies within a pattern. Only `>` at an end stands for more than one part."""
    own, other = pattern.split("."), subject.split(".")
    if own[-1] == ">":
        own, other = own[:-1], other[: len(own) - 1]
    return len(own) == len(other) and all(fnmatchcase(there, here) for here, there in zip(own, other, strict=True))


def of_another(user, other, verb):
    """The subjects that the other may use and this one may not, as plain subjects."""
    own = permissions_of(user)[verb]
    theirs = [subject.replace(">", "1.2.3").replace("*", "_") for subject in permissions_of(other)[verb]]
    return [subject for subject in theirs if not any(covers(pattern, subject) for pattern in own)]


@pytest.mark.parametrize(("user", "other"), list(permutations(USERS, 2)))
async def test_no_user_does_another_s_work(server, user, other):
    foreign = of_another(user, other, "publish")
    async with refusals_of(server, user) as (client, refusals):
        for subject in foreign:
            await client.publish(subject, b"{}")
        for subject in of_another(user, other, "subscribe"):
            await client.subscribe(subject)
            foreign.append(subject)
        refused = await refusals(len(foreign))
        assert all(any(subject.lower() in it for it in refused) for subject in foreign)
    assert foreign


@pytest.mark.parametrize("user", USERS)
async def test_no_user_takes_away_what_others_need(server, user):
    taking_away = [
        f"$JS.API.STREAM.DELETE.{CALLS_STREAM}",
        f"$JS.API.STREAM.PURGE.{CALLS_STREAM}",
        f"$JS.API.STREAM.MSG.DELETE.{CALLS_STREAM}",
        f"$JS.API.STREAM.PURGE.{DEAD_LETTERS_STREAM}",
        f"$JS.API.CONSUMER.DELETE.{CALLS_STREAM}.journal-call-finished",
        "$SYS.REQ.SERVER.PING",
    ]
    async with refusals_of(server, user) as (client, refusals):
        for subject in taking_away:
            await client.publish(subject, b"{}")
        assert all("permissions violation" in it for it in await refusals(len(taking_away)))


def test_the_chart_has_these_permissions():
    assert CHART_FILE.read_text() == as_yaml()
