"""A real Prometheus with the chart's own rules over the one stack of the test run, looking every second."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest
import pytest_asyncio
from whole_daybook import WholeDaybook, until

from daybook_cli.observing import Observatory

SCRAPE_S = 1
TICK_PERIOD_S = 20
ALWAYS_FIRING = "DaybookWatchdog"


@dataclass(frozen=True)
class Sample:
    """One value of one series, at a moment of Prometheus's own clock (Unix time)."""

    labels: dict[str, str]
    at: float
    value: float


class Watch:
    """What Prometheus knows."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def ask(self, expr: str) -> list[Sample]:
        """The answer to a question: one sample a series, or all samples of a question like `up[5m]`."""
        answer = await self._client.get("/api/v1/query", params={"query": expr})
        body = answer.json()
        assert body["status"] == "success", (expr, body)
        return [
            Sample(series["metric"], float(at), float(value))
            for series in body["data"]["result"]
            for at, value in (series.get("values") or [series["value"]])
        ]

    async def exemplars(self, expr: str) -> list[dict[str, str]]:
        """The labels of the exemplars behind a question of the last minutes."""
        now = (await self.ask("vector(time())"))[0].at
        span = {"query": expr, "start": str(now - 600), "end": str(now)}
        answer = (await self._client.get("/api/v1/query_exemplars", params=span)).json()
        return [exemplar["labels"] for series in answer["data"] for exemplar in series["exemplars"]]

    async def firing(self) -> set[str]:
        """The names of the alerts that fire, without the one that always does."""
        found = await self.ask('ALERTS{alertstate="firing"}')
        return {sample.labels["alertname"] for sample in found} - {ALWAYS_FIRING}

    async def until_firing(self, names: set[str]) -> None:
        """Waits until exactly these alerts fire."""
        firing: set[str] = set()

        async def fire() -> bool:
            nonlocal firing
            firing = await self.firing()
            return firing == names

        try:
            await until(fire)
        except TimeoutError:
            pytest.fail(f"The alerts that fire are {firing or 'none'}, not {names or 'none'}.")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def watch(daybook: WholeDaybook) -> AsyncIterator[Watch]:
    values = {"windowScheduler.tick.periodSeconds": str(TICK_PERIOD_S)}
    targets = daybook.stack.metrics_targets
    observatory = Observatory(daybook.stack.home.observatory, targets, scrape_s=SCRAPE_S, values=values)
    await asyncio.to_thread(observatory.prepare)
    prometheus, *_ = observatory.processes()
    await daybook.supervisor.start(prometheus)
    async with httpx2.AsyncClient(base_url=observatory.prometheus_url, timeout=10, trust_env=False) as client:
        watching = Watch(client)

        async def all_seen() -> bool:
            return len(await watching.ask("up == 1")) == len(targets)

        await until(all_seen)
        yield watching
