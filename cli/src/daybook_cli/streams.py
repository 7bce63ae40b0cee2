"""Asking NATS how the streams stand, as the user toolbox, who may look and change nothing."""

import asyncio

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError

from chassis.events import CALLS_STREAM, DEAD_LETTERS_STREAM, DEAD_LETTERS_SUBJECTS
from chassis.nats_access import NatsAccess, connect_nats
from daybook_cli.observations import Consumer, Streams

ANSWER_WITHIN_S = 4.0
NAME = "daybook doctor"


async def look_at_streams(access: NatsAccess) -> Streams | None:
    """How the streams stand; none where NATS does not answer in time."""
    try:
        async with asyncio.timeout(2 * ANSWER_WITHIN_S):
            client = await connect_nats(access, name=NAME)
            try:
                return await _streams(client.jetstream(timeout=ANSWER_WITHIN_S))
            finally:
                await client.close()
    except (NatsError, OSError, TimeoutError):
        return None


async def _streams(streams: JetStreamContext) -> Streams:
    try:
        calls = await streams.stream_info(CALLS_STREAM)
        consumers = await streams.consumers_info(CALLS_STREAM)
    except NotFoundError:
        return Streams(calls=None, consumers={}, dead_letters={})
    return Streams(
        calls=calls.state.messages,
        consumers={info.name: _consumer(info) for info in consumers},
        dead_letters=await _dead_letters(streams),
    )


async def _dead_letters(streams: JetStreamContext) -> dict[str, int]:
    try:
        info = await streams.stream_info(DEAD_LETTERS_STREAM, subjects_filter=DEAD_LETTERS_SUBJECTS)
    except NotFoundError:
        return {}
    prefix = DEAD_LETTERS_SUBJECTS.removesuffix(">")
    return {subject.removeprefix(prefix): count for subject, count in (info.state.subjects or {}).items()}


def _consumer(info: ConsumerInfo) -> Consumer:
    return Consumer(waiting=info.num_pending or 0, in_hand=info.num_ack_pending or 0, listening=bool(info.num_waiting))
