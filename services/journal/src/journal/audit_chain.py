"""The audit log as a chain: what a record holds, and how each follows from the one before it. Pure.

The hash of a record is the SHA-256 of the hash before it, 32 zero bytes before the first, and the record as JSON (RFC 8259)
without spaces, in ASCII: `[sequence, microseconds since 1970, caller, asked_for, method, person_id, record_id, refused_for]`,
where what is not there is an empty text. Whoever changes a record has to change every hash after it, and so also the last one,
which whoever noted it down elsewhere will miss.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

HASH_BYTES = 32

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Access:
    """Something that somebody asked for.

    Attributes:
        caller: the service that asked; empty where it did not show who it is.
        asked_for: the person for whom it asked; None where it asked in its own name.
        method: e.g. ReadEntry.
        person_id: whose records were asked for; None where the request does not say, or a service may ask for anybody's.
        record_id: the entry, session or call; None where the request names none.
        refused_for: why it was refused, as a stable term; empty where it was let in.
    """

    at: datetime
    caller: str
    asked_for: UUID | None
    method: str
    person_id: UUID | None
    record_id: UUID | None
    refused_for: str


@dataclass(frozen=True)
class AuditPosition:
    """A place in the log: a record's number, from 1, and its hash."""

    sequence: int
    hash: bytes


BEGINNING = AuditPosition(0, bytes(HASH_BYTES))


@dataclass(frozen=True)
class AuditRecord:
    """An access as it is kept."""

    position: AuditPosition
    access: Access


def following(position: AuditPosition, access: Access) -> AuditRecord:
    """The record that comes after that position."""
    sequence = position.sequence + 1
    content = [
        sequence,
        (access.at - _EPOCH) // _MICROSECOND,
        access.caller,
        str(access.asked_for or ""),
        access.method,
        str(access.person_id or ""),
        str(access.record_id or ""),
        access.refused_for,
    ]
    written = json.dumps(content, separators=(",", ":"), ensure_ascii=True).encode()
    return AuditRecord(AuditPosition(sequence, hashlib.sha256(position.hash + written).digest()), access)


def followed(position: AuditPosition, records: Iterable[AuditRecord]) -> tuple[AuditPosition, int]:
    """How far these records, in order, follow from that position.

    Returns:
        The last position that does, and the number of the first record that does not; 0 where all do.
    """
    for record in records:
        expected = following(position, record.access)
        if record.position != expected.position:
            return position, record.position.sequence
        position = record.position
    return position, 0
