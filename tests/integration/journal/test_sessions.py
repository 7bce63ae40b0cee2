import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc
import pytest

from daybook.journal.v1 import journal_pb2 as pb

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CONFLICT = grpc.StatusCode.FAILED_PRECONDITION
NOT_FOUND = grpc.StatusCode.NOT_FOUND


async def test_a_whole_session_becomes_an_entry(served):
    conversation = served.conversation()
    started = await conversation.start()
    assert (list(started.turns), started.finished) == ([], False)
    assert [(track.track, track.next_sequence, track.kept_ms) for track in started.tracks] == [
        (pb.SPEAKER_PERSON, 0, 0),
        (pb.SPEAKER_DAYBOOK, 0, 0),
    ]
    asked = await conversation.say(0, "How was your day?", pb.SPEAKER_DAYBOOK)
    said = await conversation.say(1, "The garden was quiet this morning.")
    await conversation.record(
        conversation.segment(0), conversation.segment(0, track=pb.SPEAKER_DAYBOOK), conversation.segment(1)
    )

    entry = (await conversation.finish()).entry

    assert (entry.person_id, entry.call_id) == (conversation.person_id, conversation.call_id)
    assert (entry.outcome, entry.turns, entry.recording_ms) == (pb.SESSION_OUTCOME_COMPLETED, 2, 2000)
    assert entry.started_at.ToDatetime(tzinfo=UTC) == NOW
    assert entry.ended_at.ToDatetime(tzinfo=UTC) == NOW + timedelta(minutes=2)
    read = await conversation.read(entry.entry_id)
    assert read.summary == entry
    assert list(read.turns) == [asked, said]


async def test_another_gateway_goes_on_where_the_first_stopped(serving):
    async with serving() as served:
        conversation = await served.begun()
        said = await conversation.say(0, "I walked along the river.")
        await conversation.record(conversation.segment(0), conversation.segment(1, audio=b"\x20" * 4000))
    async with serving() as served:
        resumed = served.conversation(conversation.person_id)
        resumed.call_id = conversation.call_id
        started = await resumed.start()
        assert started.session_id == conversation.session_id
        assert list(started.turns) == [said]
        person_track = started.tracks[0]
        assert (person_track.next_sequence, person_track.kept_ms) == (2, 1500)
        await resumed.say(1, "And then home.")
        [position] = await resumed.record(resumed.segment(2))
        assert position.kept_ms == 2500
        assert (await resumed.finish()).entry.turns == 2


async def test_a_later_attempt_begins_anew_where_nothing_was_said(served):
    conversation = await served.begun()
    await conversation.say(0, "How was your day?", pb.SPEAKER_DAYBOOK)
    await conversation.record(conversation.segment(0))
    silent = conversation.session_id
    await conversation.finish(pb.SESSION_OUTCOME_SILENT)
    assert (await conversation.start(attempt_number=1)).finished
    again = await conversation.start(attempt_number=2)
    assert not again.finished
    assert again.session_id != silent
    assert (list(again.turns), again.tracks[0].next_sequence) == ([], 0)
    await conversation.say(0, "I walked along the river.")
    assert (await conversation.finish()).entry.turns == 1


async def test_a_later_attempt_finds_what_was_said_in_an_earlier_one(served):
    conversation, _ = await served.spoken("It was a long day.")
    found = await conversation.start(attempt_number=2)
    assert found.finished
    assert found.session_id == conversation.session_id


async def test_another_gateway_learns_that_the_last_words_were_due(served):
    conversation = await served.begun()
    assert (await conversation.start()).closing == pb.SESSION_OUTCOME_UNSPECIFIED
    await conversation.begin_closing(pb.SESSION_OUTCOME_SILENT)
    await conversation.begin_closing(pb.SESSION_OUTCOME_COMPLETED)
    assert (await conversation.start()).closing == pb.SESSION_OUTCOME_COMPLETED


async def test_a_later_attempt_has_last_words_of_its_own(served):
    conversation = await served.begun()
    await conversation.begin_closing(pb.SESSION_OUTCOME_SILENT)
    again = await conversation.start(attempt_number=2)
    assert (again.session_id, again.closing) == (conversation.session_id, pb.SESSION_OUTCOME_UNSPECIFIED)
    await conversation.begin_closing(pb.SESSION_OUTCOME_COMPLETED)
    assert (await conversation.start(attempt_number=2)).closing == pb.SESSION_OUTCOME_COMPLETED


async def test_an_attempt_that_took_a_session_over_and_ended_it_finds_it_ended(served):
    conversation = await served.begun()
    await conversation.start(attempt_number=2)
    await conversation.finish(pb.SESSION_OUTCOME_SILENT)
    assert (await conversation.start(attempt_number=2)).finished
    assert not (await conversation.start(attempt_number=3)).finished


async def test_another_persons_attempt_takes_no_session_over(served, refused):
    conversation = await served.begun()
    await conversation.begin_closing(pb.SESSION_OUTCOME_COMPLETED)
    other = served.conversation()
    other.call_id = conversation.call_id
    with refused(CONFLICT, "has a session of another person"):
        await other.start(attempt_number=2)
    assert (await conversation.start()).closing == pb.SESSION_OUTCOME_COMPLETED


async def test_a_session_that_has_ended_has_no_last_words_to_come(served, refused):
    conversation, _ = await served.spoken("It was a long day.")
    with refused(CONFLICT, f"The session {conversation.session_id} has ended"):
        await conversation.begin_closing(pb.SESSION_OUTCOME_COMPLETED)


