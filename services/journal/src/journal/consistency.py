"""Whether the objects of a recording are those that its entry's inventory names. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from journal.records import KeptSegment


class FaultKind(StrEnum):
    """What can be wrong; daybook.journal.v1.FaultKind says what becomes of each."""

    DAMAGED = "damaged"
    OBJECT_MISSING = "object_missing"
    LATE_SEGMENT = "late_segment"
    STRAY_OBJECT = "stray_object"
    LEFTOVER = "leftover"


@dataclass(frozen=True)
class Fault:
    """
    Attributes:
        record_id: the session or the recording.
        detail: what was seen, without any content.
    """

    kind: FaultKind
    record_id: UUID
    detail: str
    mended: bool = False


@dataclass(frozen=True)
class Comparison:
    """
    Attributes:
        missing: named, and not there as it was kept.
        beside: there, in a place that is not named.
    """

    missing: list[KeptSegment]
    beside: list[KeptSegment]


def compare(named: Collection[KeptSegment], there: Collection[KeptSegment]) -> Comparison:
    """What is in a named place and has another length was damaged: it is missing, and not beside."""
    found, places = set(there), set(map(_place, named))
    return Comparison(
        missing=sorted((segment for segment in named if segment not in found), key=_place),
        beside=sorted((segment for segment in there if _place(segment) not in places), key=_place),
    )


def _place(segment: KeptSegment) -> tuple[str, int, int]:
    return segment.track, segment.starts_at_ms, segment.sequence
