"""The loops of `api` go on whatever happens to a round, and beat after the good ones alone (promise 7)."""

import asyncio
from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY

from chassis.clock import ManualClock
from chassis.errors import Unavailable
from chassis.repeating import repeat, repeat_at_news

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


async def test_at_news_the_next_round_is_not_waited_for():
    news, stop, rounds = asyncio.Event(), asyncio.Event(), []

    async def work():
        rounds.append(news.is_set())
        (news if len(rounds) < 3 else stop).set()

    await repeat_at_news("told", work, news=news, period_s=3600, clock=ManualClock(NOW), stop=stop)
    assert rounds == [False, False, False]


async def test_news_that_came_while_a_round_failed_is_not_lost():
    news, stop, rounds = asyncio.Event(), asyncio.Event(), []

    async def work():
        rounds.append(None)
        if len(rounds) == 2:
            stop.set()
        news.set()
        raise Unavailable("not now")

    await repeat_at_news("told", work, news=news, period_s=3600, clock=ManualClock(NOW), stop=stop)
    assert len(rounds) == 2
