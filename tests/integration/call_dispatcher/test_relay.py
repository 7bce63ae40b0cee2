"""What the outbox holds is told: many events at once, each kind in its order, and each until the stream has it."""

from uuid import uuid4

import nats
import pytest
from sqlalchemy import text

from call_dispatcher.announcements import OutgoingEvent
from call_dispatcher.attempts import AttemptState, CarrierReported
from call_dispatcher.calls import attempt_id_of
from call_dispatcher.outbox_store import add_outgoing
from chassis.bus import BusUnavailable
from chassis.events import CALL_DIALED, CALL_FINISHED, CALLS_STREAM


async def in_the_stream(url, subject):
    """The ids of the events on a subject, in the stream's order."""
    client = await nats.connect(url)
    streams = client.jetstream()
    info = await streams.stream_info(CALLS_STREAM, subjects_filter=subject)
    subscription = await streams.subscribe(subject, stream=CALLS_STREAM, ordered_consumer=True)
    messages = [await subscription.next_msg(timeout=20) for _ in range((info.state.subjects or {}).get(subject, 0))]
    await client.close()
    return [message.headers["ce-id"] for message in messages]


async def unpublished(house):
    return [row.event_id for row in await house.rows("SELECT event_id FROM outbox WHERE published_at IS NULL")]


async def put_out(house, event_id, body=b"", subject=CALL_DIALED.subject):
    async with house.database.transaction() as connection:
        await add_outgoing(connection, OutgoingEvent(event_id, str(uuid4()), subject, body), at=house.clock.now())


async def test_each_kind_is_told_in_its_order(house, nats_url):
    calls = [await house.schedule() for _ in range(3)]
    await house.dial()
    for call in calls[:2]:
        sid = (await house.attempt(call)).carrier_call_id
        await house.hear(call, CarrierReported(sid, AttemptState.FAILED, 1, 404))
    await house.relay.publish()
    assert await unpublished(house) == []
    dialed = await in_the_stream(nats_url, CALL_DIALED.subject)
    assert sorted(dialed) == sorted(f"{attempt_id_of(call.call_id, 1)}.dialed" for call in calls)
    assert dialed == [
        row.event_id
        for row in await house.rows("SELECT event_id FROM outbox WHERE subject = 'call.dialed' ORDER BY position")
    ]
    finished = await in_the_stream(nats_url, CALL_FINISHED.subject)
    assert finished == [f"{call.call_id}.finished" for call in calls[:2]]


async def test_what_is_told_again_after_a_crash_stands_once_in_the_stream(house, nats_url):
    for number in range(3):
        await put_out(house, f"{number}.dialed")
    await house.relay.publish()
    async with house.database.transaction() as connection:
        await connection.execute(text("UPDATE outbox SET published_at = NULL"))
    await put_out(house, "3.dialed")
    await house.relay.publish()
    assert await unpublished(house) == []
    assert await in_the_stream(nats_url, CALL_DIALED.subject) == [f"{number}.dialed" for number in range(4)]


async def test_an_event_that_the_stream_does_not_take_holds_back_no_other(house, nats_url):
    await put_out(house, "before.dialed")
    await put_out(house, "large.dialed", body=bytes(2**20))
    await put_out(house, "after.finished", subject=CALL_FINISHED.subject)
    with pytest.raises(BusUnavailable, match="did not confirm 1 of 3 events"):
        await house.relay.publish()
    assert await unpublished(house) == ["large.dialed"]
    assert await in_the_stream(nats_url, CALL_DIALED.subject) == ["before.dialed"]
    assert await in_the_stream(nats_url, CALL_FINISHED.subject) == ["after.finished"]


async def test_while_there_is_no_stream_all_is_kept(house):
    await put_out(house, "kept.dialed")
    await house.bus._stream.delete_stream(CALLS_STREAM)
    with pytest.raises(BusUnavailable):
        await house.relay.publish()
    assert await unpublished(house) == ["kept.dialed"]
    await house.bus.provision()
    await house.relay.publish()
    assert await unpublished(house) == []
