"""Many small things done as one: what is asked for while others are served is done for all who ask by then.

A statement for ten rows costs little more than one for a single row. Whoever comes alone is served at once, and the busier a
process is, the more are served together. Databases flush their logs so, and call it a group commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

AskedT = TypeVar("AskedT")
AnswerT = TypeVar("AnswerT")


class Together(Generic[AskedT, AnswerT]):
    """Does things of one kind, one lot of them after the other.

    Args:
        do: does a lot, and answers each in their order. What it raises, all of that lot are told.
    """

    def __init__(self, do: Callable[[Sequence[AskedT]], Awaitable[Sequence[AnswerT]]]) -> None:
        self._do = do
        self._turn = asyncio.Lock()
        self._gathering = _Lot[AskedT, AnswerT]()

    async def ask(self, asked: AskedT) -> AnswerT:
        """Has one thing done, with those that others ask for meanwhile."""
        lot, place = self._gathering, len(self._gathering.asked)
        lot.asked.append(asked)
        if place == 0:
            await self._serve(lot)
        # shielded: one who gives up takes the answer from nobody else
        return (await asyncio.shield(lot.answers))[place]

    async def _serve(self, lot: "_Lot[AskedT, AnswerT]") -> None:
        """The first of a lot serves all of it, once the lot before is done."""
        try:
            async with self._turn:
                self._gathering = _Lot()
                lot.answers.set_result(await self._do(lot.asked))
        except Exception as error:  # noqa: BLE001 - it is raised to all of them
            lot.answers.set_exception(error)
        finally:
            if not lot.answers.done():  # this task was cancelled, and nobody is left to serve the others
                lot.answers.cancel()
            if self._gathering is lot:
                self._gathering = _Lot()


class _Lot(Generic[AskedT, AnswerT]):
    """What is done at once."""

    def __init__(self) -> None:
        self.asked: list[AskedT] = []
        self.answers: asyncio.Future[Sequence[AnswerT]] = asyncio.get_running_loop().create_future()
