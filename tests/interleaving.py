"""Coroutines as processes that a test holds at any await, lets go on in any order, and kills as `kill -9` does.

A step is what runs between two suspensions, in whichever task of the process; a task that waits for its turn has been given
its answer by PostgreSQL or NATS, and does nothing about it.
"""

import asyncio
import types
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from contextvars import ContextVar
from functools import partial
from typing import Any, Self

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from sqlalchemy import event

from chassis.database import Database, create_engine

Work = Callable[[Database], Coroutine[Any, Any, Any]]

BLOCKED_AFTER_S = 0.05
"""Who takes no step for so long waits for a lock that another one holds, and the next has its turn. Nothing hangs on it but
which interleavings come to pass."""

WHERE_THEY_ARE_KILLED = [
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.usefixtures("graves"),
]
"""Marks of tests that kill processes: who is killed while the pool hands them a connection leaves it to the garbage collector. Of
that the pool warns, and pytest too where that is done in a task which is cancelled just then."""

_process: ContextVar["Process | None"] = ContextVar("process", default=None)


def steppable(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **kwargs: Any
) -> "asyncio.Task[Any]":
    """The task factory of a loop on which processes run: each task that one starts belongs to it."""
    process = _process.get()
    if process is None:
        return asyncio.Task(coroutine, loop=loop, **kwargs)
    task = asyncio.Task(process.stepped(coroutine), loop=loop, **kwargs)
    task.add_done_callback(lambda _: coroutine.close())  # it may have been cancelled before its first step
    process.tasks.append(task)
    return task


class Process:
    """A coroutine and all tasks that it starts, which takes as many steps as it is granted."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.tasks: list[asyncio.Task[Any]] = []
        self.halted = asyncio.Event()
        self._steps_left: int | None = 0
        self._dead = False
        self._may_go_on = asyncio.Event()
        token = _process.set(self)
        self.main = asyncio.create_task(coroutine)
        _process.reset(token)

    def grant(self, steps: int | None) -> None:
        """So many steps more; none: as many as it takes."""
        self._steps_left = steps
        self.halted.clear()
        self._may_go_on.set()

    async def until_halted(self, timeout_s: float | None = None) -> None:
        """Returns once the steps are taken, or there are no more, or it is blocked."""
        halted = asyncio.create_task(self.halted.wait())
        await asyncio.wait({self.main, halted}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        halted.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """A halted task outlives its being cancelled, and the loop would wait for it for ever: no test may leave one behind."""
        await self.bury()

    async def bury(self) -> None:
        """Clears away the tasks of a process whose connections are gone: from here on, whatever it awaits is cancelled."""
        self._dead = True
        while pending := [task for task in self.tasks if not task.done()]:
            for task in pending:
                task.cancel()
            await asyncio.sleep(0)

    async def stepped(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return await self._steps(coroutine)

    @types.coroutine
    def _steps(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        step = partial(coroutine.send, None)
        while True:
            while not self._dead and not self._takes_step():
                try:
                    yield from self._may_go_on.wait().__await__()
                except asyncio.CancelledError as error:
                    step = partial(coroutine.throw, error)
            if self._dead:  # also where it has caught that before, to try again by another connection
                step = partial(coroutine.throw, asyncio.CancelledError())
            try:
                awaited = step()
            except StopIteration as ended:
                return ended.value
            try:
                step = partial(coroutine.send, (yield awaited))
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's
                step = partial(coroutine.throw, error)

    def _takes_step(self) -> bool:
        if self._steps_left is None:
            return True
        if self._steps_left > 0:
            self._steps_left -= 1
            return True
        self._may_go_on.clear()
        self.halted.set()
        return False


async def kill_after(steps: int, work: Work, *, url: str, schema: str, control: asyncpg.Connection) -> bool:
    """Runs work in a process of its own, which is killed once it has taken so many steps.

    What PostgreSQL or NATS had been sent by then they may have done, or not. Nothing that the process would do about its end
    reaches them any more.

    Args:
        steps: how many.
        work: given a database of its own.
        url, schema: of that database.
        control: another connection there.

    Returns:
        Whether it came to its end before.
    """
    engine = create_engine(url, schema=schema, pool_size=2)
    opened: list[asyncpg.Connection] = []
    event.listen(engine.sync_engine, "connect", lambda each, _: opened.append(each.driver_connection))
    async with engine.connect():
        pass  # what a first connection takes to be made ready is of no interest
    async with Process(work(Database(engine))) as process:
        process.grant(steps)
        await process.until_halted()
        ended = process.main.done()
        if not ended:
            backends = [each.get_server_pid() for each in opened if not each.is_closed()]
            for each in opened:
                each.terminate()
            await control.fetch("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", backends)
            # until they are gone they may hold locks, and carry out what they were sent; PostgreSQL itself would look each 100 ms
            while await control.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1::int[])", backends):
                pass
    await engine.dispose()
    if ended:
        process.main.result()
    return ended


async def in_turns(works: Sequence[Awaitable[Any]], turns: Sequence[int]) -> list[Any]:
    """Runs coroutines at once, in turns: each for so many steps, one after the other, and in the end all to their ends.

    Returns:
        What each returned or raised.
    """
    async with AsyncExitStack() as stack:
        processes = [await stack.enter_async_context(Process(each)) for each in works]
        for number, steps in enumerate(turns):
            process = processes[number % len(processes)]
            process.grant(steps)
            await process.until_halted(BLOCKED_AFTER_S)
        for process in processes:
            process.grant(None)
        return await asyncio.gather(*(process.main for process in processes), return_exceptions=True)


def machine_settings(examples: int, steps: int, *, derandomize: bool) -> settings:
    """Those of a state machine whose steps are processes on real servers.

    Args:
        examples: how many sequences.
        steps: of each, at most.
        derandomize: the same sequences each time.
    """
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=derandomize,
        print_blob=True,
        phases=[Phase.generate, Phase.shrink],  # to explain a failure takes a tracer, and long
        suppress_health_check=list(HealthCheck),
    )
