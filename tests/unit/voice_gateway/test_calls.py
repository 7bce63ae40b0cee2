"""Which calls are in progress: those that are held, and those whose next request is still to come, but not for ever."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from voice_gateway.attempts import Attempt
from voice_gateway.calls import HANGS_UP_WITHIN, STREAM_OPENS_WITHIN, CallsInProgress
from voice_gateway.speech_trouble import SpeechTrouble

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
    return CallsInProgress(lambda: seconds.now, at_once=2)


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


async def test_a_process_is_full_with_the_streams_that_run_and_those_that_are_to_open(calls, attempt):
    invited, other = Attempt(str(uuid4()), 1), Attempt(str(uuid4()), 1)
    calls.invites(invited)
    async with calls.holding(attempt):
        assert calls.is_full(other)
        assert not calls.is_full(attempt), "the stream it has is its own"
        assert not calls.is_full(invited), "asked for again, it is still one"
        calls.hung_up(invited)
        assert not calls.is_full(other)
        calls.invites(other)
    assert not calls.is_full(invited)


def test_a_stream_that_never_opens_keeps_nobody_out_for_long(calls, seconds, attempt):
    for _ in range(2):
        calls.invites(Attempt(str(uuid4()), 1))
    assert calls.is_full(attempt)
    seconds.now = STREAM_OPENS_WITHIN.total_seconds()
    assert not calls.is_full(attempt)


def test_a_call_without_a_stream_takes_no_place(calls, attempt):
    for _ in range(2):
        calls.awaits(Attempt(str(uuid4()), 1), SOON)
    assert not calls.is_full(attempt)


def test_trouble_with_speech_is_remembered_for_a_while(seconds):
    trouble = SpeechTrouble(lambda: seconds.now)
    assert trouble.reason() is None
    trouble.note("google_speech_refused")
    seconds.now = 29.0
    assert trouble.reason() == "google_speech_refused"
    seconds.now = 30.0
    assert trouble.reason() is None
