"""Many events at once, on a NATS that flushes each message before it confirms it."""

import asyncio
import json
import signal
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import nats
import pytest
from real_servers import RealNats

from chassis.batches import WORTH_A_BATCH, Batches, Outgoing, Published
from chassis.bus import BusUnavailable, open_bus
from chassis.clock import ManualClock
from chassis.errors import DaybookError
from chassis.events import CALL_SCHEDULED, CALLS_STREAM, DEAD_LETTERS_STREAM
from chassis.nats_access import NatsAccess
from chassis.streams import STREAMS
from chassis.telemetry import call_context
from daybook.events.v1.events_pb2 import CallScheduled

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def bus_at(url, streams=STREAMS):
    return open_bus(NatsAccess(url), streams=streams, source="test", clock=ManualClock(NOW), retry_delays_s=[0.01])


@pytest.fixture
async def bus(nats_url):
    async with bus_at(nats_url) as opened:
        yield opened


@asynccontextmanager
async def nats_at(url):
    client = await nats.connect(url)
    yield client
    await client.close()


def call(call_id=None):
    call_id = call_id or str(uuid4())
    payload = CallScheduled(call_id=call_id).SerializeToString()
    return Outgoing(f"{call_id}.scheduled", payload, call_context(call_id))


def too_large():
    return Outgoing("large.scheduled", bytes(2**20), call_context(str(uuid4())))


def ids(outgoing):
    return [each.event_id for each in outgoing]


async def stored(url):
    """What the stream holds, in its order, as (event id, headers, body)."""
    async with nats_at(url) as client:
        streams = client.jetstream()
        count = (await streams.stream_info(CALLS_STREAM)).state.messages
        subscription = await streams.subscribe("call.>", stream=CALLS_STREAM, ordered_consumer=True)
        found = [await subscription.next_msg(timeout=20) for _ in range(count)]
    return [(message.headers["ce-id"], message.headers, message.data) for message in found]


async def stored_ids(url):
    return [event_id for event_id, _, _ in await stored(url)]


async def test_a_thousand_events_arrive_in_their_order_and_once(bus, nats_url):
    calls = [call() for _ in range(1000)]
    assert await bus.publish_all(CALL_SCHEDULED, calls) == Published(confirmed=frozenset(ids(calls)))
    assert await stored_ids(nats_url) == ids(calls)


async def test_an_event_of_a_batch_is_like_one_that_came_alone(bus, nats_url):
    call_id = str(uuid4())
    await bus.publish_all(CALL_SCHEDULED, [call(call_id), *(call() for _ in range(WORTH_A_BATCH))])
    (event_id, headers, body), *_ = await stored(nats_url)
    assert event_id == headers["Nats-Msg-Id"] == f"{call_id}.scheduled"
    assert CallScheduled.FromString(body).call_id == call_id
    assert {name: value for name, value in headers.items() if not name.startswith(("Nats-", "trace"))} == {
        "ce-id": event_id,
        "ce-type": "daybook.events.v1.CallScheduled",
        "ce-source": "test",
        "ce-time": NOW.isoformat(),
        "ce-specversion": "1.0",
        "content-type": "application/protobuf",
    }


@pytest.mark.parametrize(("events", "in_a_batch"), [(1, False), (WORTH_A_BATCH - 1, False), (WORTH_A_BATCH, True)])
async def test_a_few_go_one_by_one_and_many_in_a_batch(bus, nats_url, events, in_a_batch):
    calls = [call() for _ in range(events)]
    assert await bus.publish_all(CALL_SCHEDULED, calls) == Published(confirmed=frozenset(ids(calls)))
    held = await stored(nats_url)
    assert [event_id for event_id, _, _ in held] == ids(calls)
    assert {"Nats-Batch-Id" in headers for _, headers, _ in held} == {in_a_batch}


async def test_each_event_of_a_batch_is_in_the_trace_of_its_own_call(bus, nats_url):
    call_ids = [str(uuid4()) for _ in range(WORTH_A_BATCH)]
    await bus.publish_all(CALL_SCHEDULED, [call(each) for each in call_ids])
    traces = [headers["traceparent"].split("-")[1] for _, headers, _ in await stored(nats_url)]
    assert traces == [each.replace("-", "") for each in call_ids]


