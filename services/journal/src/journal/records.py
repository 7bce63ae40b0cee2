"""What the journal keeps, as values. Instants are aware and in UTC.

The words of a turn stand in none of these: they are opened where they are asked for and go straight to who asked.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Speaker(StrEnum):
    """Who speaks in a turn, and on a track of the recording."""

    PERSON = "person"
    DAYBOOK = "daybook"


class Outcome(StrEnum):
    """How a session ended."""

    COMPLETED = "completed"
    CUT_SHORT = "cut_short"
    SILENT = "silent"
    OPTED_OUT = "opted_out"
    VOICEMAIL = "voicemail"


@dataclass(frozen=True)
class PersonKey:
    """A person's key as it rests: wrapped by the key-encryption key that `kek_id` names; None once it was destroyed."""

    person_id: UUID
    kek_id: str
    wrapped: bytes | None


@dataclass(frozen=True)
class Recording:
    """The audio of a session: its key under the person's. Its segments are objects."""

    recording_id: UUID
    wrapped_key: bytes


@dataclass(frozen=True)
class Session:
    """A reflection session.

    Attributes:
        attempt_number: of the attempt to reach the person that began it.
        outcome: None while it runs, as `ended_at` is.
        wrapped_key: of its turns, under the person's key.
    """

    session_id: UUID
    call_id: UUID
    person_id: UUID
    attempt_number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    wrapped_key: bytes
    recording: Recording


@dataclass(frozen=True)
class SealedTurn:
    session_id: UUID
    sequence: int
    speaker: Speaker
    sealed: bytes


@dataclass(frozen=True)
class Segment:
    """One piece of one track: µ-law, 8000 samples a second, one byte each, at most one second."""

    track: Speaker
    sequence: int
    starts_at_ms: int
    audio: bytes


@dataclass(frozen=True)
class KeptSegment:
    """A segment that is safe: where it stands in the recording, without its audio."""

    track: Speaker
    sequence: int
    starts_at_ms: int
    samples: int


@dataclass(frozen=True)
class TrackPosition:
    """How far a track is safe.

    Attributes:
        next_sequence: what the next segment is to bear.
        kept_samples: how much audio is safe, at 8000 a second.
    """

    track: Speaker
    next_sequence: int
    kept_samples: int

    @property
    def kept_ms(self) -> int:
        return self.kept_samples // 8


@dataclass(frozen=True)
class Entry:
    """What can be told of a journal entry without its words."""

    entry_id: UUID
    session_id: UUID
    person_id: UUID
    call_id: UUID
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    turns: int
    recording_ms: int


@dataclass(frozen=True)
class PagePosition:
    """Where a page of entries, the newest first, goes on: after the entry of this start and id."""

    started_at: datetime
    entry_id: UUID
