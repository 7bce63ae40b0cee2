"""A call that is over leaves no task behind, and none that anybody forgot to await, whatever broke in the middle of it."""

import asyncio
import gc
from collections import Counter

import pytest
import pytest_asyncio

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal

pytestmark = pytest.mark.asyncio(loop_scope="module")

GONE_WITHIN_S = 10


@pytest_asyncio.fixture(loop_scope="module")
async def complaints() -> list[str]:
    """What the event loop has to complain of: tasks that were destroyed while pending, exceptions that nobody retrieved."""
    heard: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: heard.append(str(context)))
    return heard


def tasks_by_kind() -> Counter[str]:
    """The servers of this test's world have tasks of their own, always as many of each kind."""
    return Counter(task.get_coro().__qualname__ for task in asyncio.all_tasks())


async def until_no_more_tasks_than(before: Counter[str]) -> None:
    try:
        async with asyncio.timeout(GONE_WITHIN_S):
            while tasks_by_kind() - before:
                others = asyncio.all_tasks() - {asyncio.current_task()}
                await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
    except TimeoutError:
        assert tasks_by_kind() - before == Counter()


async def ring(world, *, journal_dies: bool = False) -> None:
    attempt_id = await world.ring("brief")
    call_id = attempt_id.partition(".")[0]
    await world.journal.until(
        lambda: call_id in world.journal.sessions and world.session(attempt_id).said(journal.SPEAKER_PERSON) != ""
    )
    if journal_dies:
        await world.journal.stop()
        await world.journal.start()
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    await world.ended(attempt_id)


async def nothing_is_left(before: Counter[str], complaints: list[str]) -> None:
    await until_no_more_tasks_than(before)
    gc.collect()
    await asyncio.sleep(0)  # the loop closes an asynchronous generator that was left
    assert complaints == []


async def test_by_a_call_whose_journal_was_killed_and_started_again(world, complaints):
    await ring(world)
    before = tasks_by_kind()
    await ring(world, journal_dies=True)
    await nothing_is_left(before, complaints)


async def test_by_a_call_whose_recogniser_and_voice_broke_off(world, complaints):
    await ring(world)
    before = tasks_by_kind()
    for admin, fault in [
        (world.speech_admin, {"kind": "aborted", "after_ms": 24_000}),
        (world.tts_admin, {"kind": "unavailable"}),
    ]:
        (await world.web.post(f"{admin}/faults", json=fault)).raise_for_status()
    await ring(world)
    await nothing_is_left(before, complaints)


async def test_by_a_call_that_was_prepared_and_whose_stream_never_comes(world, complaints):
    await ring(world)
    before = tasks_by_kind()
    form = {"CallSid": "CA" + "f" * 32, "CallStatus": "in-progress"}
    assert (await world.post(f"/webhooks/twilio/voice/{world.attempt('Nobody')}", form)).status_code == 200
    assert (tasks_by_kind() - before)["Preparations._prepare"] == 1
    await nothing_is_left(before, complaints)
