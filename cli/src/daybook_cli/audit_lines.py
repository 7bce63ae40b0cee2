"""Positions of the journal's audit log as text, and what is wrong with it in words."""

from pathlib import Path

from google.protobuf.json_format import Parse, ParseError

from daybook.journal.v1 import audit_pb2 as pb
from daybook.journal.v1.journal_pb2 import DeletionReceipt
from daybook_cli.errors import CommandError

HASH_BYTES = 32

_FAULTS = {
    pb.AUDIT_FAULT_CHANGED: "record {0} does not follow from those before it: it, or one of them, was changed",
    pb.AUDIT_FAULT_MISSING: "record {0} is gone",
    pb.AUDIT_FAULT_REWRITTEN: "its chain is whole, and at {0} it is not the one that was noted down: it was written anew",
    pb.AUDIT_FAULT_CUT_OFF: "it ends before {0}, which was noted down: its end is gone",
}


def position_told(position: pb.AuditPosition) -> str:
    """As `position_of` reads it."""
    return f"{position.sequence}:{position.hash.hex()}"


def position_of(text: str) -> pb.AuditPosition:
    """
    Raises:
        CommandError: it is no position.
    """
    number, _, digits = text.partition(":")
    try:
        position = pb.AuditPosition(sequence=int(number), hash=bytes.fromhex(digits))
    except ValueError:
        position = pb.AuditPosition()
    if not _is_one(position):
        raise CommandError(
            "A position of the audit log is NUMBER:HASH, a number from 1 and 64 hexadecimal digits, "
            "as `daybook audit verify` tells it."
        )
    return position


def _is_one(position: pb.AuditPosition) -> bool:
    return position.sequence > 0 and len(position.hash) == HASH_BYTES


def position_of_receipt(path: Path) -> pb.AuditPosition:
    """The position in a receipt, as `daybook entry delete-all --receipt` wrote it.

    Raises:
        CommandError: it cannot be read, is no receipt, or bears no position.
    """
    try:
        receipt = Parse(path.read_bytes(), DeletionReceipt())
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    except (ParseError, UnicodeDecodeError):
        receipt = DeletionReceipt()
    position = pb.AuditPosition(sequence=receipt.audit_sequence, hash=receipt.audit_hash)
    if not _is_one(position):
        raise CommandError(
            f"{path} is no receipt of a deletion with a position of the audit log in it. `daybook entry delete-all` writes one."
        )
    return position


def fault_told(answer: pb.VerifyAuditResponse) -> str:
    """What is wrong, in a sentence; empty where nothing is."""
    if answer.fault == pb.AUDIT_FAULT_UNSPECIFIED:
        return ""
    what = _FAULTS[answer.fault].format(answer.fault_sequence)
    return (
        f"The audit log is not what it was: {what}. Somebody has written to the database beside the journal. Keep a copy of it, "
        "compare it with a backup, and see docs/operating.md."
    )
