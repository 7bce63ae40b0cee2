"""A gateway that holds call after call takes no more memory for it, and in the end no task and no socket is left over.

All of Daybook is there, each part a process of its own, and a call is over when its words are in the journal. It has two sizes,
both of `make test-endurance`: a few calls ten times as fast as life, in half a minute; and 200 in progress at any moment, at half
the pace of life (FACTOR): with the carrier, Google, the journal and PostgreSQL beside the gateway, two cores carry no more. It
takes some 20 minutes so; an hour in the callers' time takes two: DAYBOOK_SOAK_MINUTES=60. Nothing else is to run on the machine
meanwhile: where it is busy, the people live more slowly than that, and a request without an answer for five seconds ends it.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

import httpx2
import pytest
from calls_without_end import HANGS_UP, CallsWithoutEnd, calls_without_end
from footprints import Footprint, footprint, kib_a_call, quarters
from whole_daybook import WholeDaybook, running_daybook, until

from daybook_cli.tuning import Tuning

pytestmark = pytest.mark.asyncio(loop_scope="session")

GATEWAY, JOURNAL = "voice-gateway", "journal"
STILL_FOR_LOOKS = 5
KEPT_BY_ONE_CALL = 2
"""Connections to Gemini: the one that is opened when somebody picks up, and another where two questions are asked at once."""
FEW_CALLS, FEW_LINES = 12, 4
SHORT = ("It was a quiet day, and I baked bread.", "That is all for today, thank you.", "Nothing else. Good night.")
MOST_KIB_A_CALL_OF_FEW = 400.0
"""Less than the sound of one: so few calls tell no more."""

CALLS = 200
LINES = 222
"""Each is dialed and rings before it is in progress."""
FACTOR = 0.5
MINUTES = float(os.environ.get("DAYBOOK_SOAK_MINUTES", "7"))
"""In the callers' time."""
PEOPLE = (
    "brief",
    "brief",
    "brief",
    "interrupts_prompt",
    "brief",
    "brief",
    "talks_and_completes",
    "brief",
    "brief",
    HANGS_UP,
)
"""Who is rung, one after another. Most talk for half a minute, so that all lines have had several calls after some minutes."""
LOOKED_EVERY = timedelta(seconds=5)
MOST_KIB_A_CALL = 16.0
"""Two hundred conversations take some MiB more or less from one minute to the next: the more calls, the less of it falls on each.
What is remembered of a call on purpose, that it is over, takes less than one of these, up to the ten thousandth call."""
LIFE_LIKE = Tuning(
    time_factor=FACTOR,
    voices="wordcode",
    settings={
        "DAYBOOK_CALLS_AT_ONCE": str(LINES + 1),
        "DAYBOOK_CALLS_PER_SECOND": "3",
        "DAYBOOK_EMULATOR_CALLS_PER_SECOND": "50",
    },
)


@dataclass
class Watched:
    """A Daybook with calls without end, and what its gateway and its journal take meanwhile."""

    daybook: WholeDaybook
    calls: CallsWithoutEnd
    gateway: httpx2.AsyncClient
    journal: httpx2.AsyncClient
    looks: list[Footprint] = field(default_factory=list)
    looks_at_journal: list[Footprint] = field(default_factory=list)

    async def look(self) -> Footprint:
        return await self._look_at(GATEWAY, self.gateway)

    async def _look_at(self, service: str, http: httpx2.AsyncClient) -> Footprint:
        pid, gemini = self.daybook.supervisor.pids[service], self.daybook.stack.ports["gemini"]
        return await footprint(pid, http, ended=self.calls.ended, keeps_to=gemini)

    async def look_while(self, more: Callable[[], bool], *, every: timedelta) -> None:
        while more():
            self.looks.append(await self.look())
            self.looks_at_journal.append(await self._look_at(JOURNAL, self.journal))
            await asyncio.sleep(every.total_seconds())

    async def at_rest(self) -> Footprint:
        """What it takes when nobody is on the line, after a call that was alone."""
        await self.calls.ring("brief", script=SHORT)
        alike: list[Footprint] = []

        async def still() -> bool:
            look = await self.look()
            if alike and (look.tasks, look.descriptors) != (alike[0].tasks, alike[0].descriptors):
                alike.clear()
            alike.append(look)
            await asyncio.sleep(0.2)
            return len(alike) >= STILL_FOR_LOOKS

        await until(still)
        return alike[-1]


