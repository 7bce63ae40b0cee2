"""The contract's messages as the journal's values, checked; and back.

Every refusal names the field and says what would be right. What was sent is not repeated: it may be somebody's words.
"""

import base64
import binascii
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import InvalidInput
from daybook.journal.v1 import journal_pb2 as pb
from journal.records import (
    SAMPLES_PER_MS,
    Deletion,
    Entry,
    Outcome,
    PagePosition,
    Range,
    Segment,
    Speaker,
    Stretch,
    TrackPosition,
)

LONGEST_TEXT_CHARACTERS = 20_000
LONGEST_PURPOSE_CHARACTERS = 64
LONGEST_SEGMENT_BYTES = 8000
LONGEST_STRETCH_MS = 10 * 60 * 1000
LONGEST_RECORDING_MS = 24 * 60 * 60 * 1000
"""No call lasts longer than a day (Twilio, Call resource, TimeLimit: at most 86 400 s), so nothing is spoken later in one."""
MOST_ATTEMPTS = 1000
DEFAULT_PAGE_SIZE = 100
LARGEST_PAGE_SIZE = 1000

_SPEAKERS = {pb.SPEAKER_PERSON: Speaker.PERSON, pb.SPEAKER_DAYBOOK: Speaker.DAYBOOK}
_SPEAKER_VALUES = {speaker: value for value, speaker in _SPEAKERS.items()}
_OUTCOMES = {
    pb.SESSION_OUTCOME_COMPLETED: Outcome.COMPLETED,
    pb.SESSION_OUTCOME_CUT_SHORT: Outcome.CUT_SHORT,
    pb.SESSION_OUTCOME_SILENT: Outcome.SILENT,
    pb.SESSION_OUTCOME_OPTED_OUT: Outcome.OPTED_OUT,
    pb.SESSION_OUTCOME_VOICEMAIL: Outcome.VOICEMAIL,
}
_OUTCOME_VALUES = {outcome: value for value, outcome in _OUTCOMES.items()}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PAGE_TOKEN = struct.Struct(">q16s")


@dataclass(frozen=True)
class Page:
    """Which of a person's entries are asked for."""

    size: int
    after: PagePosition | None


class PageRequest(Protocol):
    """A request for a page of entries."""

    page_size: int
    page_token: str


def id_of(field: str, value: str) -> UUID:
    """
    Raises:
        InvalidInput: it is no UUID in its usual form.
    """
    try:
        parsed = UUID(value)
    except ValueError:
        raise InvalidInput(field, "must be a UUID, as 8-4-4-4-12 hexadecimal digits.") from None
    if str(parsed) != value.lower():
        raise InvalidInput(field, "must be a UUID, as 8-4-4-4-12 hexadecimal digits.")
    return parsed


def instant_of(field: str, value: Timestamp) -> datetime:
    """
    Raises:
        InvalidInput: it is not set, or no instant between the years 1 and 9999.
    """
    if value == Timestamp():
        raise InvalidInput(field, "must be set to the instant at which it happened.")
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(field, "must be an instant between the years 1 and 9999.") from None


def attempt_number_of(value: int) -> int:
    """
    Raises:
        InvalidInput: it is no number of an attempt.
    """
    if not 1 <= value <= MOST_ATTEMPTS:
        raise InvalidInput("attempt_number", f"must be the number of the answered attempt, 1 to {MOST_ATTEMPTS}.")
    return value


def speaker_of(value: pb.Speaker.ValueType) -> Speaker:
    """
    Raises:
        KeyError: neither of the two; `checked_turn` and `segment_of` refuse that with a sentence.
    """
    return _SPEAKERS[value]


def outcome_of(value: pb.SessionOutcome.ValueType) -> Outcome:
    """
    Raises:
        InvalidInput: it is not set, or none that this journal knows.
    """
    if value not in _OUTCOMES:
        raise InvalidInput(
            "outcome", "must say how the session ends: COMPLETED, CUT_SHORT, SILENT, OPTED_OUT or VOICEMAIL."
        )
    return _OUTCOMES[value]


def outcome_value(outcome: Outcome | None) -> pb.SessionOutcome.ValueType:
    """What `outcome_of` reads; unspecified where there is none."""
    return pb.SESSION_OUTCOME_UNSPECIFIED if outcome is None else _OUTCOME_VALUES[outcome]


def checked_turn(turn: pb.Turn) -> pb.Turn:
    """The same turn.

    Raises:
        InvalidInput: see the sentences.
    """
    if turn.speaker not in _SPEAKERS:
        raise InvalidInput("turn.speaker", "must be PERSON or DAYBOOK.")
    if not turn.text.strip():
        raise InvalidInput("turn.text", "must hold what was said; a turn in which nothing was said is not sent.")
    if len(turn.text) > LONGEST_TEXT_CHARACTERS:
        raise InvalidInput(
            "turn.text", f"must have at most {LONGEST_TEXT_CHARACTERS} characters; send it as several turns."
        )
    if len(turn.purpose) > LONGEST_PURPOSE_CHARACTERS:
        raise InvalidInput("turn.purpose", f"must be a term of at most {LONGEST_PURPOSE_CHARACTERS} characters.")
    if turn.ends_at_ms < turn.starts_at_ms:
        raise InvalidInput("turn.ends_at_ms", "must not be before turn.starts_at_ms.")
    return turn


