"""Which calls are in progress: those that are held, and those whose next request is still to come, but not for ever."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from voice_gateway.attempts import Attempt
from voice_gateway.calls import HANGS_UP_WITHIN, CallsInProgress

SOON = timedelta(seconds=60)


class Seconds:
    """A monotonic clock in the test's hand."""

    def __init__(self):
        self.now = 0.0


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def calls(seconds):
    return CallsInProgress(lambda: seconds.now)


@pytest.fixture
def attempt():
    return Attempt(str(uuid4()), 1)


def test_a_call_whose_next_request_is_due_is_in_progress_until_it_is_late(calls, seconds, attempt):
    assert calls.count() == 0
    calls.awaits(attempt, SOON)
    seconds.now = 59.0
    assert calls.count() == 1
    seconds.now = 60.0
    assert calls.count() == 0


async def test_a_call_is_one_however_many_ways_it_is_in_progress(calls, attempt):
    calls.awaits(attempt, SOON)
    async with calls.holding(attempt):
        assert calls.count() == 1


async def test_after_its_stream_a_call_is_in_progress_until_the_carrier_hangs_up(calls, attempt):
    async with calls.holding(attempt):
        pass
    assert calls.count() == 1
    calls.hung_up(attempt)
    assert calls.count() == 0


async def test_a_carrier_that_never_tells_is_not_waited_for_longer(calls, seconds, attempt):
    async with calls.holding(attempt):
        seconds.now = 1000.0
        assert calls.count() == 1
    seconds.now += HANGS_UP_WITHIN.total_seconds()
    assert calls.count() == 0


async def test_a_stream_s_last_words_outlast_the_hanging_up_and_nothing_outlasts_them(calls, attempt):
    async with calls.holding(attempt):
        calls.hung_up(attempt)
        assert calls.count() == 1
    calls.awaits(attempt, SOON)
    assert calls.count() == 0


async def test_none_left_returns_when_the_last_call_is_over(calls, attempt):
    over = asyncio.Event()

    async def hold():
        async with calls.holding(attempt):
            held.set()
            await over.wait()
        calls.hung_up(attempt)

    held = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hold())
        await held.wait()
        waiting = tasks.create_task(calls.none_left())
        await asyncio.sleep(0)
        assert not waiting.done()
        over.set()
