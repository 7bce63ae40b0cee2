"""How long from call.scheduled to the carrier, beside a poll, and how many calls a second does one dispatcher place?

The dispatcher runs as it is, in a process of its own, on a real PostgreSQL and NATS. Those whom it asks cost next to nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import asyncpg

from benchmarks.command import parser, progress
from benchmarks.dispatch.announcing import announce, announce_many, announcing, as_they_come
from benchmarks.dispatch.findings import Backlog, Found, Waits, figures, goals, waits_of
from benchmarks.dispatch.house import Around, running_dispatcher, started, surroundings
from benchmarks.dispatch.polling_dialer import PERIOD_S, add_call, make_table
from benchmarks.dispatch.tables import show_backlogs, show_waits
from benchmarks.measuring import read_clocks
from benchmarks.report import console, tell
from benchmarks.servers import Server, fresh_database, running_nats, running_postgres

BENCHMARK = "dispatch"
SIZES = "2000,20000"
SECONDS = 60
CALLS_A_SECOND, POLLED_A_SECOND = 20.0, 2.0
WARM_UP_CALLS = 40
SEED = 20261125


async def measure_waits(around: Around, calls: int, *, a_second: float) -> Waits:
    """Calls are announced as they come, at a rate that the dispatcher can well bear."""
    async with running_dispatcher(around) as pid, announcing(around.nats.url) as bus:
        tell_one = partial(announce, bus)
        await as_they_come(tell_one, WARM_UP_CALLS, a_second=a_second, seed=SEED)
        await around.carrier.until(WARM_UP_CALLS)
        before = read_clocks({"dispatcher": pid})
        sent = await as_they_come(tell_one, calls, a_second=a_second, seed=SEED + 1)
        await around.carrier.until(WARM_UP_CALLS + calls)
        cost = read_clocks({"dispatcher": pid}) - before
    return waits_of(sent, around.carrier.received, a_second=a_second, cpu_s=cost.cpu_s["dispatcher"])


async def measure_poll(around: Around, calls: int, *, a_second: float, period_s: float) -> Waits:
    """Calls are put into a table as they come, and a worker looks into it every so often."""
    worker = ("benchmarks.dispatch.polling_dialer", around.database_url, around.carrier.url, str(period_s))
    async with asyncpg.create_pool(around.database_url) as pool:
        await make_table(pool)
        async with started(*worker) as (pid, _):
            before = read_clocks({"worker": pid})
            sent = await as_they_come(partial(add_call, pool), calls, a_second=a_second, seed=SEED)
            await around.carrier.until(calls)
            cost = read_clocks({"worker": pid}) - before
    return waits_of(sent, around.carrier.received, a_second=a_second, cpu_s=cost.cpu_s["worker"])


async def measure_backlog(around: Around, announced: int) -> Backlog:
    """All are announced before the dispatcher starts."""
    async with announcing(around.nats.url) as bus:
        await announce_many(bus, announced)
    async with running_dispatcher(around) as pid:
        servers = {"dispatcher": pid, "postgres": around.postgres.pid, "nats": around.nats.pid}
        await around.carrier.until(announced // 10)
        under_way, before = len(around.carrier.received), read_clocks(servers)
        await around.carrier.until(announced)
        cost = read_clocks(servers) - before
    cpu_s = {name: cost.cpu_s[name] for name in servers}
    return Backlog(announced=announced, calls=announced - under_way, wall_s=cost.wall_s, cpu_s=cpu_s)


def doubled_of(around: Around) -> int:
    """How many requests came to the carrier for a call that it had already."""
    return around.carrier.posts - len(around.carrier.received)


@asynccontextmanager
async def fresh(postgres: Server) -> AsyncIterator[Around]:
    """A database, a NATS and stand-ins that know of no other measurement."""
    async with (
        running_nats() as nats,
        fresh_database(postgres) as url,
        surroundings(url, postgres, nats) as around,
    ):
        yield around


async def measure(sizes: Sequence[int], seconds: int, *, with_poll: bool) -> int:
    doubled, backlogs, poll = 0, list[Backlog](), None
    async with running_postgres() as postgres:
        async with fresh(postgres) as around:
            progress(f"{seconds} s of {CALLS_A_SECOND:g} calls a second")
            dispatcher = await measure_waits(around, int(seconds * CALLS_A_SECOND), a_second=CALLS_A_SECOND)
            doubled += doubled_of(around)
        if with_poll:
            async with fresh(postgres) as around:
                progress(f"{seconds} s of {POLLED_A_SECOND:g} calls a second, polled for every {PERIOD_S:g} s")
                calls = int(seconds * POLLED_A_SECOND)
                poll = await measure_poll(around, calls, a_second=POLLED_A_SECOND, period_s=PERIOD_S)
        for announced in sizes:
            async with fresh(postgres) as around:
                progress(f"{announced:,} calls wait in the stream")
                backlogs.append(await measure_backlog(around, announced))
                doubled += doubled_of(around)
    found = Found(dispatcher, poll, backlogs, doubled)
    out = console()
    show_waits(out, dispatcher, poll)
    show_backlogs(out, backlogs)
    return tell(out, BENCHMARK, figures(found), goals(found))


def main(argv: Sequence[str]) -> int:
    parsing = parser(BENCHMARK, __doc__, sizes=SIZES, counts="calls wait")
    parsing.add_argument("--seconds", type=int, default=SECONDS, help=f"how long calls come; else {SECONDS}")
    parsing.add_argument("--without-poll", action="store_true", help="leave out the poll")
    arguments = parsing.parse_args(argv)
    return asyncio.run(measure(arguments.sizes, arguments.seconds, with_poll=not arguments.without_poll))