async def test_nothing_to_publish_is_no_work(bus, nats_url):
    assert await bus.publish_all(CALL_SCHEDULED, []) == Published()
    assert await stored_ids(nats_url) == []


async def test_an_event_that_the_stream_has_already_holds_up_none_of_its_batch(bus, nats_url):
    calls = [call() for _ in range(700)]
    await bus.publish_all(CALL_SCHEDULED, [calls[17], calls[600]])
    assert (await bus.publish_all(CALL_SCHEDULED, calls)).confirmed == set(ids(calls))
    held = await stored_ids(nats_url)
    assert sorted(held) == sorted(ids(calls))


async def test_the_same_batch_again_is_confirmed_again_and_stands_once(bus, nats_url):
    calls = [call() for _ in range(50)]
    for _ in range(2):
        assert (await bus.publish_all(CALL_SCHEDULED, calls)).confirmed == set(ids(calls))
    assert await stored_ids(nats_url) == ids(calls)


async def test_a_stream_that_takes_no_batches_takes_each_event(nats_url):
    streams = [stream.evolve(allow_atomic=False) for stream in STREAMS]
    calls = [call() for _ in range(50)]
    async with bus_at(nats_url, streams) as bus:
        assert (await bus.publish_all(CALL_SCHEDULED, calls)).confirmed == set(ids(calls))
    assert await stored_ids(nats_url) == ids(calls)


async def test_without_the_stream_nothing_is_confirmed_until_it_is_there(bus, nats_url):
    calls = [call() for _ in range(50)]
    async with nats_at(nats_url) as client:
        await client.jetstream().delete_stream(CALLS_STREAM)
    assert await bus.publish_all(CALL_SCHEDULED, calls) == Published()
    await bus.provision()
    assert (await bus.publish_all(CALL_SCHEDULED, calls)).confirmed == set(ids(calls))
    assert await stored_ids(nats_url) == ids(calls)


async def test_an_event_larger_than_nats_allows_is_refused_and_the_others_go(bus, nats_url):
    before, after = call(), call()
    published = await bus.publish_all(CALL_SCHEDULED, [before, too_large(), after])
    assert published == Published(confirmed=frozenset(ids([before, after])), refused=frozenset(["large.scheduled"]))
    assert await stored_ids(nats_url) == ids([before, after])


@pytest.mark.parametrize("others", [1, WORTH_A_BATCH])
async def test_an_event_larger_than_the_stream_allows_is_refused_and_the_others_go(nats_url, others):
    streams = [stream.evolve(max_msg_size=2000) for stream in STREAMS]
    before, after = [call() for _ in range(others)], call()
    large = Outgoing("large.scheduled", bytes(3000), call_context(str(uuid4())))
    async with bus_at(nats_url, streams) as bus:
        published = await bus.publish_all(CALL_SCHEDULED, [*before, large, after])
    assert published == Published(confirmed=frozenset(ids([*before, after])), refused=frozenset(["large.scheduled"]))
    assert await stored_ids(nats_url) == ids([*before, after])


@asynccontextmanager
async def answering(url, answer):
    """Somebody in the stream's place, who answers to what asks for an answer: with what, `answer` says by the event's id."""
    asked = []
    async with nats_at(url) as client:

        async def hear(message):
            if message.reply:
                event_id = message.headers["Nats-Msg-Id"]
                asked.append(event_id)
                if (told := answer(event_id)) is not None:
                    await message.respond(json.dumps(told).encode())

        await client.subscribe(CALL_SCHEDULED.subject, cb=hear)
        await client.flush()
        yield asked


def batches_of(client, timeout_s):
    return Batches(client, client.jetstream(), CALL_SCHEDULED.subject, {}, timeout_s)


