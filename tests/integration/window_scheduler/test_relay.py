"""What the outbox holds goes to the stream: all of it, each once, whatever stops meanwhile."""

import asyncio
from datetime import timedelta
from uuid import UUID

import nats
import pytest
from real_servers import RealNats
from sqlalchemy import text

from chassis.bus import open_bus
from chassis.database import open_database
from chassis.events import CALLS_STREAM
from chassis.nats_access import NatsAccess
from chassis.streams import STREAMS
from daybook.events.v1.events_pb2 import CallScheduled
from window_scheduler.errors import NotAnnounced
from window_scheduler.outbox_store import unpublished
from window_scheduler.relay import announce
from window_scheduler.tables import SCHEMA

STORE = text(
    """
    INSERT INTO outbox (event_id, call_id, payload, created_at)
    SELECT event_id, :call_id, payload, created_at
    FROM unnest(CAST(:event_ids AS text[]), CAST(:payloads AS bytea[]), CAST(:created_at AS timestamptz[]))
        AS given (event_id, payload, created_at)
    """
)


@pytest.fixture
async def store(api, database, clock):
    """Puts announcements in the outbox, each a second older than the one before, under ids 0.scheduled, 1.scheduled, …"""
    person = await api.person()
    await api.window(person, "09:01", "09:04")  # it brings its call at once
    [call] = await api.calls_of(person)
    async with database.transaction() as connection:
        await connection.execute(text("DELETE FROM outbox"))

    async def put(count, payload=None):
        payload = payload or CallScheduled(call_id=call.call_id).SerializeToString()
        rows = {
            "call_id": UUID(call.call_id),
            "event_ids": [f"{number}.scheduled" for number in range(count)],
            "payloads": [payload] * count,
            "created_at": [clock.now() - timedelta(seconds=number) for number in range(count)],
        }
        async with database.transaction() as connection:
            await connection.execute(STORE, rows)

    return put


async def left(database):
    async with database.transaction() as connection:
        return (await unpublished(connection))[0]


async def announced(nats_url):
    """The event ids that the stream holds, in its order."""
    client = await nats.connect(nats_url)
    streams = client.jetstream()
    count = (await streams.stream_info(CALLS_STREAM)).state.messages
    subscription = await streams.subscribe("call.>", stream=CALLS_STREAM, ordered_consumer=True)
    found = [(await subscription.next_msg(timeout=20)).headers["ce-id"] for _ in range(count)]
    await client.close()
    return found


def numbered(numbers):
    return [f"{number}.scheduled" for number in numbers]


async def test_all_go_out_the_oldest_first_and_none_is_kept(database, bus, store, nats_url):
    await store(1200)
    assert await announce(database, bus) == 1200
    assert await announced(nats_url) == numbered(reversed(range(1200)))
    assert await left(database) == 0


async def test_two_relays_at_once_share_the_work(database, bus, store, database_url, nats_url, clock):
    await store(3000)
    async with (
        open_database(database_url, schema=SCHEMA) as own,
        open_bus(NatsAccess(nats_url), source="window-scheduler", clock=clock) as other,
    ):
        shares = await asyncio.gather(announce(database, bus), announce(own, other))
    assert sum(shares) == 3000
    assert all(shares)
    assert sorted(await announced(nats_url)) == sorted(numbered(range(3000)))
    assert await left(database) == 0


async def test_without_the_stream_all_wait_and_go_out_later(database, bus, store, nats_url):
    await store(700)
    client = await nats.connect(nats_url)
    await client.jetstream().delete_stream(CALLS_STREAM)
    await client.close()
    with pytest.raises(NotAnnounced, match=r"NATS did not confirm all.* wait to be announced: 700\."):
        await announce(database, bus)
    assert await left(database) == 700
    await bus.provision()
    assert await announce(database, bus) == 700
    assert sorted(await announced(nats_url)) == sorted(numbered(range(700)))


async def test_one_that_nats_refuses_stays_and_holds_up_no_other(database, bus, store, nats_url):
    await store(1200)
    async with database.transaction() as connection:
        too_large = text("UPDATE outbox SET payload = :payload WHERE event_id IN ('1199.scheduled', '3.scheduled')")
        await connection.execute(too_large, {"payload": bytes(2**20)})
    for _ in range(2):
        with pytest.raises(NotAnnounced, match=r"NATS does not take 2 .* wait to be announced: 2\."):
            await announce(database, bus)
    assert len(await announced(nats_url)) == 1198


async def test_nats_killed_while_thousands_go_out_loses_and_doubles_none(database, store, tmp_path, clock):
    await store(6000)
    server = RealNats(tmp_path)
    server.start()
    try:
        await server.until_answering()
        url = server.embedded.url
        async with open_bus(NatsAccess(url), streams=STREAMS, source="window-scheduler", clock=clock) as bus:
            for _ in range(2):
                before = await left(database)
                announcing = asyncio.create_task(announce(database, bus))
                while await left(database) == before:  # noqa: ASYNC110 - a committed row wakes nobody
                    await asyncio.sleep(0)
                server.kill()
                with pytest.raises(NotAnnounced):
                    await announcing
                server.start()
                await server.until_answering()
            while await left(database):
                try:
                    await announce(database, bus)
                except NotAnnounced:
                    await asyncio.sleep(0.05)  # it reconnects meanwhile
        found = await announced(url)
        assert len(found) == 6000
        assert set(found) == set(numbered(range(6000)))
    finally:
        server.kill()
