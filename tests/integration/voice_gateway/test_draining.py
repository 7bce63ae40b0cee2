"""A gateway that is to go holds its calls to their end, media stream or not (promise 8)."""

import asyncio
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal
from voice_gateway.attempts import parse_attempt_id
from voice_gateway.draining import drain

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", params=["enhanced", "standard"])
def more_settings(request):
    return {"orchestrator": request.param}


async def test_a_rollout_hangs_up_on_nobody(world):
    assert (await world.web.get("/readyz")).status_code == 200
    attempt_id = await world.ring("brief")
    call_id = attempt_id.partition(".")[0]
    await world.journal.until(
        lambda: call_id in world.journal.sessions and world.session(attempt_id).said(journal.SPEAKER_PERSON) != ""
    )
    world.stop.set()
    draining = asyncio.create_task(drain(world.gateway.calls, longest_call=timedelta(minutes=15)))
    answer = await world.web.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "draining"})
    assert (await world.web.get("/healthz")).status_code == 200
    assert REGISTRY.get_sample_value("daybook_draining") == 1
    assert world.gateway.calls.count() == 1
    # called while it drains: the carrier has not heard yet that it is to ask another
    late = await world.ring("brief")
    for each in (attempt_id, late):
        await world.reflection(each, events.REFLECTION_STATE_COMPLETED)
        call = await world.carrier_call(each)
        assert world.session(each).said(journal.SPEAKER_PERSON).split() == call["said_words"].split()
    await draining
    assert world.gateway.calls.count() == 0


async def test_a_call_that_never_ends_is_left_after_the_longest_that_a_call_may_be(world):
    attempt_of_nobody = parse_attempt_id(world.attempt())
    world.gateway.calls.awaits(attempt_of_nobody, timedelta(hours=1))
    await drain(world.gateway.calls, longest_call=timedelta(seconds=-60))
    assert world.gateway.calls.count() == 1
    world.gateway.calls.hung_up(attempt_of_nobody)
