from datetime import UTC, datetime, timedelta

import pytest

from chassis.errors import InvalidInput
from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as pb
from journal.errors import GatewayMayStillSpeak

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def long_after(clock):
    clock.advance(timedelta(minutes=1))


async def test_a_session_that_its_gateway_never_ended_is_ended_and_kept(served, long_after):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    await served.hear_that_the_call_finished(conversation.call_id)
    entry = (await conversation.finish()).entry
    assert (entry.outcome, entry.turns) == (pb.SESSION_OUTCOME_CUT_SHORT, 1)
    assert entry.ended_at.ToDatetime(tzinfo=UTC) == NOW


async def test_a_session_whose_gateway_went_while_it_said_good_bye_is_complete(served, long_after):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    await conversation.begin_closing(pb.SESSION_OUTCOME_COMPLETED)
    await served.hear_that_the_call_finished(conversation.call_id)
    assert (await conversation.finish()).entry.outcome == pb.SESSION_OUTCOME_COMPLETED


async def test_hearing_it_again_changes_nothing(served, long_after):
    conversation, entry = await served.spoken()
    for _ in range(2):
        await served.hear_that_the_call_finished(conversation.call_id)
    assert (await conversation.finish()).entry == entry


async def test_a_session_without_a_word_is_ended_and_leaves_nothing(served, long_after):
    conversation = await served.begun()
    await conversation.say(0, "How was your day?", pb.SPEAKER_DAYBOOK)
    await conversation.record(conversation.segment(0))
    await served.hear_that_the_call_finished(conversation.call_id, events.CALL_OUTCOME_VOICEMAIL)
    started = await conversation.start()
    assert (started.finished, list(started.turns)) == (True, [])
    assert served.objects() == []


async def test_a_gateway_that_is_still_writing_is_given_its_time(served, clock):
    conversation = await served.begun()
    clock.advance(timedelta(seconds=14))
    with pytest.raises(GatewayMayStillSpeak) as raised:
        await served.hear_that_the_call_finished(conversation.call_id)
    assert raised.value.retryable
    await conversation.say(0, "And that was my day.")
    assert (await conversation.finish()).entry.outcome == pb.SESSION_OUTCOME_COMPLETED
    await served.hear_that_the_call_finished(conversation.call_id)


async def test_a_call_that_nobody_answered_is_none_of_the_journals(served, long_after):
    await served.hear_that_the_call_finished(served.conversation().call_id, events.CALL_OUTCOME_NO_ANSWER)


@pytest.mark.parametrize("outcome", [events.CALL_OUTCOME_MISSED, events.CALL_OUTCOME_REFUSED])
async def test_the_end_of_times_at_which_nobody_was_dialed_ends_no_conversation_of_the_later_ones(
    served, long_after, outcome
):
    conversation = served.conversation()
    await served.hear_that_the_call_finished(conversation.call_id, outcome, attempts=0)
    await conversation.start()
    await conversation.say(0, "They moved the call to the evening.")
    # late, or again: the call has been moved, and somebody speaks
    await served.hear_that_the_call_finished(conversation.call_id, outcome, attempts=0)
    await conversation.say(1, "And that was my day.")
    assert (await conversation.finish()).entry.turns == 2
    await served.hear_that_the_call_finished(conversation.call_id, events.CALL_OUTCOME_REFLECTED, revision=1)
    assert (await conversation.finish()).entry.outcome == pb.SESSION_OUTCOME_COMPLETED


@pytest.mark.parametrize("wrong", [{"call_id": "no id"}, {"call_id": ""}])
async def test_an_event_that_cannot_be_right_is_refused_for_good(served, wrong):
    with pytest.raises(InvalidInput) as raised:
        await served.hear_that_the_call_finished(**wrong)
    assert not raised.value.retryable
