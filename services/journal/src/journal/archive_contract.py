"""The messages by which an entry comes from an archive, as the journal's values, checked. Pure.

What is refused is named by its field and not repeated: it may be somebody's words.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID, uuid5

from chassis.errors import InvalidInput
from daybook.journal.v1 import archive_pb2 as pb
from daybook.journal.v1.journal_pb2 import Turn
from daybook.journal.v1.revisions_pb2 import AUTHOR_UNSPECIFIED, Author, EditEntryRequest, Revision
from journal.contract import (
    LONGEST_RECORDING_MS,
    LONGEST_SEGMENT_BYTES,
    checked_turn,
    id_of,
    instant_of,
    outcome_of,
    speaker_of,
)
from journal.records import SAMPLES_PER_MS, Outcome, Segment, Speaker
from journal.revision_contract import content_of

MOST_TURNS = 10_000
MOST_MESSAGES = 200_000
"""Of one stream: a day of two tracks, second by second, and all that comes before."""
LARGEST_WORDS_BYTES = 16 * 1024 * 1024
LARGEST_HISTORY_BYTES = 32 * 1024 * 1024
"""Of all turns, and of all revisions, of an entry: they are held until it is whole. A day of talk has 1.3 million characters."""

_ENTRY_ID = UUID("5b0f6a5e-3c0b-5c6f-9a57-6f1f0b7c2f10")
_CALL_ID = UUID("0d3cb4a1-93cf-5f0e-8f0b-0c5d6f0e7a42")


@dataclass(frozen=True)
class Arrival:
    """An entry that comes from an archive, without its words.

    Attributes:
        person_id: whose it is to be.
        imported_from: the id that it had where it was made.
    """

    person_id: UUID
    imported_from: UUID
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    cut_off: bool

    @property
    def entry_id(self) -> UUID:
        """Follows from whose it is and where it was made: one that comes again is known, and nobody else's is met by it."""
        return uuid5(_ENTRY_ID, f"{self.person_id}/{self.imported_from}")

    @property
    def call_id(self) -> UUID:
        """Of no call: a session is one of a call, and this one had its call elsewhere."""
        return uuid5(_CALL_ID, f"{self.person_id}/{self.imported_from}")


def arrival_of(request: pb.ImportEntryRequest | pb.FindImportedRequest) -> Arrival:
    """The question, or the first message of a stream.

    Raises:
        InvalidInput: see the sentences.
    """
    if not request.HasField("header"):
        raise InvalidInput("header", "must come first: whose the entry is to be, and what is told of it.")
    told = request.header.entry
    person_id = id_of("header.person_id", request.header.person_id)
    entry_id = id_of("header.entry.entry_id", told.entry_id)
    imported_from = id_of("header.entry.imported_from", told.imported_from) if told.imported_from else entry_id
    started_at = instant_of("header.entry.started_at", told.started_at)
    ended_at = instant_of("header.entry.ended_at", told.ended_at)
    if ended_at < started_at:
        raise InvalidInput("header.entry.ended_at", "must not be before header.entry.started_at.")
    outcome = outcome_of(told.outcome)
    if outcome is Outcome.VOICEMAIL:
        raise InvalidInput("header.entry.outcome", "must not be VOICEMAIL: of such a call no entry is made.")
    return Arrival(person_id, imported_from, started_at, ended_at, outcome, told.cut_off)


Part: TypeAlias = Turn | Revision | Segment


@dataclass
class Arriving:
    """Checks what follows the header, one message after the other."""

    _turns: int = 0
    _words_bytes: int = 0
    _oldest_revision: int | None = None
    _history_bytes: int = 0
    _audio_began: bool = False
    _segments: dict[Speaker, int] = field(default_factory=lambda: dict.fromkeys(Speaker, 0))
    _ends: dict[Speaker, int] = field(default_factory=lambda: dict.fromkeys(Speaker, 0))

    def part(self, request: pb.ImportEntryRequest) -> Part:
        """
        Raises:
            InvalidInput: see the sentences.
        """
        match request.WhichOneof("part"):
            case "turn":
                return self._turn(request.turn)
            case "revision":
                return self._revision(request.revision)
            case "audio":
                return self._segment(request.audio)
            case "header":
                raise InvalidInput("header", "must come once: send each entry in a stream of its own.")
            case _:
                raise InvalidInput("part", "must be a turn, a revision or audio.")

    def _turn(self, turn: Turn) -> Turn:
        if self._audio_began or self._oldest_revision is not None:
            raise InvalidInput("turn", "must come before all revisions and all audio.")
        checked = checked_turn(turn)
        if turn.sequence != self._turns:
            raise InvalidInput("turn.sequence", "must count the turns from 0, without gaps.")
        self._turns += 1
        self._words_bytes += turn.ByteSize()
        if self._turns > MOST_TURNS or self._words_bytes > LARGEST_WORDS_BYTES:
            raise InvalidInput(
                "turn",
                f"must be one of at most {MOST_TURNS}, which have {LARGEST_WORDS_BYTES} bytes together at most.",
            )
        return checked

    def _revision(self, revision: Revision) -> Revision:
        if self._audio_began:
            raise InvalidInput("revision", "must come before all audio.")
        if revision.number < 1 or (self._oldest_revision is not None and revision.number >= self._oldest_revision):
            raise InvalidInput("revision.number", "must be 1 or more, and below that of the revision before it.")
        if revision.author not in Author.values() or revision.author == AUTHOR_UNSPECIFIED:
            raise InvalidInput("revision.author", "must be DAYBOOK or PERSON.")
        instant_of("revision.made_at", revision.made_at)
        _check_content(revision, self._turns)
        self._oldest_revision = revision.number
        self._history_bytes += revision.ByteSize()
        if self._history_bytes > LARGEST_HISTORY_BYTES:
            raise InvalidInput(
                "revision", f"must be one of those that have {LARGEST_HISTORY_BYTES} bytes together at most."
            )
        return revision

    def _segment(self, audio: pb.ArchivedAudio) -> Segment:
        self._audio_began = True
        try:
            track = speaker_of(audio.track)
        except KeyError:
            raise InvalidInput("audio.track", "must be PERSON or DAYBOOK.") from None
        if not 1 <= len(audio.audio) <= LONGEST_SEGMENT_BYTES:
            raise InvalidInput(
                "audio.audio",
                f"has {len(audio.audio)} bytes; a piece has 1 to {LONGEST_SEGMENT_BYTES}, at most one second.",
            )
        if audio.starts_at_ms > LONGEST_RECORDING_MS:
            raise InvalidInput(
                "audio.starts_at_ms", f"must be at most {LONGEST_RECORDING_MS}, one day: no call lasts longer."
            )
        first = audio.starts_at_ms * SAMPLES_PER_MS
        if first < self._ends[track]:
            raise InvalidInput("audio.starts_at_ms", "must not be before the end of the piece before it on its track.")
        segment = Segment(track, self._segments[track], audio.starts_at_ms, audio.audio)
        self._segments[track] += 1
        self._ends[track] = first + len(audio.audio)
        return segment


def _check_content(revision: Revision, turns: int) -> None:
    """By the limits of what a person may write."""
    written = EditEntryRequest(
        title=revision.title,
        summary=revision.summary,
        tags=revision.tags,
        mood=revision.mood,
        corrections=revision.corrections,
    )
    try:
        content_of(written, turns=turns)
    except InvalidInput as error:
        raise InvalidInput(f"revision.{error.field}", error.remedy) from None
