"""Everyone who may pick up, or not: each call ends in exactly one outcome, and what was said is kept to the word."""

import pytest
import pytest_asyncio
from whole_daybook import Person, WholeDaybook, said, until

from daybook.events.v1 import events_pb2 as events
from daybook.events.v1.events_pb2 import CallFinished
from daybook.journal.v1 import journal_pb2 as journal
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceStub, PeopleServiceStub

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WAITING = (
    *("busy", "no_answer", "rejects", "invalid_number", "stays_silent", "voicemail", "call_screener"),
    "talks_seven_minutes",
)
"""Those whose calls are mostly waiting: they are rung together, by one tick, while the others talk."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def rung_together(daybook: WholeDaybook) -> dict[str, Person]:
    people = {persona: await daybook.person(persona) for persona in WAITING}
    await daybook.tick()
    return people


def named(finished: CallFinished) -> str:
    return events.CallOutcome.Name(finished.outcome).removeprefix("CALL_OUTCOME_")


async def entries_of(daybook: WholeDaybook, person: Person) -> int:
    listed = await daybook.journal.ListEntries(journal.ListEntriesRequest(person_id=person.person_id))
    return len(listed.entries)


async def assert_every_word_is_kept(daybook: WholeDaybook, person: Person) -> None:
    [call] = await daybook.carrier_calls(person)
    entry = await daybook.entry(person)
    assert said(entry, journal.SPEAKER_PERSON) == " ".join(utterance["text"] for utterance in call["said"])


@pytest.mark.parametrize("persona", ["talks_and_completes", "needs_two_follow_ups", "interrupts_prompt"])
async def test_who_talks_to_the_end_has_every_word_kept(daybook, rung_together, persona):
    person = await daybook.person(persona)
    assert named(await daybook.rung(person)) == "REFLECTED"
    await assert_every_word_is_kept(daybook, person)


async def test_who_hangs_up_in_the_middle_has_kept_what_was_said(daybook, rung_together):
    person = await daybook.person("hangs_up_mid_sentence")
    assert named(await daybook.rung(person)) == "CUT_SHORT"
    [call] = await daybook.carrier_calls(person)
    kept = said(await daybook.entry(person), journal.SPEAKER_PERSON)
    assert kept
    assert " ".join(utterance["text"] for utterance in call["said"]).startswith(kept)


@pytest.mark.parametrize("persona", ["presses_9", "says_stop_calling"])
async def test_who_wants_no_more_calls_gets_none(daybook, rung_together, persona):
    person = await daybook.person(persona)
    assert named(await daybook.rung(person)) == "OPTED_OUT"
    request = scheduler.GetPersonRequest(person_id=person.person_id)

    async def opted_out() -> bool:
        stored = await PeopleServiceStub(daybook.scheduler).GetPerson(request)
        return stored.person.HasField("opted_out_at")

    await until(opted_out)
    calls = CallsServiceStub(daybook.scheduler)
    [call] = (await calls.ListCalls(scheduler.ListCallsRequest(person_id=person.person_id))).calls
    refused = await calls.AuthorizeDial(
        scheduler.AuthorizeDialRequest(call_id=call.call_id, attempt_id=f"{call.call_id}.9")
    )
    assert not refused.allowed


@pytest.mark.parametrize(
    ("persona", "outcome", "attempts"),
    [
        ("busy", "BUSY", 3),
        ("no_answer", "NO_ANSWER", 3),
        ("rejects", "NO_ANSWER", 3),
        ("stays_silent", "ANSWERED_SILENT", 2),
        ("voicemail", "VOICEMAIL", 3),
        ("invalid_number", "FAILED", 1),
    ],
)
async def test_who_cannot_be_reached_is_tried_again_and_then_left_in_peace(
    daybook, rung_together, persona, outcome, attempts
):
    person = rung_together[persona]
    finished = await daybook.finished(person)
    assert (named(finished), finished.attempts) == (outcome, attempts)
    assert len(await daybook.carrier_calls(person)) == attempts
    assert await entries_of(daybook, person) == 0


async def test_who_is_behind_a_call_screener_reflects_as_anybody(daybook, rung_together):
    person = rung_together["call_screener"]
    finished = await daybook.finished(person)
    assert (named(finished), finished.attempts) == ("REFLECTED", 1)
    [call] = await daybook.carrier_calls(person)
    # what the telephone says may begin before the stream does
    _telephone, *owner = call["said"]
    kept = said(await daybook.entry(person), journal.SPEAKER_PERSON)
    assert kept.endswith(" ".join(utterance["text"] for utterance in owner))


async def test_seven_minutes_lose_no_word_where_googles_stream_ends_after_five(daybook, rung_together):
    person = rung_together["talks_seven_minutes"]
    assert named(await daybook.finished(person)) == "REFLECTED"
    await assert_every_word_is_kept(daybook, person)
