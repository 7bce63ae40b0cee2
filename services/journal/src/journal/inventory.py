"""What belongs to an entry: how many turns, which segments of audio. Sealed with it, so that nothing can be taken away unnoticed.

It is JSON, made when the session ends: what can be told of the entry, then its segments by track, each as its number, its
start in milliseconds and its length in samples. Once the audio was removed it names none, and says when that was and why.
"""

import json
from collections.abc import Sequence

from journal.records import Entry, KeptSegment, Speaker


def inventory_of(entry: Entry, segments: Sequence[KeptSegment]) -> bytes:
    tracks = {
        track.value: [[each.sequence, each.starts_at_ms, each.samples] for each in segments if each.track is track]
        for track in Speaker
    }
    return json.dumps(_told(entry) | {"tracks": tracks}, separators=(",", ":"), sort_keys=True).encode()


def segments_of(inventory: bytes, entry: Entry) -> list[KeptSegment] | None:
    """The segments that belong to this entry; None where the inventory is of an entry of which anything else is told."""
    listed = json.loads(inventory)
    tracks = listed.pop("tracks")
    if listed != _told(entry):
        return None
    return [KeptSegment(Speaker(track), *segment) for track, segments in tracks.items() for segment in segments]


def _told(entry: Entry) -> dict[str, object]:
    told: dict[str, object] = {
        "entry_id": str(entry.entry_id),
        "call_id": str(entry.call_id),
        "started_at": entry.started_at.isoformat(),
        "ended_at": entry.ended_at.isoformat(),
        "outcome": entry.outcome.value,
        "cut_off": entry.cut_off,
        "turns": entry.turns,
        "recording_ms": entry.recording_ms,
    }
    if entry.audio_removed_at is not None:
        told["audio_removed"] = {"at": entry.audio_removed_at.isoformat(), "kept_days": entry.audio_kept_days}
    if entry.imported_from is not None:
        told["imported_from"] = str(entry.imported_from)
    return told
