"""The standard orchestrator: the same conversations by `<Say>` and `<Gather>`."""

import pytest

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def more_settings():
    return {"orchestrator": "standard"}


async def test_the_same_conversation_without_a_media_stream(world):
    attempt_id = await world.ring("brief")
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    call = await world.carrier_call(attempt_id)
    session = world.session(attempt_id)
    assert call["streams"] == 0
    assert session.purposes()[0] == "greeting"
    assert session.purposes()[-1] == "closing"
    assert session.outcome == journal.SESSION_OUTCOME_COMPLETED
    assert session.said(journal.SPEAKER_PERSON).split() == call["said_words"].split()


async def test_a_key_opts_out(world):
    attempt_id = await world.ring("presses_9")
    await world.reflection(attempt_id, events.REFLECTION_STATE_OPTED_OUT)
    assert world.session(attempt_id).purposes()[-1] == "opt_out_confirmation"


async def test_silence_is_let_go(world):
    attempt_id = await world.ring("stays_silent")
    await world.reflection(attempt_id, events.REFLECTION_STATE_SILENT)
