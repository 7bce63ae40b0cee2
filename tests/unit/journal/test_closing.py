import pytest

from daybook.events.v1 import events_pb2 as events
from journal.closing import makes_an_entry, outcome_of_abandoned
from journal.records import Outcome


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.VOICEMAIL])
def test_what_the_person_said_is_kept_however_it_ended(outcome):
    assert makes_an_entry(outcome, turns_of_person=1, samples_of_person=0)


@pytest.mark.parametrize("outcome", [Outcome.SILENT, Outcome.OPTED_OUT])
def test_silence_leaves_nothing_behind(outcome):
    assert not makes_an_entry(outcome, turns_of_person=0, samples_of_person=80_000)


def test_what_an_answering_machine_said_is_not_kept():
    assert not makes_an_entry(Outcome.VOICEMAIL, turns_of_person=1, samples_of_person=80_000)


@pytest.mark.parametrize("outcome", [Outcome.COMPLETED, Outcome.CUT_SHORT])
def test_words_that_were_not_recognised_before_the_end_are_kept_as_audio(outcome):
    assert makes_an_entry(outcome, turns_of_person=0, samples_of_person=80_000)
    assert not makes_an_entry(outcome, turns_of_person=0, samples_of_person=0)


@pytest.mark.parametrize(
    "call_outcome", [each for each in events.CallOutcome.values() if each != events.CALL_OUTCOME_VOICEMAIL]
)
def test_an_abandoned_session_with_words_was_cut_short(call_outcome):
    assert outcome_of_abandoned(call_outcome, None, turns_of_person=2) is Outcome.CUT_SHORT


@pytest.mark.parametrize(
    ("call_outcome", "expected"),
    [
        (events.CALL_OUTCOME_VOICEMAIL, Outcome.VOICEMAIL),
        (events.CALL_OUTCOME_ANSWERED_SILENT, Outcome.SILENT),
        (events.CALL_OUTCOME_CUT_SHORT, Outcome.CUT_SHORT),
        (events.CALL_OUTCOME_UNKNOWN, Outcome.CUT_SHORT),
    ],
)
def test_an_abandoned_session_without_words_ends_as_its_call_did(call_outcome, expected):
    assert outcome_of_abandoned(call_outcome, None, turns_of_person=0) is expected


@pytest.mark.parametrize(
    ("closing", "turns_of_person", "expected"),
    [
        (Outcome.COMPLETED, 2, Outcome.COMPLETED),
        (Outcome.OPTED_OUT, 0, Outcome.OPTED_OUT),
        (Outcome.SILENT, 0, Outcome.SILENT),
        (Outcome.SILENT, 1, Outcome.CUT_SHORT),  # somebody spoke up into the last words
    ],
)
def test_an_abandoned_session_whose_last_words_were_begun_ends_as_these_said(closing, turns_of_person, expected):
    found = outcome_of_abandoned(events.CALL_OUTCOME_CUT_SHORT, closing, turns_of_person=turns_of_person)
    assert found is expected


def test_a_voicemail_is_one_whatever_it_was_told():
    found = outcome_of_abandoned(events.CALL_OUTCOME_VOICEMAIL, Outcome.COMPLETED, turns_of_person=1)
    assert found is Outcome.VOICEMAIL
