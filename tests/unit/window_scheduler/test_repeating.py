"""The loops of `api` go on whatever happens to a round, and beat after the good ones alone (promise 7)."""

import asyncio
from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY

from chassis.clock import ManualClock
from chassis.errors import Unavailable
from window_scheduler.repeating import repeat

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def last_beat():
    return REGISTRY.get_sample_value("daybook_worker_last_success_timestamp_seconds", {"worker": "tried"})


async def test_a_round_that_fails_is_tried_again_and_is_no_beat():
    clock, stop, beats = ManualClock(NOW), asyncio.Event(), []

    async def work():
        beats.append(last_beat())
        clock.advance(timedelta(minutes=1))
        match len(beats):
            case 2 | 3:
                raise Unavailable("not now")
            case 4:
                stop.set()

    await repeat("tried", work, period_s=0.001, clock=clock, stop=stop)
    first = (NOW + timedelta(minutes=1)).timestamp()
    assert beats == [0, first, first, first]
    assert last_beat() == clock.now().timestamp()