async def test_the_same_turn_again_changes_nothing(served):
    conversation, entry = await served.spoken("It was a long day.")
    await conversation.say(0, "It was a long day.")
    assert len((await conversation.read(entry.entry_id)).turns) == 1


async def test_another_turn_of_the_same_number_is_refused(served, refused):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    with refused(CONFLICT, "The turn 0 is kept already and says something else"):
        await conversation.say(0, "It was a short day.")


async def test_a_gap_is_refused_with_what_is_expected(served, refused):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    with refused(CONFLICT, "The turn 2 came where 1 is expected. Send 1 first"):
        await conversation.say(2, "And cold.")


async def test_nothing_is_added_to_a_session_that_has_ended(served, refused):
    conversation, _ = await served.spoken("It was a long day.")
    with refused(CONFLICT, f"The session {conversation.session_id} has ended"):
        await conversation.say(1, "One more thing.")
    assert (await conversation.start()).finished


async def test_ending_again_gives_the_same_entry(served):
    conversation, entry = await served.spoken()
    assert (await conversation.finish(pb.SESSION_OUTCOME_CUT_SHORT)).entry == entry


async def test_gateways_that_end_a_session_at_once_get_one_entry(served):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    answers = await asyncio.gather(*(conversation.finish() for _ in range(8)))
    assert len({answer.entry.entry_id for answer in answers}) == 1


async def test_gateways_that_start_a_session_at_once_get_one_session(served):
    conversation = served.conversation()
    answers = await asyncio.gather(*(conversation.start() for _ in range(8)))
    assert len({answer.session_id for answer in answers}) == 1


async def test_many_sessions_are_kept_at_once_and_apart(served):
    async def reflect(number):
        conversation = await served.begun()
        for sequence in range(5):
            await conversation.say(sequence, f"Thought {sequence} of person {number}.")
            await conversation.record(conversation.segment(sequence, audio=bytes([number]) * 800))
        return number, conversation, (await conversation.finish()).entry

    for number, conversation, entry in await asyncio.gather(*(reflect(number) for number in range(12))):
        turns = (await conversation.read(entry.entry_id)).turns
        assert [turn.text for turn in turns] == [f"Thought {sequence} of person {number}." for sequence in range(5)]
        heard = await conversation.hear(entry.entry_id)
        assert set(heard[58:]) == {number, 0xFF}


async def test_the_same_turn_sent_twice_at_once_is_kept_once(served):
    conversation = await served.begun()
    await asyncio.gather(*(conversation.say(0, "It was a long day.") for _ in range(8)))
    assert (await conversation.finish()).entry.turns == 1


@pytest.mark.parametrize("outcome", [pb.SESSION_OUTCOME_SILENT, pb.SESSION_OUTCOME_OPTED_OUT])
async def test_where_nothing_was_said_nothing_is_kept(served, refused, outcome):
    conversation = await served.begun()
    await conversation.say(0, "How was your day?", pb.SPEAKER_DAYBOOK)
    await conversation.record(conversation.segment(0))
    assert not (await conversation.finish(outcome)).HasField("entry")
    assert served.objects() == []
    again = await conversation.start()
    assert (again.finished, list(again.turns)) == (True, [])
    with refused(CONFLICT, "has ended"):
        await conversation.record(conversation.segment(0))


async def test_words_that_were_not_recognised_before_the_line_broke_are_kept_as_audio(served):
    conversation = await served.begun()
    await conversation.record(conversation.segment(0))
    entry = (await conversation.finish(pb.SESSION_OUTCOME_CUT_SHORT)).entry
    assert (entry.turns, entry.recording_ms) == (0, 1000)


async def test_a_session_does_not_end_before_it_began(served):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    entry = (await conversation.finish(ended_at=NOW - timedelta(seconds=2))).entry
    assert entry.ended_at == entry.started_at


async def test_a_session_is_read_while_it_runs_and_after(served):
    conversation = await served.begun()
    said = await conversation.say(0, "It was a long day.")
    request = pb.ReadSessionRequest(person_id=conversation.person_id, call_id=conversation.call_id)
    running = await served.stub.ReadSession(request)
    assert (running.session_id, list(running.turns)) == (conversation.session_id, [said])
    assert (running.finished, running.entry_id) == (False, "")
    entry = (await conversation.finish()).entry
    ended = await served.stub.ReadSession(request)
    assert (ended.finished, ended.entry_id) == (True, entry.entry_id)


async def test_a_call_without_a_session_and_one_of_another_person_look_the_same(served, refused):
    conversation = await served.begun()
    for person_id, call_id in ((conversation.person_id, str(uuid4())), (str(uuid4()), conversation.call_id)):
        with refused(NOT_FOUND, f"The person's call {call_id} has no session"):
            await served.stub.ReadSession(pb.ReadSessionRequest(person_id=person_id, call_id=call_id))


async def test_a_call_has_a_session_of_one_person(served, refused):
    conversation = await served.begun()
    other = served.conversation()
    other.call_id = conversation.call_id
    with refused(CONFLICT, f"The call {conversation.call_id} has a session of another person"):
        await other.start()


async def test_an_unknown_session_is_told_with_the_way_to_one(served, refused):
    conversation = served.conversation()
    conversation.session_id = str(uuid4())
    sentence = f"There is no session {conversation.session_id}. StartSession gives the id"
    with refused(NOT_FOUND, sentence):
        await conversation.say(0, "It was a long day.")
    with refused(NOT_FOUND, sentence):
        await conversation.record(conversation.segment(0))
    with refused(NOT_FOUND, sentence):
        await conversation.finish()
