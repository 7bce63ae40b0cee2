"""What can go wrong in the journal, below the chassis's tree.

DaybookError
├── DataLoss
│   └── IntegrityError             what is kept cannot be opened: changed, moved, cut, or missing. Others are not affected
├── KeyUnusable                    the key-encryption key is missing, malformed, or not the one that this journal's keys need
├── ObjectStoreRefused             the address of the object store names none that can be used
├── NotFound
│   ├── NoSuchSession              no session has this id
│   └── NoSuchEntry                no entry of this person has this id: unknown and another person's look the same
├── Conflict
│   ├── SessionOver                the session has ended: nothing can be added
│   ├── SequenceGap                something before this turn or segment has not been kept yet
│   ├── ContentDiffers             the sequence number is taken by a turn that says something else
│   ├── CallTaken                  the call has a session of another person
│   └── PersonErased               the person was deleted: nothing more is kept for them
└── Unavailable (retryable)
    ├── ObjectStoreUnavailable     the object store does not answer
    └── GatewayMayStillSpeak       a call ended a moment ago and its gateway may still be writing
"""

from uuid import UUID

from chassis.errors import Conflict, DataLoss, DaybookError, NotFound, Unavailable


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


class NoSuchSession(NotFound):
    def __init__(self, session_id: UUID) -> None:
        super().__init__(f"There is no session {session_id}. StartSession gives the id of a call's session.")


class NoSuchEntry(NotFound):
    def __init__(self, entry_id: UUID) -> None:
        super().__init__(f"The person has no entry {entry_id}. ListEntries gives the ids of theirs.")


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


class PersonErased(Conflict):
    def __init__(self, person_id: UUID) -> None:
        super().__init__(
            f"The person {person_id} was deleted from the journal. Nothing more is kept for them: end the call."
        )


class ObjectStoreUnavailable(Unavailable):
    pass


class GatewayMayStillSpeak(Unavailable):
    pass
