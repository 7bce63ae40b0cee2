"""kill -9 of a process at its worst moment: one call, one entry, nothing lost (promises 1, 4 and 5)."""

import asyncio
import os
import signal

import asyncpg
import pytest
from whole_daybook import Person, WholeDaybook, assert_as_long_as, assert_every_word_is_kept, said, until, until_spoken

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def assert_one_call_and_all_words(daybook: WholeDaybook, person: Person) -> None:
    finished = await daybook.finished(person)
    assert events.CallOutcome.Name(finished.outcome) == "CALL_OUTCOME_REFLECTED"
    [call] = await daybook.carrier_calls(person)
    entry = await daybook.entry(person)
    assert_every_word_is_kept(entry, call)


async def test_of_the_tick_between_its_commit_and_its_publish(daybook: WholeDaybook):
    person = await daybook.person("brief")
    database = await asyncpg.connect(daybook.stack.database_url)

    async def scheduled() -> bool:
        rows = "SELECT count(*) FROM window_scheduler.scheduled_calls WHERE person_id = $1::uuid"
        return bool(await database.fetchval(rows, person.person_id))

    nats = daybook.supervisor.pids["nats"]
    _, argv, environment = daybook.stack.tick()
    # the stream confirms nothing, so the tick is held where the calls are committed and not published
    os.kill(nats, signal.SIGSTOP)
    try:
        tick = await asyncio.create_subprocess_exec(*argv, env=environment, stdout=asyncio.subprocess.PIPE)
        await until(scheduled)
        tick.kill()
        await tick.communicate()
    finally:
        os.kill(nats, signal.SIGCONT)
        await database.close()
    await daybook.tick()
    await assert_one_call_and_all_words(daybook, person)


async def test_of_the_dispatcher_after_the_carrier_took_the_call_and_before_it_said_so(daybook: WholeDaybook):
    person = await daybook.person("brief")
    await daybook.fault(on="create_call", kind="hang", seconds=30)
    await daybook.tick()

    async def taken() -> bool:
        return bool(await daybook.carrier_calls(person))

    await until(taken)
    daybook.kill("call-dispatcher")
    await assert_one_call_and_all_words(daybook, person)


async def test_of_the_dispatcher_before_the_carrier_took_the_call(daybook: WholeDaybook):
    person = await daybook.person("brief")
    before = await daybook.posts_at_the_carrier()
    await daybook.fault(on="create_call", kind="hang_then_accept", seconds=1)
    await daybook.tick()

    async def posted() -> bool:
        return await daybook.posts_at_the_carrier() > before

    await until(posted)
    daybook.kill("call-dispatcher")
    await assert_one_call_and_all_words(daybook, person)


async def test_of_the_dispatcher_when_the_carrier_never_got_the_call(daybook: WholeDaybook):
    """The POST is lost and so is its sender: only the look at the carrier's calls allows another."""
    person = await daybook.person("brief")
    before = await daybook.posts_at_the_carrier()
    await daybook.fault(on="create_call", kind="drop")
    await daybook.tick()

    async def posted() -> bool:
        return await daybook.posts_at_the_carrier() > before

    await until(posted)
    daybook.kill("call-dispatcher")
    await assert_one_call_and_all_words(daybook, person)


async def test_of_the_journal_between_two_turns(daybook: WholeDaybook):
    person = await daybook.person("brief")
    await daybook.tick()
    await until_spoken(daybook, person)
    daybook.kill("journal")
    await assert_one_call_and_all_words(daybook, person)
    entry = await daybook.entry(person)
    [call] = await daybook.carrier_calls(person)
    assert_as_long_as(call, entry.summary.recording_ms)


async def test_of_the_gateway_between_two_turns(daybook: WholeDaybook):
    """The only gateway: what was said before is kept, in one entry. Another one carries on in tests/integration."""
    person = await daybook.person("talks_and_completes")
    await daybook.tick()
    await until_spoken(daybook, person)
    daybook.kill("voice-gateway")
    await daybook.finished(person)

    async def kept() -> bool:
        listed = await daybook.journal.ListEntries(journal.ListEntriesRequest(person_id=person.person_id))
        return bool(listed.entries)

    await until(kept)  # the journal ends the session that no gateway could
    entry = await daybook.entry(person)
    [call] = await daybook.carrier_calls(person)
    assert said(entry, journal.SPEAKER_PERSON).startswith(call["said"][0]["text"])
