"""Whole calls: the emulated carrier rings somebody, and the gateway holds the conversation."""

import pytest
from prometheus_client import REGISTRY

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal
from emulators import wordcode
from voice_gateway.programme_files import LANGUAGES

pytestmark = pytest.mark.asyncio(loop_scope="module")

DETECTION = {
    "MachineDetection": "DetectMessageEnd",
    "AsyncAmd": "true",
    "AsyncAmdStatusCallback": "{hooks}/amd/{attempt_id}",
}
"""As call-dispatcher asks the carrier for it."""


def recorded(session, track) -> str:
    """The words on a track of the recording, as the journal would play it."""
    audio = bytearray()
    for segment in session.segments.get(track, []):
        audio += b"\xff" * (segment.starts_at_ms * 8 - len(audio)) + segment.audio
    return wordcode.decode(bytes(audio))


async def test_a_person_talks_and_completes(world):
    attempt_id = await world.ring("brief")
    ended = await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    call = await world.carrier_call(attempt_id)
    session = world.session(attempt_id)
    assert ended.reflection.session_id == session.session_id
    assert session.outcome == journal.SESSION_OUTCOME_COMPLETED
    assert session.purposes() == ["greeting", "question", "question", "question", "closing"]
    assert "Quentin" in session.turns[0].text
    assert session.said(journal.SPEAKER_PERSON) == call["said_words"]
    assert session.said(journal.SPEAKER_DAYBOOK) == call["heard_words"]
    assert call["debugger"] == []


async def test_a_person_is_asked_in_their_language_what_they_chose_to_be_asked(world):
    attempt_id = await world.ring("brief", world.attempt(locale="de-AT", programme="gratitude"))
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    assert (await world.carrier_call(attempt_id))["streams"] == 1
    asked = [turn.text for turn in world.session(attempt_id).turns if turn.purpose == "question"]
    assert asked == list(LANGUAGES["de"].programmes["gratitude"])


async def test_the_recording_is_the_call(world):
    attempt_id = await world.ring("brief")
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    call = await world.carrier_call(attempt_id)
    session = world.session(attempt_id)
    assert recorded(session, journal.SPEAKER_PERSON) == call["said_words"]
    assert recorded(session, journal.SPEAKER_DAYBOOK) == call["heard_words"]
    kept_ms = sum(len(segment.audio) for segment in session.segments[journal.SPEAKER_PERSON]) / 8
    [stream] = call["streamed"]
    # what the carrier sends between the last word and the moment at which it hangs up is nobody's any more
    assert 0.9 * stream["sent_ms"] <= kept_ms <= stream["sent_ms"]


@pytest.mark.parametrize("persona", ["presses_9", "says_stop_calling"])
async def test_who_opts_out_is_told_so_and_let_go(world, persona):
    attempt_id = await world.ring(persona)
    await world.reflection(attempt_id, events.REFLECTION_STATE_OPTED_OUT)
    call = await world.carrier_call(attempt_id)
    session = world.session(attempt_id)
    await world.journal.until(lambda: session.outcome is not None)  # it is told at once, before the session is over
    assert session.outcome == journal.SESSION_OUTCOME_OPTED_OUT
    assert session.purposes()[-1] == "opt_out_confirmation"
    assert call["heard_words"].endswith("You will not be called any more. Good-bye.")


async def test_who_hangs_up_is_cut_short_and_their_words_are_kept(world):
    attempt_id = await world.ring("hangs_up_mid_sentence")
    await world.reflection(attempt_id, events.REFLECTION_STATE_CUT_SHORT)
    assert "a strange day" in world.session(attempt_id).said(journal.SPEAKER_PERSON)
    assert world.session(attempt_id).outcome == journal.SESSION_OUTCOME_CUT_SHORT


async def test_who_says_nothing_is_asked_and_let_go(world):
    attempt_id = await world.ring("stays_silent")
    await world.reflection(attempt_id, events.REFLECTION_STATE_SILENT)
    assert world.session(attempt_id).purposes() == ["greeting", "question", "are_you_there", "closing"]


async def test_who_talks_over_the_greeting_loses_no_word(world):
    attempt_id = await world.ring("interrupts_prompt")
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    call = await world.carrier_call(attempt_id)
    assert world.session(attempt_id).said(journal.SPEAKER_PERSON) == call["said_words"]


