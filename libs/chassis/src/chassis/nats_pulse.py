"""Whether NATS answers, asked in a way that its client survives.

nats-py answers a question (PING) that was given up, after a timeout or a cancellation, as if somebody still waited for it: the
answer that comes late then ends the task that reads from the connection. The client goes on calling itself connected, and hears
nothing until its own pings tell, minutes later. So a question is never taken back: it waits for its answer, or for the next
connection, and whoever asks meanwhile waits for the same one.
"""

import asyncio

from nats.aio.client import Client
from nats.errors import Error as NatsError

LONGEST_WAIT_S = 600
"""Longer than any connection lives without an answer (`nats_access.PING_EVERY_S`), so that it never ends a question."""


class Pulse:
    """Asks one connection."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._question: asyncio.Task[bool] | None = None
        self._asked_on: int | None = None

    async def felt(self, *, within_s: float) -> bool:
        """Whether NATS answers in time."""
        # a client that is reconnecting keeps the question for later and calls it answered
        if not self._client.is_connected:
            return False
        done, _ = await asyncio.wait([self._asked()], timeout=within_s)
        return any(question.result() for question in done) and self._client.is_connected

    def _asked(self) -> "asyncio.Task[bool]":
        connection = self._client.stats["reconnects"]
        if self._question is None or self._question.done() or self._asked_on != connection:
            self.forget()
            self._question, self._asked_on = asyncio.create_task(self._ask()), connection
        return self._question

    async def _ask(self) -> bool:
        try:
            await self._client.flush(timeout=LONGEST_WAIT_S)
        except (NatsError, TimeoutError, OSError):
            return False
        return True

    def forget(self) -> None:
        """Gives up the open question. Only once its connection is gone."""
        if self._question is not None:
            self._question.cancel()
