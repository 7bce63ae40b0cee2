"""What a stream of NATS holds."""

import nats
from nats.js.api import RawStreamMsg

from chassis.events import CALLS_STREAM


async def stored_messages(nats_url: str) -> list[RawStreamMsg]:
    """Every message of the stream CALLS, in order; nothing was taken out of it."""
    client = await nats.connect(nats_url)
    streams = client.jetstream()
    count = (await streams.stream_info(CALLS_STREAM)).state.messages
    stored = [await streams.get_msg(CALLS_STREAM, sequence) for sequence in range(1, count + 1)]
    await client.close()
    return stored
