"""A gateway with all the conversations it may have: a new call is offered to another, and is held without a stream in the end."""

from xml.etree import ElementTree as ET

import pytest
from prometheus_client import REGISTRY

from daybook.events.v1 import events_pb2 as events

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = {"CallSid": "CA" + "d" * 32, "CallStatus": "in-progress", "SequenceNumber": "3"}
STREAM, GATHER = "./Connect/Stream", "./Gather"


@pytest.fixture(scope="module")
def more_settings():
    return {"calls_at_once": 1}


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def has(world, path: str, verb: str) -> bool:
    answer = await world.post(f"/webhooks/twilio/{path}", FORM)
    return ET.fromstring(answer.text).find(verb) is not None


async def test_a_call_too_many_is_offered_to_another_gateway_and_then_held_by_the_carrier_s_own_speech(world):
    assert counted("daybook_calls_at_once") == 1
    first = world.attempt()
    assert await has(world, f"voice/{first}?fallback=1", STREAM)
    assert await has(world, f"voice/{first}?fallback=1", STREAM), "asked for again, it is still the same call"
    full = {"orchestrator": "standard", "reason": "full"}
    refused = counted("daybook_refused_webhooks_total", reason="GatewayFull")
    standard = counted("daybook_orchestrator_chosen_total", **full)
    second = await world.ring(
        "brief",
        Url="{hooks}/voice/{attempt_id}?fallback=1#rc=2&rp=5xx,ct,rt",
        FallbackUrl="{hooks}/fallback/{attempt_id}#rc=2&rp=5xx,ct,rt",
    )
    await world.reflection(second, events.REFLECTION_STATE_COMPLETED)
    assert (await world.carrier_call(second))["streams"] == 0
    assert counted("daybook_refused_webhooks_total", reason="GatewayFull") == refused + 3, "two are its retries"
    assert counted("daybook_orchestrator_chosen_total", **full) == standard + 1
    assert (await world.web.get("/readyz")).status_code == 200

    assert await has(world, f"voice/{world.attempt()}", GATHER), "whose carrier knows of no fallback is not refused"
    broken_off = world.attempt()
    assert await has(world, f"resume/{broken_off}?breaks=1", GATHER), "who talks already is not refused"
    assert world.scheduler.asked.count(broken_off.partition(".")[0]) == 1

    await world.post(f"/webhooks/twilio/status/{first}", FORM | {"CallStatus": "completed"})
    assert await has(world, f"voice/{world.attempt()}?fallback=1", STREAM)


async def test_a_call_whose_webhook_was_not_answered_is_held_by_the_carrier_s_own_speech(world):
    attempt_id = world.attempt()
    await world.post(f"/webhooks/twilio/status/{attempt_id}", FORM | {"CallStatus": "ringing"})
    assert await has(world, f"fallback/{attempt_id}", GATHER)
    assert world.scheduler.asked.count(attempt_id.partition(".")[0]) == 1
    ended = await world.post(f"/webhooks/twilio/fallback/{attempt_id}", FORM | {"CallStatus": "completed"})
    assert [verb.tag for verb in ET.fromstring(ended.text)] == ["Hangup"]
