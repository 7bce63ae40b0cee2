"""Google's voice or recogniser is not to be had: the call goes on by the carrier's own, and so do those that come next."""

from xml.etree import ElementTree as ET

import pytest
from prometheus_client import REGISTRY

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = {"CallSid": "CA" + "e" * 32, "CallStatus": "in-progress"}
REASONS = {
    "refused": "google_speech_refused",
    "unavailable": "google_speech_unavailable",
    "voiceless": "google_voice_unavailable",
}


@pytest.fixture(scope="module", params=list(REASONS))
def trouble(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def more_settings(trouble):
    return {"speech_model": ""} if trouble == "refused" else {}


async def test_google_is_down_and_nobody_is_hung_up_on(world, trouble):
    labels = {"orchestrator": "standard", "reason": REASONS[trouble]}
    before = REGISTRY.get_sample_value("daybook_orchestrator_chosen_total", labels) or 0.0
    admin = {"unavailable": world.speech_admin, "voiceless": world.tts_admin}.get(trouble)
    if admin is not None:
        (await world.web.post(f"{admin}/faults", json={"kind": "unavailable", "times": 1000})).raise_for_status()
    attempt_id = await world.ring("brief")
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    assert (await world.carrier_call(attempt_id))["streams"] == 1
    assert world.session(attempt_id).said(journal.SPEAKER_PERSON) != ""
    assert world.session(attempt_id).purposes()[-1] == "closing"
    following = await world.post(f"/webhooks/twilio/voice/{world.attempt()}", FORM)
    assert ET.fromstring(following.text).find("./Gather") is not None, "nobody else is to find out first"
    assert REGISTRY.get_sample_value("daybook_orchestrator_chosen_total", labels) == before + 2
