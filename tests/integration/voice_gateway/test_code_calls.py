"""Calls for signing in: nothing secret is said before a key is pressed, and nothing of them is kept, by either orchestrator."""

from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from stored_messages import stored_messages
from structlog.testing import capture_logs

from daybook.events.v1 import events_pb2 as events

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE, SPOKEN = "040719", "0, 4, 0, 7, 1, 9"
FORM = {"CallSid": "CA" + "d" * 32, "CallStatus": "in-progress", "SequenceNumber": "3"}
DETECTION = {
    "MachineDetection": "DetectMessageEnd",
    "AsyncAmd": "true",
    "AsyncAmdStatusCallback": "{hooks}/amd/{attempt_id}",
}


@pytest.fixture(scope="module", params=["enhanced", "standard"])
def more_settings(request):
    return {"orchestrator": request.param}


@pytest.fixture
def attempt(world):
    def of(**choices):
        return world.attempt(for_sign_in=True, **{"code": CODE, **choices})

    return of


async def states(world, attempt_id):
    stored = await world.stored_progress()
    return [it.reflection.state for it in stored if it.attempt_id == attempt_id and it.HasField("reflection")]


async def test_who_presses_1_hears_the_code_and_nothing_is_kept_of_it(world, attempt):
    with capture_logs() as logs:
        attempt_id = await world.ring("talks_and_completes", attempt(), **DETECTION)
        call = await world.carrier_call(attempt_id)
    offer, told, good_bye = call["says"]
    assert SPOKEN not in offer
    assert told.count(SPOKEN) == 2
    assert good_bye == "Good-bye."
    assert call["heard_words"] == " ".join(call["says"])
    assert (call["streams"], call["debugger"], call["said"]) == (0, [], [])
    assert await states(world, attempt_id) == [events.REFLECTION_STATE_CODE_TOLD]
    assert attempt_id.partition(".")[0] not in world.journal.sessions
    for kept in (str(logs), str([message.data for message in await stored_messages(world.nats_url)])):
        assert CODE not in kept
        assert SPOKEN not in kept


async def test_it_is_told_in_the_persons_language_and_again_if_they_wish(world, attempt):
    menu = [{"press": "1"}] * 2
    attempt_id = await world.ring("brief", attempt(locale="de-AT"), overrides={"menu": menu})
    [offer, *told, _] = (await world.carrier_call(attempt_id))["says"]
    assert offer.startswith("Hier ist Daybook")
    assert [text.count(SPOKEN) for text in told] == [2, 2]


@pytest.mark.parametrize("persona", ["voicemail", "stays_silent"])
async def test_who_presses_nothing_hears_no_code(world, attempt, persona):
    attempt_id = await world.ring(persona, attempt(), **DETECTION)
    call = await world.carrier_call(attempt_id)
    assert SPOKEN not in " ".join(call["says"])
    assert call["says"][0] == call["says"][1]
    assert await states(world, attempt_id) == []


async def test_9_opts_out_before_the_code_and_after(world, attempt):
    for menu, wanted in (
        ([{"press": "9"}], [events.REFLECTION_STATE_OPTED_OUT]),
        ([{"press": "1"}, {"press": "9"}], [events.REFLECTION_STATE_CODE_TOLD, events.REFLECTION_STATE_OPTED_OUT]),
    ):
        attempt_id = await world.ring("brief", attempt(), overrides={"menu": menu})
        call = await world.carrier_call(attempt_id)
        assert call["says"][-1] == "I understand. You will not be called any more. Good-bye."
        assert await states(world, attempt_id) == wanted


async def test_a_code_that_is_of_no_use_any_more_is_none_and_no_reflection_either(world, attempt):
    attempt_id = await world.ring("brief", attempt(code=""))
    call = await world.carrier_call(attempt_id)
    assert call["says"][1:] == ["Your code is not valid any more. Please ask for another one. Good-bye."]
    assert (call["streams"], await states(world, attempt_id)) == (0, [])


async def test_the_fallback_begins_anew(world, attempt):
    answer = await world.post(f"/webhooks/twilio/fallback/{attempt()}", FORM | {"ErrorCode": "11200"})
    [gather] = ET.fromstring(answer.text)
    assert gather.attrib["input"] == "dtmf"
    assert SPOKEN not in answer.text


async def test_a_key_is_taken_only_where_the_carrier_signed_it(world, attempt):
    attempt_id = attempt()
    path = f"/webhooks/twilio/code/{attempt_id}?offered=1&told=0"
    assert SPOKEN in (await world.post(path, FORM | {"Digits": "1"})).text
    assert (await world.post(path, FORM | {"Digits": "1"}, token="another")).status_code == 403
    assert (await world.web.post(path, data=FORM | {"Digits": "1"})).status_code == 403
    unknown = await world.post(f"/webhooks/twilio/code/{uuid4()}.1?offered=1&told=0", FORM | {"Digits": "1"})
    assert unknown.status_code == 404


async def test_a_reflection_has_no_code_to_tell(world):
    path = f"/webhooks/twilio/code/{world.attempt()}?offered=1&told=0"
    answer = ET.fromstring((await world.post(path, FORM | {"Digits": "1"})).text)
    assert [verb.tag for verb in answer] == ["Say", "Hangup"]
