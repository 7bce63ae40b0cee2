"""The standard orchestrator: the same conversations by `<Say>` and `<Gather>`, with everyone who may pick up."""

from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio

from chassis.bus import open_bus
from chassis.clock import SystemClock
from chassis.nats_access import NatsAccess
from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal
from voice_gateway.attempts import parse_attempt_id
from voice_gateway.callbacks import read_machine_detection, read_status
from voice_gateway.progress import Progress

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = {"CallSid": "CA" + "c" * 32, "CallStatus": "in-progress", "SequenceNumber": "3"}
DETECTION = {
    "MachineDetection": "DetectMessageEnd",
    "AsyncAmd": "true",
    "AsyncAmdStatusCallback": "{hooks}/amd/{attempt_id}",
}
OUTCOMES = {
    "brief": "COMPLETED",
    "talks_and_completes": "COMPLETED",
    "talks_seven_minutes": "COMPLETED",
    "needs_two_follow_ups": "COMPLETED",
    "interrupts_prompt": "COMPLETED",
    "hangs_up_mid_sentence": "CUT_SHORT",
    "says_stop_calling": "OPTED_OUT",
    "presses_9": "OPTED_OUT",
    "stays_silent": "SILENT",
    "voicemail": "VOICEMAIL",
}
TOLD = {"VOICEMAIL": "SILENT"}
"""What is told on the bus, where it is not called the same."""


