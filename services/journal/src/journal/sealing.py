"""Which key opens what, and where it belongs: the envelopes applied to sessions, turns, revisions and segments.

What rests of a turn and of a revision is the contract's own message, Turn and Revision (daybook.journal.v1). Their fields may be
added to, never changed: buf checks that, and so an old one can always be read.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Protocol
from uuid import UUID

from daybook.journal.v1.journal_pb2 import Turn
from daybook.journal.v1.revisions_pb2 import AUTHOR_DAYBOOK, AUTHOR_PERSON, Revision
from journal.audio_envelope import seal_audio, unseal_audio
from journal.contract import speaker_of
from journal.envelope import Key, Kind, Place, new_key, seal, unseal, unwrap, wrap
from journal.inventory import inventory_of, segments_of
from journal.records import Author, Entry, KeptSegment, Recording, SealedRevision, SealedTurn, Speaker

_AUTHORS = {AUTHOR_DAYBOOK: Author.DAYBOOK, AUTHOR_PERSON: Author.PERSON}
_KIND_OF_TRACK = {Speaker.PERSON: Kind.AUDIO_OF_PERSON, Speaker.DAYBOOK: Kind.AUDIO_OF_DAYBOOK}


class KeyedSession(Protocol):
    """What of a session must be known to open what it holds."""

    @property
    def person_id(self) -> UUID: ...

    @property
    def session_id(self) -> UUID: ...

    @property
    def wrapped_key(self) -> bytes: ...


class SessionSeal:
    """Seals and opens the turns of one session, and the inventory and the revisions of its entry.

    Raises:
        IntegrityError: the session's key was changed, or is another session's.
    """

    def __init__(self, person_key: Key, session: KeyedSession) -> None:
        self._session = session
        self._key = unwrap(
            person_key, _place_of_session_key(session.person_id, session.session_id), session.wrapped_key
        )

    def seal(self, turn: Turn) -> SealedTurn:
        sealed = seal(self._key, self._place(Kind.TURN, turn.sequence), turn.SerializeToString())
        return SealedTurn(self._session.session_id, turn.sequence, speaker_of(turn.speaker), sealed)

    def open(self, turn: SealedTurn) -> Turn:
        """
        Raises:
            IntegrityError: the turn was changed, or belongs elsewhere.
        """
        return Turn.FromString(unseal(self._key, self._place(Kind.TURN, turn.sequence), turn.sealed))

    def open_all(self, turns: Sequence[SealedTurn], count: int) -> list[Turn]:
        """The turns of a session that has ended, all of them.

        Raises:
            IntegrityError: one was changed, or belongs elsewhere; or there is one more or less.
        """
        for expected, turn in enumerate(turns):
            if turn.sequence != expected:
                raise self._place(Kind.TURN, expected).damaged("its row is gone")
        if len(turns) < count:
            raise self._place(Kind.TURN, len(turns)).damaged("its row is gone")
        if len(turns) > count:
            raise self._place(Kind.TURN, count).damaged("it came after the end")
        return [self.open(turn) for turn in turns]

    def seal_inventory(self, entry: Entry, segments: Sequence[KeptSegment]) -> bytes:
        return seal(self._key, self._place(Kind.INVENTORY), inventory_of(entry, segments))

    def open_inventory(self, entry: Entry, sealed: bytes) -> list[KeptSegment]:
        """The segments that belong to an entry.

        Raises:
            IntegrityError: the inventory was changed, or belongs elsewhere; or the entry was changed.
        """
        place = self._place(Kind.INVENTORY)
        segments = segments_of(unseal(self._key, place, sealed), entry)
        if segments is None:
            raise place.damaged("what its entry tells was changed")
        return segments

    def seal_revision(self, revision: Revision) -> SealedRevision:
        sealed = seal(self._key, self._place(Kind.REVISION, revision.number), revision.SerializeToString())
        return SealedRevision(
            self._session.session_id,
            revision.number,
            _AUTHORS[revision.author],
            revision.made_at.ToDatetime(tzinfo=UTC),
            sealed,
        )

    def open_revision(self, kept: SealedRevision) -> Revision:
        """
        Raises:
            IntegrityError: the revision was changed, or what its row tells of it; or it belongs elsewhere.
        """
        place = self._place(Kind.REVISION, kept.number)
        revision = Revision.FromString(unseal(self._key, place, kept.sealed))
        told = (kept.number, kept.author, kept.made_at)
        if told != (revision.number, _AUTHORS.get(revision.author), revision.made_at.ToDatetime(tzinfo=UTC)):
            raise place.damaged("what its row tells was changed")
        return revision

    def check_numbers(self, numbers: Sequence[int]) -> None:
        """Whether these are the numbers of all revisions, in their order.

        Raises:
            IntegrityError: one is gone from among them.
        """
        for expected, number in enumerate(numbers, start=1):
            if number != expected:
                raise self._place(Kind.REVISION, expected).damaged("its row is gone")

    def _place(self, kind: Kind, sequence: int = 0) -> Place:
        return Place(self._session.person_id, self._session.session_id, kind, sequence)


class RecordingSeal:
    """Seals and opens the segments of one recording.

    Raises:
        IntegrityError: the recording's key was changed or destroyed, or is another recording's.
    """

    def __init__(self, person_key: Key, person_id: UUID, recording: Recording) -> None:
        self._person_id = person_id
        self.recording_id = recording.recording_id
        place = _place_of_recording_key(person_id, recording.recording_id)
        if recording.wrapped_key is None:
            raise place.damaged("it was destroyed")
        self._key = unwrap(person_key, place, recording.wrapped_key)

    def place(self, segment: KeptSegment) -> Place:
        return Place(self._person_id, self.recording_id, _KIND_OF_TRACK[segment.track], segment.sequence)

    def seal(self, segment: KeptSegment, audio: bytes) -> bytes:
        return seal_audio(self._key, self.place(segment), segment.starts_at_ms, audio)

    def open(self, segment: KeptSegment, sealed: bytes) -> bytes:
        """
        Raises:
            IntegrityError: the segment was changed, or belongs elsewhere.
        """
        audio = unseal_audio(self._key, self.place(segment), segment.starts_at_ms, sealed)
        if len(audio) != segment.samples:
            raise self.place(segment).damaged(f"it holds {len(audio)} samples, and {segment.samples} were kept")
        return audio


def new_session_key(person_key: Key, person_id: UUID, session_id: UUID) -> bytes:
    """A fresh key for a session's turns, under the person's."""
    return wrap(person_key, _place_of_session_key(person_id, session_id), new_key())


def new_recording(person_key: Key, person_id: UUID, recording_id: UUID) -> Recording:
    """A recording that begins, with a fresh key under the person's."""
    return Recording(recording_id, wrap(person_key, _place_of_recording_key(person_id, recording_id), new_key()))


def _place_of_session_key(person_id: UUID, session_id: UUID) -> Place:
    return Place(person_id, session_id, Kind.SESSION_KEY)


def _place_of_recording_key(person_id: UUID, recording_id: UUID) -> Place:
    return Place(person_id, recording_id, Kind.RECORDING_KEY)
