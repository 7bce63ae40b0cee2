"""What is told while somebody waits is told, or said to be untold; what keeps the bus waiting is in
tests/integration/voice_gateway/test_without_bus.py.
"""

import asyncio

import pytest
from structlog.testing import capture_logs

from chassis.errors import Unavailable
from voice_gateway.telling import Telling


async def test_who_waits_learns_that_it_cannot_be_told():
    async def fails():
        raise Unavailable("The stream is full.")

    with pytest.raises(Unavailable), capture_logs() as logs:
        await Telling().tell(fails())
    assert [(line["event"], line["error"]) for line in logs] == [("call.untold", "Unavailable")]


async def test_what_fails_when_nobody_waits_any_more_is_in_the_log():
    telling, fail, begun = Telling(), asyncio.Event(), asyncio.Event()

    async def fails():
        begun.set()
        await fail.wait()
        raise Unavailable("The stream is full.")

    waiting = asyncio.create_task(telling.tell(fails()))
    await begun.wait()
    waiting.cancel()
    await asyncio.wait([waiting])
    with capture_logs() as logs:
        fail.set()
        while not logs:  # noqa: ASYNC110 - a line makes no event
            await asyncio.sleep(0)
    assert [line["event"] for line in logs] == ["call.untold"]


async def test_a_process_that_goes_says_how_much_is_untold():
    telling, begun = Telling(), asyncio.Event()

    async def never():
        begun.set()
        await asyncio.Event().wait()

    waiting = asyncio.create_task(telling.tell(never()))
    await begun.wait()
    with capture_logs() as logs:
        await telling.close()
    assert [(line["event"], line["number"]) for line in logs] == [("calls.untold", 1)]
    await asyncio.wait([waiting])
    assert waiting.cancelled()
