"""Promise 7: each process of the system is stopped in a running Daybook, and within two of its periods the metrics alone,
evaluated by a real Prometheus with the chart's rules, fire the alert that names it. Then it goes on, and the alert ends.

Each takes its two periods, so they have a target of their own: `make test-observed`.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator

import psutil
import pytest
import pytest_asyncio
from watching import SCRAPE_S, TICK_PERIOD_S, Watch
from whole_daybook import WholeDaybook

from daybook_cli.errors import StepFailed

pytestmark = [pytest.mark.observed, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

PERIOD_S = 15
"""Of all that always runs: each shows life at least so often."""

SEEN_WITHIN_S = 3 * SCRAPE_S
"""How coarse Prometheus looks: until the first scrape after a stop has run into its timeout, and is evaluated."""

TOLD_BY = {
    "window-scheduler": "DaybookSchedulerMissing",
    "call-dispatcher": "DaybookDispatcherMissing",
    "voice-gateway": "DaybookGatewayMissing",
    "journal": "DaybookJournalMissing",
    "portal": "DaybookPortalMissing",
    "nats": "DaybookNatsTrouble",
    "postgres": "DaybookDatabaseTrouble",
}


class Ticking:
    """Runs the tick once a period, as the CronJob does, unless held."""

    def __init__(self, daybook: WholeDaybook) -> None:
        self._daybook = daybook
        self._allowed = asyncio.Event()
        self._allowed.set()

    def hold(self) -> None:
        self._allowed.clear()

    def go_on(self) -> None:
        self._allowed.set()

    async def run(self) -> None:
        while True:
            await self._allowed.wait()
            # without its database a tick fails, and the next comes all the same
            with contextlib.suppress(StepFailed):
                await self._daybook.tick()
            await asyncio.sleep(TICK_PERIOD_S / 2)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ticking(daybook: WholeDaybook) -> AsyncIterator[Ticking]:
    ticking = Ticking(daybook)
    running = asyncio.create_task(ticking.run())
    yield ticking
    running.cancel()
    await asyncio.wait([running])


@contextlib.contextmanager
def stopped(daybook: WholeDaybook, process: str) -> Iterator[float]:
    """A process and its children stand still while the block runs; gives the moment of the stop, Unix time."""
    first = psutil.Process(daybook.supervisor.pids[process])
    first.suspend()
    all_of_it = [first, *first.children(recursive=True)]
    for each in all_of_it:
        each.suspend()
    try:
        yield time.time()
    finally:
        for each in reversed(all_of_it):
            each.resume()


async def first_fired(watch: Watch, alert: str, *, after: float) -> float:
    """When an alert fired first after a moment, by Prometheus's own samples."""
    samples = await watch.ask(f'ALERTS{{alertname="{alert}",alertstate="firing"}}[10m]')
    return min(sample.at for sample in samples if sample.at > after)


@pytest.mark.parametrize(("process", "alert"), TOLD_BY.items())
async def test_a_process_that_stands_still_is_named_within_two_periods(daybook, watch, ticking, process, alert):
    await watch.until_firing(set())
    with stopped(daybook, process) as since:
        await watch.until_firing({alert})
    assert await first_fired(watch, alert, after=since) - since <= 2 * PERIOD_S + SEEN_WITHIN_S
    await watch.until_firing(set())


async def test_a_tick_that_does_not_come_is_named_within_two_periods(watch, ticking):
    await watch.until_firing(set())
    ticking.hold()
    await watch.until_firing({"DaybookTickMissing"})
    [last] = await watch.ask("max(daybook_tick_last_success_timestamp_seconds)")
    told = await first_fired(watch, "DaybookTickMissing", after=last.value)
    assert told - last.value <= 2 * TICK_PERIOD_S + SEEN_WITHIN_S
    ticking.go_on()
    await watch.until_firing(set())
