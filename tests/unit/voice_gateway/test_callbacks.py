from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput, NotFound
from daybook.events.v1 import events_pb2 as pb
from voice_gateway.attempts import Attempt, parse_attempt_id
from voice_gateway.callbacks import read_machine_detection, read_status

SID = "CA" + "0" * 32
STATUS = {"CallSid": SID, "CallStatus": "completed", "SequenceNumber": "3", "CallDuration": "61"}


def test_reads_a_status():
    callback = read_status(STATUS | {"SipResponseCode": "200"})
    assert callback.status == pb.CARRIER_CALL_STATUS_COMPLETED
    assert (callback.sequence_number, callback.sip_response_code, callback.duration_s) == (3, 200, 61)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"CallSid": ""}, "CallSid"),
        ({"CallSid": "CA1"}, "CallSid"),
        ({"CallStatus": "gone"}, "CallStatus"),
        ({"CallStatus": ""}, "CallStatus"),
        ({"SequenceNumber": ""}, "SequenceNumber"),
        ({"SequenceNumber": "two"}, "SequenceNumber"),
        ({"SequenceNumber": "-1"}, "SequenceNumber"),
        ({"SequenceNumber": "2147483648"}, "SequenceNumber"),
        ({"SequenceNumber": "99999999999"}, "SequenceNumber"),
        ({"SipResponseCode": "2147483648"}, "SipResponseCode"),
        ({"CallDuration": "long"}, "CallDuration"),
    ],
)
def test_names_the_field_that_is_wrong(change, field):
    with pytest.raises(InvalidInput) as caught:
        read_status(STATUS | change)
    assert caught.value.field == field


@given(st.dictionaries(st.sampled_from([*STATUS, "SipResponseCode"]), st.text(max_size=12)))
def test_any_form_is_read_or_refused(form):
    with suppress(InvalidInput):
        read_status(STATUS | form)


@pytest.mark.parametrize(
    ("answered_by", "machine"), [("human", False), ("unknown", False), ("machine_end_beep", True), ("fax", True)]
)
def test_reads_who_picked_up(answered_by, machine):
    assert read_machine_detection({"CallSid": SID, "AnsweredBy": answered_by}).is_machine is machine
    with pytest.raises(InvalidInput):
        read_machine_detection({"CallSid": SID, "AnsweredBy": "robot"})


CALL_ID = "5c1a4a43-0b6a-5c62-8f0f-2f5a2ac0a111"


def test_reads_an_attempt():
    assert parse_attempt_id(f"{CALL_ID}.2") == Attempt(CALL_ID, 2)
    assert Attempt(CALL_ID, 2).attempt_id == f"{CALL_ID}.2"


@pytest.mark.parametrize(
    "text", ["", ".", CALL_ID, f"{CALL_ID}.", f"{CALL_ID}.0", f"{CALL_ID}.01", f"{CALL_ID}.x", f"{CALL_ID}.1.1", "x.1"]
)
def test_no_other_name_is_an_attempt(text):
    with pytest.raises(NotFound):
        parse_attempt_id(text)


@given(st.text(max_size=60))
def test_any_text_is_an_attempt_or_none(text):
    with suppress(NotFound):
        assert parse_attempt_id(text).attempt_id == text
