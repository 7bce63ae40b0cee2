"""Which key opens what, and where it belongs: the envelope applied to sessions, turns and segments.

What rests of a turn is the contract's own message Turn (daybook.journal.v1). Its fields may be added to, never changed: buf
checks that, and so an old turn can always be read.
"""

from uuid import UUID

from daybook.journal.v1.journal_pb2 import Turn
from journal.contract import speaker_of
from journal.envelope import Key, Kind, Place, new_key, seal, unseal, unwrap, wrap
from journal.records import Recording, SealedTurn, Session, Speaker

_KIND_OF_TRACK = {Speaker.PERSON: Kind.AUDIO_OF_PERSON, Speaker.DAYBOOK: Kind.AUDIO_OF_DAYBOOK}


class TurnSeal:
    """Seals and opens the turns of one session.

    Raises:
        IntegrityError: the session's key was changed, or is another session's.
    """

    def __init__(self, person_key: Key, session: Session) -> None:
        self._session = session
        self._key = unwrap(
            person_key, _place_of_session_key(session.person_id, session.session_id), session.wrapped_key
        )

    def seal(self, turn: Turn) -> SealedTurn:
        sealed = seal(self._key, self._place(turn.sequence), turn.SerializeToString())
        return SealedTurn(self._session.session_id, turn.sequence, speaker_of(turn.speaker), sealed)

    def open(self, turn: SealedTurn) -> Turn:
        """
        Raises:
            IntegrityError: the turn was changed, or belongs elsewhere.
        """
        return Turn.FromString(unseal(self._key, self._place(turn.sequence), turn.sealed))

    def _place(self, sequence: int) -> Place:
        return Place(self._session.person_id, self._session.session_id, Kind.TURN, sequence)


class RecordingSeal:
    """Seals and opens the segments of one recording.

    Raises:
        IntegrityError: the recording's key was changed, or is another recording's.
    """

    def __init__(self, person_key: Key, person_id: UUID, recording: Recording) -> None:
        self._person_id = person_id
        self._recording_id = recording.recording_id
        self._key = unwrap(
            person_key, _place_of_recording_key(person_id, recording.recording_id), recording.wrapped_key
        )

    def place(self, track: Speaker, sequence: int) -> Place:
        return Place(self._person_id, self._recording_id, _KIND_OF_TRACK[track], sequence)

    def seal(self, track: Speaker, sequence: int, audio: bytes) -> bytes:
        return seal(self._key, self.place(track, sequence), audio)

    def open(self, track: Speaker, sequence: int, sealed: bytes) -> bytes:
        """
        Raises:
            IntegrityError: the segment was changed, or belongs elsewhere.
        """
        return unseal(self._key, self.place(track, sequence), sealed)


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