async def test_what_people_wait_for_and_talk_over_is_measured(world):
    names = ("daybook_barge_ins_total", "daybook_recognition_seconds_count", "daybook_synthesis_seconds_count")
    before = [REGISTRY.get_sample_value(name) for name in names]
    # the greeting is said to its end, whoever talks; a question is not
    attempt_id = await world.ring("interrupts_prompt", overrides={"talks_over_after_s": 15})
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    barge_ins, recognised, spoken = (
        REGISTRY.get_sample_value(name) - was for name, was in zip(names, before, strict=True)
    )
    assert barge_ins == 1
    turns = world.session(attempt_id).turns
    assert recognised >= len([turn for turn in turns if turn.speaker == journal.SPEAKER_PERSON])
    assert spoken >= len([turn for turn in turns if turn.speaker == journal.SPEAKER_DAYBOOK])


async def test_a_voicemail_is_told_who_called_and_no_reflection_is_opened(world):
    attempt_id = await world.ring("voicemail", **DETECTION)
    await world.told(lambda it: it.answered_by.party == events.ANSWERING_PARTY_MACHINE)
    await world.reflection(attempt_id, events.REFLECTION_STATE_SILENT)
    call = await world.carrier_call(attempt_id)
    message = world.session(attempt_id).turns[-1]
    assert message.purpose == "voicemail_message"
    assert "question" not in world.session(attempt_id).purposes()
    assert call["heard_words"].endswith(message.text)
    assert call["heard"][-1]["start_ms"] >= call["said"][0]["end_ms"], "behind the tone"


async def test_a_call_screener_is_told_who_calls_and_its_owner_is_greeted(world):
    attempt_id = await world.ring("call_screener", **DETECTION)
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    purposes = world.session(attempt_id).purposes()
    assert purposes[: purposes.index("question")] == ["greeting", "screening_answer", "greeting"]
    _, *owner = (await world.carrier_call(attempt_id))["said"]
    said = " ".join(utterance["text"] for utterance in owner)
    assert world.session(attempt_id).said(journal.SPEAKER_PERSON).endswith(said)


async def test_a_machine_that_is_known_before_its_stream_begins_is_not_greeted(world):
    attempt_id = world.attempt()
    detected = {"CallSid": f"CA{'7' * 32}", "AnsweredBy": "machine_start"}
    assert (await world.post(f"/webhooks/twilio/amd/{attempt_id}", detected)).status_code == 204
    await world.ring("voicemail", attempt_id)
    await world.reflection(attempt_id, events.REFLECTION_STATE_SILENT)
    assert world.session(attempt_id).purposes() == ["voicemail_message"]
    assert world.session(attempt_id).outcome == journal.SESSION_OUTCOME_VOICEMAIL


async def test_a_recogniser_that_breaks_off_in_mid_sentence_costs_no_word(world):
    fault = {"kind": "aborted", "after_ms": 24_000}
    (await world.web.post(f"{world.speech_admin}/faults", json=fault)).raise_for_status()
    attempt_id = await world.ring("brief")
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    call = await world.carrier_call(attempt_id)
    assert world.session(attempt_id).said(journal.SPEAKER_PERSON) == call["said_words"]


async def test_a_voice_that_fails_once_is_asked_again(world):
    (await world.web.post(f"{world.tts_admin}/faults", json={"kind": "unavailable"})).raise_for_status()
    attempt_id = await world.ring("brief")
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    assert world.session(attempt_id).purposes()[0] == "greeting"


async def test_without_verdicts_the_conversation_goes_on(world):
    (await world.web.post(f"{world.gemini_admin}/faults", json={"kind": "internal", "times": 100})).raise_for_status()
    attempt_id = await world.ring("brief")
    await world.reflection(attempt_id, events.REFLECTION_STATE_CUT_SHORT)
    (await world.web.delete(f"{world.gemini_admin}/faults")).raise_for_status()
    assert "encouragement" in world.session(attempt_id).purposes()


async def test_a_journal_that_is_away_for_a_while_costs_nothing(world):
    attempt_id = await world.ring("brief")
    call_id = attempt_id.partition(".")[0]
    person = journal.SPEAKER_PERSON
    await world.journal.until(
        lambda: call_id in world.journal.sessions and world.journal.sessions[call_id].said(person) != ""
    )
    await world.journal.stop()
    await world.journal.start()
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    call = await world.carrier_call(attempt_id)
    session = world.session(attempt_id)
    assert session.said(person) == call["said_words"] == recorded(session, person)
    assert [turn.sequence for turn in session.turns] == list(range(len(session.turns)))