def segment_of(request: pb.AppendAudioRequest) -> Segment:
    """
    Raises:
        InvalidInput: see the sentences.
    """
    if request.track not in _SPEAKERS:
        raise InvalidInput("track", "must be PERSON or DAYBOOK.")
    if not 1 <= len(request.audio) <= LONGEST_SEGMENT_BYTES:
        raise InvalidInput(
            "audio",
            f"has {len(request.audio)} bytes; a segment has 1 to {LONGEST_SEGMENT_BYTES}, at most one second of 8 kHz µ-law.",
        )
    if request.starts_at_ms > LONGEST_RECORDING_MS:
        raise InvalidInput("starts_at_ms", f"must be at most {LONGEST_RECORDING_MS}, one day: no call lasts longer.")
    return Segment(_SPEAKERS[request.track], request.sequence, request.starts_at_ms, request.audio)


def page_of(
    request: PageRequest, *, default_size: int = DEFAULT_PAGE_SIZE, largest_size: int = LARGEST_PAGE_SIZE
) -> Page:
    """
    Raises:
        InvalidInput: the size is out of range, or the token is none of this service's.
    """
    size = page_size_of(request.page_size, default_size=default_size, largest_size=largest_size)
    after = _page_position(request.page_token) if request.page_token else None
    return Page(size, after)


def page_size_of(value: int, *, default_size: int = DEFAULT_PAGE_SIZE, largest_size: int = LARGEST_PAGE_SIZE) -> int:
    """
    Raises:
        InvalidInput: the size is out of range.
    """
    if not 0 <= value <= largest_size:
        raise InvalidInput("page_size", f"must be 1 to {largest_size}, or 0 for {default_size}.")
    return value or default_size


def page_token(last: Entry) -> str:
    """What `page_of` reads: where the next page goes on after this entry."""
    packed = _PAGE_TOKEN.pack((last.started_at - _EPOCH) // _MICROSECOND, last.entry_id.bytes)
    return base64.urlsafe_b64encode(packed).decode()


def _page_position(token: str) -> PagePosition:
    try:
        microseconds, entry_id = _PAGE_TOKEN.unpack(base64.b64decode(token, altchars=b"-_", validate=True))
        return PagePosition(_EPOCH + microseconds * _MICROSECOND, UUID(bytes=entry_id))
    except (binascii.Error, ValueError, OverflowError, struct.error):
        raise InvalidInput(
            "page_token", "must be a next_page_token of an earlier answer, or empty for the first page."
        ) from None


def summary_of(entry: Entry) -> pb.EntrySummary:
    started_at, ended_at = Timestamp(), Timestamp()
    started_at.FromDatetime(entry.started_at)
    ended_at.FromDatetime(entry.ended_at)
    audio_removed_at: Timestamp | None = None
    if entry.audio_removed_at is not None:
        audio_removed_at = Timestamp()
        audio_removed_at.FromDatetime(entry.audio_removed_at)
    return pb.EntrySummary(
        entry_id=str(entry.entry_id),
        person_id=str(entry.person_id),
        call_id=str(entry.call_id),
        started_at=started_at,
        ended_at=ended_at,
        outcome=outcome_value(entry.outcome),
        turns=entry.turns,
        recording_ms=entry.recording_ms,
        cut_off=entry.cut_off,
        audio_removed_at=audio_removed_at,
        imported=entry.imported_from is not None,
    )


def receipt_of(deletion: Deletion) -> pb.DeletionReceipt:
    destroyed_at = Timestamp()
    destroyed_at.FromDatetime(deletion.destroyed_at)
    return pb.DeletionReceipt(**{**vars(deletion), "person_id": str(deletion.person_id), "destroyed_at": destroyed_at})


def range_of(request: pb.ReadAudioRequest) -> Range:
    return Range(request.offset, request.offset + request.length if request.length else None)


def stretch_of(request: pb.ReadTrackRequest) -> Stretch:
    """
    Raises:
        InvalidInput: see the sentences.
    """
    if request.track not in _SPEAKERS:
        raise InvalidInput("track", "must be PERSON or DAYBOOK.")
    if not request.from_ms <= request.to_ms <= request.from_ms + LONGEST_STRETCH_MS:
        raise InvalidInput("to_ms", f"must be from_ms or later, by {LONGEST_STRETCH_MS} at most: ask for it in pieces.")
    return Stretch(_SPEAKERS[request.track], request.from_ms * SAMPLES_PER_MS, request.to_ms * SAMPLES_PER_MS)


def positions_of(positions: Iterable[TrackPosition]) -> list[pb.TrackPosition]:
    return [
        pb.TrackPosition(
            track=_SPEAKER_VALUES[position.track],
            next_sequence=position.next_sequence,
            kept_ms=position.kept_ms,
            ends_at_ms=position.ends_at_ms,
        )
        for position in positions
    ]