@asynccontextmanager
async def watched(daybook: WholeDaybook) -> AsyncIterator[Watched]:
    def metrics_of(service: str) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            base_url=f"http://{daybook.stack.metrics_targets[service]}", timeout=30, trust_env=False
        )

    async with metrics_of(GATEWAY) as gateway, metrics_of(JOURNAL) as journal, calls_without_end(daybook) as calls:
        yield Watched(daybook, calls, gateway, journal)


def assert_nothing_is_left(before: Footprint, after: Footprint) -> None:
    assert after.tasks <= before.tasks
    assert after.descriptors - after.kept <= before.descriptors - before.kept
    assert after.counted["daybook_calls_in_progress"] == 0
    assert after.counted["daybook_spooled_bytes"] == 0
    for name in ("daybook_lost_turns_total", "daybook_lost_audio_seconds_total", "daybook_given_up_streams_total"):
        assert after.counted[name] == before.counted[name]
    # each call that was begun was held in one conversation, which came to its end
    ended = after.counted["daybook_conversations_total"] - before.counted["daybook_conversations_total"]
    assert ended == after.ended - before.ended


@pytest.mark.endurance
@pytest.mark.timeout(300)
async def test_call_after_call_leaves_nothing_over(daybook: WholeDaybook):
    async with watched(daybook) as it:

        def more() -> bool:
            return it.calls.begun < FEW_CALLS

        before = await it.at_rest()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(it.look_while(more, every=timedelta(seconds=0.25)))
            tasks.create_task(it.calls.keep(FEW_LINES, ["brief"], more=more, script=SHORT))
        assert_nothing_is_left(before, await it.at_rest())
        assert kib_a_call(it.looks) < MOST_KIB_A_CALL_OF_FEW


@pytest.mark.endurance
@pytest.mark.timeout(1800 + 2 * MINUTES * 60 / FACTOR)
async def test_two_hundred_calls_at_any_moment(tmp_path, capsys):
    async with running_daybook(LIFE_LIKE, tmp_path / "logs") as daybook, watched(daybook) as it:
        before = await it.at_rest()
        began_s = time.monotonic()

        def more() -> bool:
            return (time.monotonic() - began_s) * FACTOR < MINUTES * 60

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(it.look_while(more, every=LOOKED_EVERY))
            tasks.create_task(it.calls.keep(LINES, PEOPLE, more=more))
        wall_s = time.monotonic() - began_s
        after = await it.at_rest()
    with capsys.disabled():
        print(f"\n{told(it, before, after, wall_s)}", end="")  # noqa: T201 - for people
    assert_nothing_is_left(before, after)
    assert after.kept <= KEPT_BY_ONE_CALL
    assert median(look.counted["daybook_calls_in_progress"] for look in it.looks) >= CALLS
    assert kib_a_call(it.looks) < MOST_KIB_A_CALL


def told(it: Watched, before: Footprint, after: Footprint, wall_s: float) -> str:
    """What was seen, for people."""
    in_progress = median(look.counted["daybook_calls_in_progress"] for look in it.looks)
    talk_h = it.calls.connected_ms / 3_600_000
    lines = [
        f"{it.calls.ended} calls, {talk_h:.1f} hours of talk, {in_progress:.0f} in progress (median), {wall_s / 60:.1f} minutes",
        f"time factor {FACTOR:g}; 1 would be the pace of life",
    ]
    for name, looks in ((GATEWAY, it.looks), (JOURNAL, it.looks_at_journal)):
        mib = ", ".join(f"{median(look.kib for look in quarter) / 1024:.1f}" for quarter in quarters(looks))
        cpu = (looks[-1].cpu_s - looks[0].cpu_s) / (looks[-1].at_s - looks[0].at_s)
        lines.append(f"{name}: {mib} MiB by quarters, {kib_a_call(looks):+.2f} KiB a call, {cpu:.2f} of a core")
    for when, look in (("before", before), ("after", after)):
        lines.append(
            f"at rest {when}: {look.kib / 1024:.1f} MiB, {look.tasks} tasks, {look.descriptors} descriptors ({look.kept} kept)"
        )
    return "\n".join(lines)
