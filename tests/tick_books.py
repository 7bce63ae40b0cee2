"""What must be true once every window has been seen to: each person called once, each call told once. The check is pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import nats
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from sqlalchemy import text

from chassis.database import Database
from chassis.events import CALL_SCHEDULED, CALLS_STREAM
from daybook.events.v1.events_pb2 import CallScheduled
from window_scheduler.planning import Decision

NAMED_AT_MOST = 3
READ_AT_ONCE = 1000


@dataclass(frozen=True)
class Books:
    """What stands in the database and in the stream.

    Attributes:
        calls: (call id, person id) of each scheduled call.
        messages: (event id, call id) of each message in the stream.
        decisions: (person id, decision) of each record of what was decided.
        unpublished: event ids that wait in the outbox.
        due: windows that are due still.
        counted: windows that `window_tallies` counts as scheduled.
    """

    calls: Sequence[tuple[UUID, UUID]]
    messages: Sequence[tuple[str, UUID]]
    decisions: Sequence[tuple[UUID, str]]
    unpublished: Sequence[str]
    due: int
    counted: int


def faults(books: Books, people: Collection[UUID]) -> list[str]:
    """What is wrong, a sentence each, where each of these people had one window due, and nobody else had any."""
    calls_of = Counter(person_id for _, person_id in books.calls)
    messages_of = Counter(call_id for _, call_id in books.messages)
    calls = {call_id for call_id, _ in books.calls}
    event_ids = Counter(event_id for event_id, _ in books.messages)
    decisions_of = Counter(person_id for person_id, _ in books.decisions)
    found = [
        _told("have no call", set(people) - set(calls_of)),
        _told("have a call and had no window", set(calls_of) - set(people)),
        _told("have more than one call", _several(calls_of)),
        _told("is the id of several calls", _several(Counter(call_id for call_id, _ in books.calls))),
        _told("is a call that the stream does not hold", calls - set(messages_of)),
        _told("is a call that the stream holds more than once", _several(messages_of)),
        _told("is in the stream and is no call", set(messages_of) - calls),
        _told("is the id of several messages", _several(event_ids)),
        _told("have no record of what was decided", set(people) - set(decisions_of)),
        _told("have more than one record of what was decided", _several(decisions_of)),
        _told("is a decision other than to call", {each for _, each in books.decisions} - {Decision.SCHEDULED.value}),
        _told("waits in the outbox", set(books.unpublished)),
        [f"{books.due} windows are due still"] if books.due else [],
        [f"{books.counted} calls are counted, of {len(people)}"] if books.counted != len(people) else [],
    ]
    return [fault for some in found for fault in some]


def _several(counted: Counter[UUID] | Counter[str]) -> set[object]:
    return {each for each, count in counted.items() if count > 1}


def _told(what: str, these: Iterable[object]) -> list[str]:
    named = sorted(map(str, these))
    return [f"{len(named)} {what}: {', '.join(named[:NAMED_AT_MOST])}"] if named else []


@dataclass(frozen=True)
class Standing:
    """How far the work has come, in numbers: windows due, calls, announcements in the outbox, messages, ticks begun."""

    due: int
    calls: int
    unpublished: int
    messages: int
    ticks: int

    @property
    def done(self) -> bool:
        return not self.due and not self.unpublished


async def standing(database: Database, nats_url: str) -> Standing:
    await database.engine.dispose()  # its connections may be of before PostgreSQL was gone
    async with database.transaction() as connection:
        [row] = await connection.execute(
            text(
                """
                SELECT (SELECT count(*) FROM call_windows WHERE next_opens_at <= now()) AS due,
                    (SELECT count(*) FROM scheduled_calls) AS calls,
                    (SELECT count(*) FROM outbox) AS unpublished,
                    (SELECT count(*) FROM ticks) AS ticks
                """
            )
        )
    client = await nats.connect(nats_url)
    try:
        streams = {stream.config.name: stream.state.messages for stream in await client.jetstream().streams_info()}
    finally:
        await client.close()
    return Standing(row.due, row.calls, row.unpublished, streams.get(CALLS_STREAM, 0), row.ticks)


async def read_books(database: Database, nats_url: str) -> Books:
    """The books as they stand now."""
    await database.engine.dispose()  # its connections may be of before PostgreSQL was gone
    async with database.transaction() as connection:
        calls = await connection.execute(text("SELECT call_id, person_id FROM scheduled_calls"))
        decisions = await connection.execute(text("SELECT person_id, decision FROM window_decisions"))
        unpublished = await connection.execute(text("SELECT event_id FROM outbox"))
        due = await connection.execute(text("SELECT count(*) FROM call_windows WHERE next_opens_at <= now()"))
        counted = await connection.execute(text("SELECT coalesce(sum(scheduled), 0) FROM window_tallies"))
        return Books(
            calls=[(row.call_id, row.person_id) for row in calls],
            messages=await _messages(nats_url),
            decisions=[(row.person_id, row.decision) for row in decisions],
            unpublished=list(unpublished.scalars()),
            due=due.scalar_one(),
            counted=int(counted.scalar_one()),
        )


async def _messages(nats_url: str) -> list[tuple[str, UUID]]:
    client = await nats.connect(nats_url)
    try:
        stream = client.jetstream()
        config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL, ack_policy=AckPolicy.NONE)
        reader = await stream.pull_subscribe(CALL_SCHEDULED.subject, stream=CALLS_STREAM, config=config)
        consumer = await reader.consumer_info()
        found: list[tuple[str, UUID]] = []
        while len(found) < consumer.num_pending:
            messages = await reader.fetch(READ_AT_ONCE, timeout=10)
            found += [(each.headers["ce-id"], UUID(CallScheduled.FromString(each.data).call_id)) for each in messages]
        await stream.delete_consumer(CALLS_STREAM, consumer.name)
        return found
    finally:
        await client.close()
