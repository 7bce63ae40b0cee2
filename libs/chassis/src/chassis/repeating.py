"""Doing a piece of work every so often, for as long as the process runs."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from chassis.clock import Clock
from chassis.errors import Unavailable
from chassis.heartbeat import Heartbeat
from chassis.waiting import until_any_set, until_set

log = structlog.get_logger()

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def repeat(
    name: str, work: Callable[[], Awaitable[object]], *, period_s: float, clock: Clock, stop: asyncio.Event
) -> None:
    """Does `work` at once and then every `period_s` until `stop` is set. Where a part does not answer, the next round tries."""
    heartbeat = Heartbeat(name, clock)
    while not stop.is_set():
        await _round(name, work, heartbeat)
        await until_set(stop, within=timedelta(seconds=period_s))


async def repeat_at_news(
    name: str,
    work: Callable[[], Awaitable[object]],
    *,
    news: asyncio.Event,
    period_s: float,
    clock: Clock,
    stop: asyncio.Event,
) -> None:
    """The same, and at once where `news` is set meanwhile."""
    heartbeat = Heartbeat(name, clock)
    while not stop.is_set():
        news.clear()
        await _round(name, work, heartbeat)
        await until_any_set(news, stop, within=timedelta(seconds=period_s))


async def repeat_by_the_clock(
    name: str, work: Callable[[], Awaitable[object]], *, period: timedelta, clock: Clock, stop: asyncio.Event
) -> None:
    """Does `work` at once and then at each whole multiple of a period, as cron would, until `stop` is set."""
    heartbeat = Heartbeat(name, clock)
    while not stop.is_set():
        await _round(name, work, heartbeat)
        await until_set(stop, within=until_next(clock.now(), period))


def until_next(now: datetime, period: timedelta) -> timedelta:
    """How long it is to the next whole multiple of a period since 1970: to 09:05, 09:10 … for five minutes."""
    return period - (now - EPOCH) % period


async def _round(name: str, work: Callable[[], Awaitable[object]], heartbeat: Heartbeat) -> None:
    try:
        await work()
    except Unavailable as error:
        log.warning("work.postponed", work=name, reason=str(error))
    else:
        heartbeat.beat()