async def test_a_server_that_knows_no_batches_confirms_each_event_for_itself(nats_url):
    calls = [call() for _ in range(WORTH_A_BATCH)]
    async with nats_at(nats_url) as client, answering(nats_url, lambda _: {"stream": CALLS_STREAM, "seq": 1}) as asked:
        published = await batches_of(client, 20).publish(calls)
    assert published.confirmed == set(ids(calls))
    assert asked == [calls[-1].event_id, *ids(calls)]


async def test_only_what_is_answered_is_confirmed(nats_url):
    calls = [call() for _ in range(WORTH_A_BATCH)]
    answered = ids(calls[3:5]) + ids(calls[-1:])

    def answer(event_id):
        return {"stream": CALLS_STREAM, "seq": 1} if event_id in answered else None

    async with nats_at(nats_url) as client, answering(nats_url, answer):
        # long enough for whoever answers here on a slow core
        published = await batches_of(client, 5.0).publish(calls)
    assert published == Published(confirmed=frozenset(answered))


async def test_a_batch_without_an_answer_is_not_confirmed_and_what_follows_is_not_tried(nats_url):
    calls = [call() for _ in range(600)]
    async with nats_at(nats_url) as client, answering(nats_url, lambda _: None) as asked:
        published = await batches_of(client, 0.5).publish(calls)
    assert published == Published()
    assert asked == [calls[499].event_id]


async def test_a_batch_that_nats_hung_over_is_confirmed_when_it_is_told_again(tmp_path):
    server = RealNats(tmp_path)
    server.start()
    try:
        await server.until_answering()
        url, calls = server.embedded.url, [call() for _ in range(50)]
        async with bus_at(url) as bus:
            server.send(signal.SIGSTOP)
            assert await bus.publish_all(CALL_SCHEDULED, calls) == Published()
            server.send(signal.SIGCONT)
            async with asyncio.timeout(60):
                while await bus.publish_all(CALL_SCHEDULED, calls) != Published(frozenset(ids(calls))):
                    pass
        assert await stored_ids(url) == ids(calls)
    finally:
        server.kill()


async def test_nats_killed_between_batches_loses_and_doubles_nothing(tmp_path):
    server = RealNats(tmp_path)
    server.start()
    try:
        await server.until_answering()
        url, calls = server.embedded.url, [call() for _ in range(3000)]
        async with bus_at(url) as bus:
            publishing = asyncio.create_task(bus.publish_all(CALL_SCHEDULED, calls))
            async with nats_at(url) as client:
                heard = await client.subscribe(CALL_SCHEDULED.subject)
                await heard.next_msg(timeout=20)
            server.kill()
            confirmed = (await publishing).confirmed
            server.start()
            await server.until_answering()
            held = await stored_ids(url)
            assert confirmed <= set(held)
            async with asyncio.timeout(60):
                while confirmed != set(ids(calls)):
                    rest = [each for each in calls if each.event_id not in confirmed]
                    confirmed |= (await bus.publish_all(CALL_SCHEDULED, rest)).confirmed
        assert sorted(await stored_ids(url)) == sorted(ids(calls))
    finally:
        server.kill()


async def test_an_event_that_came_in_a_batch_can_be_put_aside(bus, nats_url):
    stop, handled = asyncio.Event(), asyncio.Queue()

    async def refuse(received):
        await handled.put(received.event_id)
        raise DaybookError("It cannot be handled.")

    calls = [call() for _ in range(WORTH_A_BATCH)]
    await bus.publish_all(CALL_SCHEDULED, calls)
    async with nats_at(nats_url) as client, asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.consume(CALL_SCHEDULED, durable="test", handler=refuse, stop=stop))
        aside = await client.jetstream().pull_subscribe("deadletter.>", stream=DEAD_LETTERS_STREAM)
        found = []
        while len(found) < len(calls):
            found += await aside.fetch(len(calls) - len(found), timeout=20)
        stop.set()
    assert [message.headers["ce-id"] for message in found] == ids(calls)
    assert handled.qsize() == len(calls)


async def test_a_bus_that_was_closed_confirms_nothing(nats_url):
    async with bus_at(nats_url) as bus:
        pass
    assert await bus.publish_all(CALL_SCHEDULED, [call()]) == Published()
    with pytest.raises(BusUnavailable):
        await bus.check()
