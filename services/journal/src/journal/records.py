"""What the journal keeps, as values. Instants are aware and in UTC.

The words of a turn stand in none of these: they are opened where they are asked for and go straight to who asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

SAMPLES_PER_S = 8000
SAMPLES_PER_MS = SAMPLES_PER_S // 1000


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
class RewrapPosition:
    """Where a rotation goes on: after this person's key, under that key-encryption key."""

    kek_id: str
    person_id: UUID


@dataclass(frozen=True)
class Rewrapped:
    """What became of some keys of a rotation.

    Attributes:
        keys: how many are wrapped by the active key now.
        damaged: whose did not open, and were left as they are.
        reached: None where all were seen.
    """

    keys: int
    damaged: Sequence[UUID]
    reached: RewrapPosition | None


@dataclass(frozen=True)
class Recording:
    """The audio of a session: its key under the person's, None once the audio was removed. Its segments are objects."""

    recording_id: UUID
    wrapped_key: bytes | None


@dataclass(frozen=True)
class Session:
    """A reflection session.

    Attributes:
        attempt_number: of the attempt to reach the person that holds it, or held it last.
        closing: how it will end, once its last words were about to be said in that attempt.
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
    closing: Outcome | None
    wrapped_key: bytes
    recording: Recording


@dataclass(frozen=True)
class SealedTurn:
    session_id: UUID
    sequence: int
    speaker: Speaker
    sealed: bytes


class Author(StrEnum):
    """Who wrote a revision."""

    DAYBOOK = "daybook"
    PERSON = "person"


@dataclass(frozen=True)
class SealedRevision:
    """One version of what is told of an entry; `number` counts from 1."""

    session_id: UUID
    number: int
    author: Author
    made_at: datetime
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
    """A segment that is safe: where it stands in the recording, without its audio.

    Attributes:
        sequence: of two gateways, each of which held the call for a while, both may have given this number.
    """

    track: Speaker
    sequence: int
    starts_at_ms: int
    samples: int

    @property
    def ends_at_ms(self) -> int:
        return self.starts_at_ms + self.samples // SAMPLES_PER_MS


@dataclass(frozen=True)
class Stretch:
    """A part of one track: from a sample up to another."""

    track: Speaker
    from_sample: int
    to_sample: int


@dataclass(frozen=True)
class Range:
    """A part of a file: from a byte up to another; None: to the end."""

    first: int
    end: int | None


@dataclass(frozen=True)
class TrackPosition:
    """How far a track is safe.

    Attributes:
        next_sequence: what the next segment is to bear.
        kept_samples: how much audio is safe, at 8000 a second.
        ends_at_ms: where in the recording the last of it ends.
    """

    track: Speaker
    next_sequence: int
    kept_samples: int
    ends_at_ms: int

    @property
    def kept_ms(self) -> int:
        return self.kept_samples // SAMPLES_PER_MS


@dataclass(frozen=True)
class Entry:
    """What can be told of a journal entry without its words.

    Attributes:
        turns: how many.
        recording_ms: how long its recording is; 0 once that was removed.
        cut_off: no gateway came back to end its call: what was being said at the end may not be in it.
        audio_removed_at: when its recording was removed, and
        audio_kept_days: for how many days its person had wished it to be kept; None while it is there.
        imported_from: the id that it had where it was made, if it has come by an archive: no call of this Daybook made it.
    """

    entry_id: UUID
    session_id: UUID
    person_id: UUID
    call_id: UUID
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    turns: int
    recording_ms: int
    cut_off: bool
    audio_removed_at: datetime | None = None
    audio_kept_days: int | None = None
    imported_from: UUID | None = None


@dataclass(frozen=True)
class Keeping:
    """How a person's journal is kept. A day is 24 hours, counted from the end of the session; 0: for ever.

    Attributes:
        audio_days: after how many an entry's recording is removed.
        entry_days: after how many an entry is.
        descriptions: whether a model is given the words, to make a title and a summary of them.
    """

    audio_days: int = 0
    entry_days: int = 0
    descriptions: bool = True


class DescriptionEnding(StrEnum):
    """What became of an entry that was to be described."""

    DESCRIBED = "described"
    WRITTEN = "written"
    UNWISHED = "unwished"
    GIVEN_UP = "given_up"


class Undescribed(StrEnum):
    """Why a try to describe an entry came to nothing."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    MALFORMED = "malformed"
    FAILED = "failed"
    WITHHELD = "withheld"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class ToDescribe:
    """An entry that a language model is to describe, after so many tries."""

    entry_id: UUID
    session_id: UUID
    person_id: UUID
    call_id: UUID
    tries: int


@dataclass(frozen=True)
class RetentionRun:
    """A run of retention that came to its end.

    Attributes:
        recordings: from how many entries the audio was removed.
        entries: how many were removed with all that belonged to them.
        unopened: how many kept their audio beyond its limit, since what belongs to them does not open.
    """

    started_at: datetime
    finished_at: datetime
    recordings: int
    entries: int
    unopened: int


@dataclass(frozen=True)
class Deletion:
    """What the receipt of a deleted person says.

    Attributes:
        entries: how many their key kept secret when it was destroyed, and
        recordings: how many of these.
        key_fingerprint: the SHA-256 of the wrapped key, in hexadecimal digits; empty where they had none.
        audit_sequence: the number of the record in the audit log that says so, 0 where it was not kept, and
        audit_hash: its hash.
    """

    person_id: UUID
    destroyed_at: datetime
    entries: int
    recordings: int
    key_fingerprint: str
    audit_sequence: int
    audit_hash: bytes


@dataclass(frozen=True)
class EntryPosition:
    """Where a walk over the entries of all persons goes on: after the entry of this session."""

    person_id: UUID
    session_id: UUID


@dataclass(frozen=True)
class SealedEntry:
    """An entry as it rests, with the key of its session and its newest revision, where there is one."""

    entry: Entry
    wrapped_key: bytes
    revision: SealedRevision | None

    @property
    def person_id(self) -> UUID:
        return self.entry.person_id

    @property
    def session_id(self) -> UUID:
        return self.entry.session_id


@dataclass(frozen=True)
class SpokenEntry(SealedEntry):
    """The same with its turns."""

    turns: Sequence[SealedTurn]


@dataclass(frozen=True)
class PagePosition:
    """Where a page of entries, the newest first, goes on: after the entry of this start and id."""

    started_at: datetime
    entry_id: UUID
