"""The forms that Twilio posts (reference/telephony.md, B.3), read into what they mean."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chassis.errors import InvalidInput
from daybook.events.v1 import events_pb2 as pb

_STATUSES = {
    "queued": pb.CARRIER_CALL_STATUS_QUEUED,
    "initiated": pb.CARRIER_CALL_STATUS_INITIATED,
    "ringing": pb.CARRIER_CALL_STATUS_RINGING,
    "in-progress": pb.CARRIER_CALL_STATUS_IN_PROGRESS,
    "completed": pb.CARRIER_CALL_STATUS_COMPLETED,
    "busy": pb.CARRIER_CALL_STATUS_BUSY,
    "no-answer": pb.CARRIER_CALL_STATUS_NO_ANSWER,
    "failed": pb.CARRIER_CALL_STATUS_FAILED,
    "canceled": pb.CARRIER_CALL_STATUS_CANCELED,
}
_PARTIES = {
    "human": pb.ANSWERING_PARTY_HUMAN,
    "machine_start": pb.ANSWERING_PARTY_MACHINE,
    "machine_end_beep": pb.ANSWERING_PARTY_MACHINE,
    "machine_end_silence": pb.ANSWERING_PARTY_MACHINE,
    "machine_end_other": pb.ANSWERING_PARTY_MACHINE,
    "fax": pb.ANSWERING_PARTY_FAX,
    "unknown": pb.ANSWERING_PARTY_UNKNOWN,
}
ENDS = frozenset(
    {
        pb.CARRIER_CALL_STATUS_COMPLETED,
        pb.CARRIER_CALL_STATUS_BUSY,
        pb.CARRIER_CALL_STATUS_NO_ANSWER,
        pb.CARRIER_CALL_STATUS_FAILED,
        pb.CARRIER_CALL_STATUS_CANCELED,
    }
)
"""After which nothing more comes of a call."""
MACHINES = frozenset({pb.ANSWERING_PARTY_MACHINE, pb.ANSWERING_PARTY_FAX})
_CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_MOST = 2**31 - 1


@dataclass(frozen=True)
class StatusCallback:
    """A step of the call at the carrier; `duration_s` is how long it was connected, with its end alone."""

    call_sid: str
    status: pb.CarrierCallStatus.ValueType
    sequence_number: int
    sip_response_code: int
    duration_s: int | None

    @property
    def is_end(self) -> bool:
        return self.status in ENDS


@dataclass(frozen=True)
class MachineDetection:
    """Who picked up; `takes_messages` where a voicemail has said all it has to say, and records from now on."""

    call_sid: str
    party: pb.AnsweringParty.ValueType
    takes_messages: bool

    @property
    def is_machine(self) -> bool:
        return self.party in MACHINES


@dataclass(frozen=True)
class Gathered:
    """What Twilio's own recogniser heard in a `<Gather>`: words, a key, or neither."""

    call_sid: str
    speech: str
    digits: str


@dataclass(frozen=True)
class Partial:
    """What Twilio's recogniser has heard so far of an utterance; `number` counts such results."""

    call_sid: str
    speech: str
    number: int


def call_sid(form: Mapping[str, str]) -> str:
    """The carrier's id of the call.

    Raises:
        InvalidInput: there is none.
    """
    sid = form.get("CallSid", "")
    if not _CALL_SID.fullmatch(sid):
        raise InvalidInput("CallSid", "It is to be CA and 32 hexadecimal digits.")
    return sid


def read_status(form: Mapping[str, str]) -> StatusCallback:
    """
    Raises:
        InvalidInput: a field is missing or wrong; the text names it.
    """
    status = _STATUSES.get(form.get("CallStatus", ""))
    if status is None:
        raise InvalidInput("CallStatus", f"It is to be one of {', '.join(_STATUSES)}.")
    duration_s = _number(form, "CallDuration", "0") if form.get("CallDuration") else None
    return StatusCallback(
        call_sid=call_sid(form),
        status=status,
        sequence_number=_number(form, "SequenceNumber", ""),
        sip_response_code=_number(form, "SipResponseCode", "0"),
        duration_s=duration_s,
    )


def read_machine_detection(form: Mapping[str, str]) -> MachineDetection:
    """
    Raises:
        InvalidInput: as `read_status`.
    """
    answered_by = form.get("AnsweredBy", "")
    party = _PARTIES.get(answered_by)
    if party is None:
        raise InvalidInput("AnsweredBy", f"It is to be one of {', '.join(_PARTIES)}.")
    return MachineDetection(call_sid(form), party, takes_messages=answered_by.startswith("machine_end"))


def read_gathered(form: Mapping[str, str]) -> Gathered:
    """
    Raises:
        InvalidInput: as `read_status`.
    """
    return Gathered(call_sid(form), form.get("SpeechResult", ""), form.get("Digits", ""))


def read_partial(form: Mapping[str, str]) -> Partial:
    """
    Raises:
        InvalidInput: as `read_status`.
    """
    stable, unstable = form.get("StableSpeechResult", ""), form.get("UnstableSpeechResult", "")
    # what may still change stands alone or behind what does not, as the recogniser has it
    speech = unstable if unstable.startswith(stable) else f"{stable} {unstable}"
    return Partial(call_sid(form), speech or stable, _number(form, "SequenceNumber", ""))


def _number(form: Mapping[str, str], field: str, default: str) -> int:
    value = form.get(field) or default
    if not (value.isascii() and value.isdigit() and len(value) <= 10) or int(value) > _MOST:
        raise InvalidInput(field, "It is to be a whole number, 0 or more.")
    return int(value)
