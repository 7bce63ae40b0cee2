"""One call, from the tick to the decrypted entry, through every process and every protocol."""

import pytest
from whole_daybook import WholeDaybook, assert_as_long_as, assert_every_word_is_kept, said

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAV_HEADER_BYTES = 58
BYTES_PER_MS = 16  # two tracks of 8 bytes a millisecond


async def test_a_call_becomes_an_entry_with_every_word_that_was_said(daybook: WholeDaybook):
    person = await daybook.person("brief")
    finished = await daybook.rung(person)
    assert events.CallOutcome.Name(finished.outcome) == "CALL_OUTCOME_REFLECTED"
    entry = await daybook.entry(person)
    [call] = await daybook.carrier_calls(person)
    assert_every_word_is_kept(entry, call)
    assert person.name in said(entry, journal.SPEAKER_DAYBOOK)


async def test_the_recording_is_as_long_as_the_call(daybook: WholeDaybook):
    person = await daybook.person("brief")
    await daybook.rung(person)
    [call] = await daybook.carrier_calls(person)
    entry = await daybook.entry(person)
    wav = await daybook.recording(person, entry.summary.entry_id)
    assert_as_long_as(call, entry.summary.recording_ms)
    assert (len(wav) - WAV_HEADER_BYTES) / BYTES_PER_MS == entry.summary.recording_ms
