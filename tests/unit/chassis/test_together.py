"""Who asks while others are served is served with all who ask by then, and each has its own answer."""

import asyncio

import pytest

from chassis.errors import Unavailable
from chassis.together import Together


class Doubling:
    """Doubles numbers, one lot after the other, each when it is let; a lot with a zero in it fails."""

    def __init__(self):
        self.lots = []
        self.begun = asyncio.Semaphore(0)
        self.let = asyncio.Semaphore(0)
        self.together = Together(self._double)

    async def _double(self, numbers):
        self.lots.append(list(numbers))
        self.begun.release()
        await self.let.acquire()
        if 0 in numbers:
            raise Unavailable("It does not double now.")
        return [2 * number for number in numbers]

    async def asked(self, *numbers):
        """Tasks that have asked, each for one of these."""
        tasks = [asyncio.create_task(self.together.ask(number)) for number in numbers]
        await asyncio.sleep(0)
        return tasks


async def test_one_alone_is_served_at_once_and_who_asks_meanwhile_together():
    doubling = Doubling()
    first = await doubling.asked(1)
    await doubling.begun.acquire()
    others = await doubling.asked(2, 3, 4)
    for _ in range(2):
        doubling.let.release()
    assert await asyncio.gather(*first, *others) == [2, 4, 6, 8]
    assert doubling.lots == [[1], [2, 3, 4]]


async def test_what_goes_wrong_is_told_to_all_of_its_lot_and_to_nobody_else():
    doubling = Doubling()
    first = await doubling.asked(1)
    wrong = await doubling.asked(2, 0)
    doubling.let.release()
    assert await first[0] == 2
    await doubling.begun.acquire()
    await doubling.begun.acquire()
    right = await doubling.asked(3)
    for _ in range(2):
        doubling.let.release()
    for each in wrong:
        with pytest.raises(Unavailable):
            await each
    assert await right[0] == 6


async def test_one_who_gives_up_takes_the_answer_from_nobody():
    doubling = Doubling()
    first = await doubling.asked(1)
    second, third, fourth = await doubling.asked(2, 3, 4)
    third.cancel()
    for _ in range(2):
        doubling.let.release()
    assert await asyncio.gather(*first, second, fourth) == [2, 4, 8]


@pytest.mark.parametrize("begun", [False, True])
async def test_where_the_one_who_serves_is_cancelled_its_lot_is_and_the_next_is_served(begun):
    doubling = Doubling()
    [first] = await doubling.asked(1)
    serving, served_with = await doubling.asked(2, 3)
    await doubling.begun.acquire()
    if begun:
        doubling.let.release()
        await doubling.begun.acquire()
    serving.cancel()
    for each in (serving, served_with):
        with pytest.raises(asyncio.CancelledError):
            await each
    [last] = await doubling.asked(4)
    for _ in range(2):
        doubling.let.release()
    assert await asyncio.gather(first, last) == [2, 8]
