"""What can go wrong in the journal, below the chassis's tree.

DaybookError
├── DataLoss
│   └── IntegrityError             what is kept cannot be opened: changed, moved, cut, or missing. Others are not affected
├── KeyUnusable                    a key-encryption key is missing or malformed, or it is not clear which one is active
├── ObjectStoreRefused             the address of the object store names none that can be used
├── DescriptionRefused             the model does not speak of an entry's words
├── NotFound
│   ├── NoSuchSession              no session has this id
│   ├── NoSuchEntry                no entry of this person has this id: unknown and another person's look the same
│   └── AudioRemoved               the entry has no recording any more: its person wished it to be kept for so long
├── Conflict
│   ├── SessionOver                the session has ended: nothing can be added
│   ├── SequenceGap                something before this turn or segment has not been kept yet
│   ├── ContentDiffers             the sequence number is taken by a turn that says something else
│   ├── CallTaken                  the call has a session of another person
│   ├── EditedMeanwhile            an edit is of a revision that is no longer the newest
│   └── PersonErased               the person was deleted: nothing more is kept for them
└── Unavailable (retryable)
    ├── KmsUnavailable             Google Cloud KMS does not answer, or its answer came damaged
    ├── DescriptionUnavailable     the model does not answer, or nothing of use
    ├── ObjectStoreUnavailable     the object store does not answer
    ├── ImportGivenUp              an import of an entry took too long, and what had come of it was cleared away
    └── GatewayMayStillSpeak       a call ended a moment ago and its gateway may still be writing
"""

from datetime import datetime
from uuid import UUID

from chassis.errors import Conflict, DataLoss, DaybookError, NotFound, Unavailable
from journal.records import Undescribed


class IntegrityError(DataLoss):
    """Something kept cannot be opened.

    Args:
        kind: what it is: turn, audio.person, session-key …
        sequence: its number within the record.
        record_id: the session, recording or person that it belongs to.
        reason: what was seen, as a clause.
    """

    def __init__(self, kind: str, sequence: int, record_id: UUID, reason: str) -> None:
        super().__init__(
            f"The {kind} {sequence} of the record {record_id} cannot be opened: {reason}. "
            "Restore it from a backup; other records are not affected."
        )
        self.kind = kind
        self.sequence = sequence
        self.record_id = record_id


class KeyUnusable(DaybookError):
    pass


class ObjectStoreRefused(DaybookError):
    pass


class DescriptionRefused(DaybookError):
    def __init__(self) -> None:
        super().__init__("The model gave no description of an entry's words, and would not of the same words again.")


class NoSuchSession(NotFound):
    def __init__(self, session_id: UUID) -> None:
        super().__init__(f"There is no session {session_id}. StartSession gives the id of a call's session.")


class NoSuchEntry(NotFound):
    def __init__(self, entry_id: UUID) -> None:
        super().__init__(f"The person has no entry {entry_id}. ListEntries gives the ids of theirs.")


class AudioRemoved(NotFound):
    def __init__(self, entry_id: UUID, removed_at: datetime, kept_days: int) -> None:
        super().__init__(
            f"The entry {entry_id} has no recording any more: it was removed on {removed_at:%Y-%m-%d}, {kept_days} "
            f"{'day' if kept_days == 1 else 'days'} after the call, as its person had set (SetKeeping). Its words are there."
        )


class SessionOver(Conflict):
    def __init__(self, session_id: UUID) -> None:
        super().__init__(
            f"The session {session_id} has ended; nothing can be added to it. Start the session of another call."
        )


class SequenceGap(Conflict):
    """
    Args:
        what: turn, or a segment of which track.
        got: the number that came.
        expected: the number that is to come next.
    """

    def __init__(self, what: str, *, got: int, expected: int) -> None:
        super().__init__(
            f"The {what} {got} came where {expected} is expected. Send {expected} first: numbers start at 0 and have no gaps."
        )
        self.expected = expected


class ContentDiffers(Conflict):
    def __init__(self, sequence: int) -> None:
        super().__init__(
            f"The turn {sequence} is kept already and says something else. "
            "A kept turn is not changed; start the session again to learn which turns are kept."
        )


class CallTaken(Conflict):
    def __init__(self, call_id: UUID) -> None:
        super().__init__(f"The call {call_id} has a session of another person. Ask window-scheduler whose call it is.")


class EditedMeanwhile(Conflict):
    """
    Args:
        based_on: the revision that was edited; 0: none.
        newest: the entry's newest one; 0: it has none.
    """

    def __init__(self, *, based_on: int, newest: int) -> None:
        super().__init__(
            f"The edit is based on revision {based_on} of the entry, and its newest is {newest}. "
            "Read the entry again and edit that."
        )


class PersonErased(Conflict):
    def __init__(self, person_id: UUID) -> None:
        super().__init__(
            f"The person {person_id} was deleted from the journal. Nothing more is kept for them: end the call."
        )


class KmsUnavailable(Unavailable):
    pass


class DescriptionUnavailable(Unavailable):
    def __init__(self, reason: Undescribed) -> None:
        super().__init__(f"There is no description now: {reason}. It is asked for again later.")
        self.reason = reason


class ObjectStoreUnavailable(Unavailable):
    pass


class ImportGivenUp(Unavailable):
    def __init__(self) -> None:
        super().__init__(
            "The import of the entry took too long and was given up; nothing of it is kept. Import it again."
        )


class GatewayMayStillSpeak(Unavailable):
    pass
