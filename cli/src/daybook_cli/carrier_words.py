"""What the emulated carrier says to those whom it has called: the texts of `<Say>`, as they begin.

A call for signing in tells its code so. They come from the emulator's memory and go to the terminal; no log and no file has them.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2

TRIED_AGAIN_AFTER_S = 1.0
CONNECTED_WITHIN_S = 5.0
EVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Words:
    """`at`: aware, UTC."""

    at: datetime
    text: str


async def carrier_words(emulator_url: str, *, since: datetime) -> AsyncIterator[Words]:
    """All that is said from a moment on, what is to come included; it goes on until it is cancelled.

    Args:
        emulator_url: of the emulated carrier. While it does not answer it is asked again: the supervisor starts it anew.
        since: aware.
    """
    timeout = httpx2.Timeout(CONNECTED_WITHIN_S, read=None)
    last = since
    async with httpx2.AsyncClient(base_url=emulator_url, timeout=timeout, trust_env=False) as client:
        while True:
            with contextlib.suppress(httpx2.TransportError):
                async with client.stream("GET", "/emulator/events", params={"from": 0}) as feed:
                    async for line in feed.aiter_lines():
                        words = words_of(line)
                        if words is not None and words.at > since:
                            last = words.at
                            yield words
            since = last
            await asyncio.sleep(TRIED_AGAIN_AFTER_S)


def words_of(line: str) -> Words | None:
    """What an event of the feed tells of this; none where it is another kind of event."""
    event = json.loads(line)
    if event["kind"] != "daybook.says":
        return None
    return Words(datetime.fromisoformat(event["at"]).astimezone(UTC), event["text"])
