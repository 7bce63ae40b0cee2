"""A rollout hangs up on nobody (promise 8): the only gateway is asked to go in the middle of a conversation."""

import os
import signal

import httpx2
import pytest
from whole_daybook import WholeDaybook, said, until, until_spoken

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_gateway_that_is_to_go_holds_its_call_to_the_end_and_then_goes(daybook: WholeDaybook):
    person = await daybook.person("brief")
    await daybook.tick()
    await until_spoken(daybook, person)
    before = len(daybook.ends)
    os.kill(daybook.supervisor.pids["voice-gateway"], signal.SIGTERM)

    async with httpx2.AsyncClient(base_url=daybook.stack.parties.public_url, trust_env=False) as gateway:

        async def draining() -> bool:
            return (await gateway.get("/readyz")).status_code == httpx2.codes.SERVICE_UNAVAILABLE

        await until(draining)
        assert (await gateway.get("/readyz")).json() == {"status": "draining"}
        assert "daybook_draining 1.0" in (await gateway.get("/metrics/")).text
    assert daybook.ends[before:] == []

    finished = await daybook.finished(person)
    assert events.CallOutcome.Name(finished.outcome) == "CALL_OUTCOME_REFLECTED"
    entry = await daybook.entry(person)
    # the one in which somebody spoke: a busy machine may have had an attempt before it that came to nothing
    [call] = [it for it in await daybook.carrier_calls(person) if it["said"]]
    assert call["streams"] == 1
    assert said(entry, journal.SPEAKER_PERSON) == " ".join(utterance["text"] for utterance in call["said"])

    async def gone() -> bool:
        return any(it.startswith("voice-gateway ended by itself with status 0;") for it in daybook.ends[before:])

    await until(gone)
    await daybook.ready("voice-gateway")