@pytest.fixture(scope="module")
def more_settings():
    return {"orchestrator": "standard"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rung_together(world):
    """An attempt for each: they talk at the same time."""
    rung = {persona: await world.ring(persona, **DETECTION) for persona in OUTCOMES}
    keys = [{"press": "*"}, {"press": "#"}, "It was a calm day, and I sorted the letters in the attic.", {"press": "0"}]
    rung["keys"] = await world.ring("presses_9", overrides={"script": keys})
    known = world.attempt()
    await world.post(f"/webhooks/twilio/amd/{known}", FORM | {"AnsweredBy": "machine_start"})
    rung["known for a machine"] = await world.ring("voicemail", known)
    return rung


async def ended(world, attempt_id: str, outcome: str):
    """The session of a call that ended so."""
    await world.reflection(attempt_id, events.ReflectionState.Value(f"REFLECTION_STATE_{TOLD.get(outcome, outcome)}"))
    session = world.session(attempt_id)
    await world.journal.until(lambda: session.outcome is not None)  # an opt-out is told before
    assert session.outcome == journal.SessionOutcome.Value(f"SESSION_OUTCOME_{outcome}")
    return session


def assert_kept(kept: str, call: dict) -> None:
    """All that was said; of what somebody broke off, what the carrier had told by then."""
    whole = " ".join(utterance["text"] for utterance in call["said"] if utterance["end_ms"] is not None)
    assert kept.startswith(whole)
    assert call["said_words"].startswith(kept)


@pytest.mark.parametrize("persona", OUTCOMES)
async def test_each_call_ends_as_it_did_and_keeps_what_was_said(world, rung_together, persona):
    attempt_id = rung_together[persona]
    session = await ended(world, attempt_id, OUTCOMES[persona])
    call = await world.carrier_call(attempt_id)
    assert call["streams"] == 0
    assert call["debugger"] == []
    if persona != "voicemail":  # which speaks while Twilio asks how to answer, and is no reflection
        assert_kept(session.said(journal.SPEAKER_PERSON), call)


async def test_it_greets_asks_and_closes(world, rung_together):
    session = await ended(world, rung_together["brief"], "COMPLETED")
    assert session.purposes() == ["greeting", "question", "question", "question", "closing"]


async def test_silence_is_asked_about_and_let_go(world, rung_together):
    session = await ended(world, rung_together["stays_silent"], "SILENT")
    assert session.purposes() == ["greeting", "question", "are_you_there", "closing"]


async def test_every_key_is_obeyed(world, rung_together):
    session = await ended(world, rung_together["keys"], "COMPLETED")
    assert session.purposes()[:4] == ["greeting", "question", "repetition", "question"]
    assert session.purposes()[-1] == "closing"


async def test_a_voicemail_is_told_one_message(world, rung_together):
    session = await ended(world, rung_together["voicemail"], "VOICEMAIL")
    call = await world.carrier_call(rung_together["voicemail"])
    assert session.purposes().count("voicemail_message") == 1
    assert call["heard_words"].endswith(session.turns[-1].text)


async def test_a_machine_that_is_known_before_it_is_answered_is_not_greeted(world, rung_together):
    session = await ended(world, rung_together["known for a machine"], "VOICEMAIL")
    assert session.purposes() == ["voicemail_message"]


async def screened(world) -> str:
    """An attempt that a call screener answers. It waits for nobody, as only a carrier at the pace of life can play
    (tests/e2e/test_standard_orchestrator.py): here it is told as Twilio tells it.
    """
    attempt_id = world.attempt()
    await world.post(f"/webhooks/twilio/voice/{attempt_id}", FORM)
    await world.post(f"/webhooks/twilio/amd/{attempt_id}", FORM | {"AnsweredBy": "machine_start"})
    return attempt_id


async def told(world, attempt_id: str, **gathered: str) -> ET.Element:
    return ET.fromstring((await world.post(f"/webhooks/twilio/gather/{attempt_id}", FORM | gathered)).text)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def elsewhere(nats_server):
    """What another gateway tells."""
    async with open_bus(NatsAccess(nats_server.url), source="voice-gateway", clock=SystemClock()) as bus:
        yield Progress(bus, SystemClock())


async def test_who_hangs_up_may_be_told_to_another_gateway(world, elsewhere):
    attempt_id = world.attempt()
    await world.post(f"/webhooks/twilio/voice/{attempt_id}", FORM)
    await told(world, attempt_id, SpeechResult="It was a calm day, and I sorted the letters in the attic.")
    over = read_status(FORM | {"CallStatus": "completed", "CallDuration": "20"})
    await elsewhere.status(parse_attempt_id(attempt_id), over)
    await ended(world, attempt_id, "CUT_SHORT")


async def test_a_machine_may_be_told_to_another_gateway(world, elsewhere):
    attempt_id = world.attempt()
    detected = read_machine_detection(FORM | {"AnsweredBy": "machine_end_beep"})
    await elsewhere.answered_by(parse_attempt_id(attempt_id), detected)
    await world.told(lambda it: it.attempt_id == attempt_id and it.answered_by.takes_messages)
    await world.post(f"/webhooks/twilio/voice/{attempt_id}", FORM)
    session = await ended(world, attempt_id, "VOICEMAIL")
    assert session.purposes() == ["voicemail_message"]


async def test_a_call_screener_s_owner_is_greeted_and_asked(world):
    attempt_id = await screened(world)
    said = [
        "Hi, if you record your name and reason for calling, I will see if this person is available.",
        "Thanks. Please stay on the line.",
        "Hello, good evening.",
        "It was a calm day, and I sorted the letters in the attic.",
    ]
    for speech in said:
        await told(world, attempt_id, SpeechResult=speech)
    await told(world, attempt_id, Digits="0")
    session = await ended(world, attempt_id, "COMPLETED")
    assert session.said(journal.SPEAKER_PERSON) == " ".join(said)
    screening = session.purposes().index("screening_answer")
    assert session.purposes()[screening + 1 : screening + 3] == ["greeting", "question"]


async def test_a_call_screener_s_owner_who_does_not_come_is_not_waited_for_for_ever(world):
    attempt_id = await screened(world)
    answer = await told(world, attempt_id, SpeechResult="Please say your name.")
    assert answer[0].attrib["timeout"] == "45"
    await told(world, attempt_id)
    session = await ended(world, attempt_id, "SILENT")
    assert session.purposes()[-2:] == ["screening_answer", "closing"]


async def test_who_hangs_up_without_a_word_was_silent(world):
    attempt_id = world.attempt()
    await world.post(f"/webhooks/twilio/voice/{attempt_id}", FORM)
    await world.post(f"/webhooks/twilio/status/{attempt_id}", FORM | {"CallStatus": "completed"})
    await ended(world, attempt_id, "SILENT")


async def test_who_wants_no_more_calls_gets_none_though_the_journal_is_away(world):
    attempt_id = world.attempt()
    await world.post(f"/webhooks/twilio/voice/{attempt_id}", FORM)
    await world.journal.stop()
    answer = await world.post(f"/webhooks/twilio/gather/{attempt_id}", FORM | {"Digits": "9"})
    await world.journal.start()
    await world.reflection(attempt_id, events.REFLECTION_STATE_OPTED_OUT)
    assert ET.fromstring(answer.text).findtext("Say") == "I understand. You will not be called any more. Good-bye."


async def begins_to_say(world, answer: ET.Element, text: str, number: int, *, stable: str = "") -> None:
    """Into what that answer asked; as Twilio tells it, and the call's end, while nobody has fallen silent."""
    address = answer.attrib["partialResultCallback"].removeprefix(world.base_url)
    partial = {"UnstableSpeechResult": text, "StableSpeechResult": stable, "SequenceNumber": str(number)}
    assert (await world.post(address, FORM | partial)).status_code == 204


async def hang_up(world, attempt_id: str) -> None:
    await world.post(f"/webhooks/twilio/status/{attempt_id}", FORM | {"CallStatus": "completed"})


async def test_words_in_the_middle_of_which_they_hang_up_are_kept_as_far_as_they_were_told(world):
    attempt_id = world.attempt()
    [asked] = ET.fromstring((await world.post(f"/webhooks/twilio/voice/{attempt_id}", FORM)).text)
    await begins_to_say(world, asked, "I went", 0)
    await begins_to_say(world, asked, "along the river and", 3, stable="I went for a walk")
    await begins_to_say(world, asked, "I went for a walk", 2)
    await hang_up(world, attempt_id)
    session = await ended(world, attempt_id, "CUT_SHORT")
    assert session.said(journal.SPEAKER_PERSON) == "I went for a walk along the river and"
    assert "closing" not in session.purposes()


async def test_words_that_were_told_in_full_are_not_kept_again(world):
    attempt_id = world.attempt()
    [asked] = ET.fromstring((await world.post(f"/webhooks/twilio/voice/{attempt_id}", FORM)).text)
    await begins_to_say(world, asked, "It was a calm", 0)
    [asked_on] = await told(world, attempt_id, SpeechResult="It was a calm day.")
    await begins_to_say(world, asked, "It was a calm day", 9)
    await hang_up(world, attempt_id)
    session = await ended(world, attempt_id, "CUT_SHORT")
    assert session.said(journal.SPEAKER_PERSON) == "It was a calm day."
    await begins_to_say(world, asked_on, "Too late", 0)


async def test_who_wants_no_more_calls_and_hangs_up_in_the_same_breath_gets_none(world):
    attempt_id = world.attempt()
    [asked] = ET.fromstring((await world.post(f"/webhooks/twilio/voice/{attempt_id}", FORM)).text)
    await begins_to_say(world, asked, "stop calling me", 0)
    await hang_up(world, attempt_id)
    session = await ended(world, attempt_id, "OPTED_OUT")
    assert "opt_out_confirmation" not in session.purposes()
