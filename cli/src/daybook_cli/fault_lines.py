"""How the faults of a journal are told. Pure."""

from collections.abc import Sequence

from daybook.journal.v1.consistency_pb2 import (
    FAULT_KIND_DAMAGED,
    FAULT_KIND_LATE_SEGMENT,
    FAULT_KIND_LEFTOVER,
    FAULT_KIND_OBJECT_MISSING,
    FAULT_KIND_STRAY_OBJECT,
    Fault,
    FaultKind,
)
from daybook_cli.wording import counted

SAID = {
    FAULT_KIND_DAMAGED: "damaged",
    FAULT_KIND_OBJECT_MISSING: "audio is missing",
    FAULT_KIND_LATE_SEGMENT: "audio came late, and is in no entry",
    FAULT_KIND_STRAY_OBJECT: "an object is no part of anything",
    FAULT_KIND_LEFTOVER: "something is left of what is gone",
}
FOR_A_BACKUP = {FAULT_KIND_DAMAGED, FAULT_KIND_OBJECT_MISSING}


def line(fault: Fault) -> str:
    """One fault."""
    said = SAID.get(fault.kind, FaultKind.Name(fault.kind))
    return f"{fault.record_id}: {said}{' (mended)' if fault.mended else ''}. {fault.detail}"


def summary(faults: Sequence[Fault], *, sessions: int, objects: int) -> str:
    looked_at = f"{counted(sessions, 'session')} with {counted(objects, 'object')} looked at"
    if not faults:
        return f"{looked_at}: all of it belongs together."
    mended = sum(fault.mended for fault in faults)
    return f"{looked_at}: {counted(len(faults), 'fault')}, {mended} mended."


def left(faults: Sequence[Fault]) -> str:
    """What to do about what was not mended; empty where nothing is left."""
    kinds = {fault.kind for fault in faults if not fault.mended}
    todo = []
    if kinds & FOR_A_BACKUP:
        todo.append("Restore what is damaged or missing from a backup: docs/runbooks/DaybookRecordsDamaged.md.")
    if kinds - FOR_A_BACKUP:
        todo.append("`daybook journal fsck --mend` mends the rest, and nothing is lost by it.")
    return " ".join(todo)


def as_json(faults: Sequence[Fault], *, sessions: int, objects: int) -> dict[str, object]:
    return {
        "sessions": sessions,
        "objects": objects,
        "faults": [
            {
                "kind": FaultKind.Name(fault.kind).removeprefix("FAULT_KIND_").lower(),
                "record_id": fault.record_id,
                "detail": fault.detail,
                "mended": fault.mended,
            }
            for fault in faults
        ],
    }
