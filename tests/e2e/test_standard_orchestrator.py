"""Everyone who may pick up, or not, in a Daybook that holds its calls by the speech of Twilio. `make test` has the same personas
and a gateway alone: tests/integration/voice_gateway/test_standard.py.
"""

from dataclasses import replace

import pytest
import pytest_asyncio
from whole_daybook import SCRIPTED, Person, WholeDaybook, running_daybook, said

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal

pytestmark = [pytest.mark.endurance, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

OUTCOMES = {
    "brief": ("REFLECTED", 1),
    "talks_and_completes": ("REFLECTED", 1),
    "talks_seven_minutes": ("REFLECTED", 1),
    "needs_two_follow_ups": ("REFLECTED", 1),
    "interrupts_prompt": ("REFLECTED", 1),
    "call_screener": ("REFLECTED", 1),
    "hangs_up_mid_sentence": ("CUT_SHORT", 1),
    "says_stop_calling": ("OPTED_OUT", 1),
    "presses_9": ("OPTED_OUT", 1),
    "stays_silent": ("ANSWERED_SILENT", 2),
    "voicemail": ("VOICEMAIL", 3),
    "busy": ("BUSY", 3),
    "no_answer": ("NO_ANSWER", 3),
    "rejects": ("NO_ANSWER", 3),
    "invalid_number": ("FAILED", 1),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def standard(tmp_path_factory):
    tuning = replace(SCRIPTED, settings={**(SCRIPTED.settings or {}), "DAYBOOK_ORCHESTRATOR": "standard"})
    async with running_daybook(tuning, tmp_path_factory.mktemp("logs")) as whole:
        yield whole


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def rung_together(standard: WholeDaybook) -> dict[str, Person]:
    # who speaks first does so when the others have begun
    people = {it: await standard.person(it, **({"rings_s": 30} if it == "call_screener" else {})) for it in OUTCOMES}
    await standard.tick()
    return people


@pytest.mark.parametrize("persona", OUTCOMES)
async def test_each_call_ends_as_it_did_and_what_was_said_is_kept(standard, rung_together, persona):
    person = rung_together[persona]
    finished = await standard.finished(person)
    outcome = events.CallOutcome.Name(finished.outcome).removeprefix("CALL_OUTCOME_")
    assert (outcome, finished.attempts) == OUTCOMES[persona]
    calls = await standard.carrier_calls(person)
    assert [call["streams"] for call in calls] == [0] * finished.attempts
    if outcome in {"REFLECTED", "CUT_SHORT"}:
        [call] = calls
        # of what somebody breaks off there is what Twilio's recogniser had told by then
        whole = [utterance["text"] for utterance in call["said"] if utterance["end_ms"] is not None]
        kept = said(await standard.entry(person), journal.SPEAKER_PERSON)
        if persona == "call_screener":
            # nor what falls while it asks us what is next; and this telephone's owner waits for nobody
            assert whole[2] in kept
        else:
            assert kept.startswith(" ".join(whole))
            assert call["said_words"].startswith(kept)
    elif outcome != "OPTED_OUT":
        listed = await standard.journal.ListEntries(journal.ListEntriesRequest(person_id=person.person_id))
        assert len(listed.entries) == 0
