"""A dispatcher as it is, in a process of its own, and what stands in for those whom it asks, each in its own too."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.contestants import ROOT, NotMeasurable
from benchmarks.servers import Server
from benchmarks.services import running_service
from call_dispatcher.__main__ import REVISIONS
from call_dispatcher.store import SCHEMA
from chassis.migrations import upgrade

STUCK_AFTER_S = 60
AS_FAST_AS_IT_CAN = 1000
DIALS_AT_ONCE = 32


class Carrier:
    """The stand-in for the carrier.

    Attributes:
        url: where.
        received: when a call's first POST was there, nanoseconds of the machine's monotonic clock, by the call's id.
        posts: how many came in all. More than `received` has: somebody was dialed twice.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: dict[str, int] = {}
        self.posts = 0
        self._more = asyncio.Event()

    async def until(self, calls: int) -> None:
        """Returns when so many calls have come.

        Raises:
            NotMeasurable: none came for a minute.
        """
        while len(self.received) < calls:
            self._more.clear()
            try:
                await asyncio.wait_for(self._more.wait(), STUCK_AFTER_S)
            except TimeoutError:
                raise NotMeasurable(
                    f"{len(self.received):,} of {calls:,} calls came to the carrier, and none in the last {STUCK_AFTER_S} s."
                ) from None

    async def listen(self, lines: asyncio.StreamReader) -> None:
        """Reads what the stand-in tells, until it ends."""
        async for line in lines:
            call_id, moment = line.decode().split()
            self.received.setdefault(call_id, int(moment))
            self.posts += 1
            self._more.set()


@dataclass(frozen=True)
class Around:
    """What a dispatcher stands between: its servers, and the stand-ins of those whom it asks."""

    database_url: str
    postgres: Server
    nats: Server
    scheduler_target: str
    carrier: Carrier


@asynccontextmanager
async def surroundings(database_url: str, postgres: Server, nats: Server) -> AsyncIterator[Around]:
    """The stand-ins, while the block runs."""
    async with (
        started("benchmarks.dispatch.carrier_stand_in") as (carrier_port, lines),
        started("benchmarks.dispatch.scheduler_stand_in") as (scheduler_port, _),
    ):
        carrier = Carrier(f"http://127.0.0.1:{carrier_port}")
        listening = asyncio.create_task(carrier.listen(lines))
        try:
            yield Around(database_url, postgres, nats, f"127.0.0.1:{scheduler_port}", carrier)
        finally:
            listening.cancel()


@asynccontextmanager
async def running_dispatcher(around: Around) -> AsyncIterator[int]:
    """The process id of a dispatcher whose rate does not hold it back. Its log is written, and read by nobody."""
    await upgrade(around.database_url, schema=SCHEMA, revisions=REVISIONS)
    settings = {
        "DAYBOOK_DATABASE_URL": around.database_url,
        "DAYBOOK_NATS_URL": around.nats.url,
        "DAYBOOK_SCHEDULER_TARGET": around.scheduler_target,
        "DAYBOOK_CALLS_PER_SECOND": str(AS_FAST_AS_IT_CAN),
        "DAYBOOK_DIALS_AT_ONCE": str(DIALS_AT_ONCE),
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "token",
        "TWILIO_FROM_NUMBER": "+15005550006",
        "TWILIO_API_URL": around.carrier.url,
        "PUBLIC_URL": "https://daybook.example",
    }
    async with running_service("call_dispatcher", settings) as dispatcher:
        yield dispatcher.pid


@asynccontextmanager
async def started(module: str, *arguments: str) -> AsyncIterator[tuple[int, asyncio.StreamReader]]:
    """A program of this benchmark, while the block runs: the number that it printed first, and what it prints from then on.

    Raises:
        NotMeasurable: it printed none.
    """
    argv = [sys.executable, "-m", module, *arguments]
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    if process.stdout is None:
        raise NotMeasurable(f"{module} has no standard output.")
    try:
        number = await process.stdout.readline()
        if not number:
            raise NotMeasurable(f"{module} did not start; what it printed above says why.")
        yield int(number), process.stdout
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
