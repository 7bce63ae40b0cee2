import asyncio
import os
import signal

import pytest

from daybook_cli.interruptible import until_interrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_work_that_is_interrupted_winds_down_and_tells(number):
    told = []

    async def work():
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            told.append("wound down")

    assert not until_interrupted(work())
    assert told == ["wound down"]


def test_work_that_ends_by_itself_is_not_interrupted():
    async def work():
        """Nothing to do."""

    assert until_interrupted(work())


def test_what_goes_wrong_in_it_is_raised():
    async def work():
        raise LookupError

    with pytest.raises(LookupError):
        until_interrupted(work())
