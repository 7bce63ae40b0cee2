"""A journal as a file, as a Daybook would have made it, or as it would not."""

import hashlib
import io
import json
import zipfile

ENTRY = "22222222-2222-4222-8222-222222222222"


def an_archive(text, *, folder="entries/one", sha256=None):
    """Of one entry, with a revision.

    Args:
        text: that was said, and the title.
        folder: where the entry is.
        sha256: what its files are told to come to; None: what they do.
    """
    document = {
        "entry": {"entry_id": ENTRY, "started_at": "2026-11-24T08:00:00Z", "ended_at": "2026-11-24T08:01:00Z",
                  "outcome": "SESSION_OUTCOME_COMPLETED"},
        "turns": [{"sequence": 0, "speaker": "SPEAKER_PERSON", "text": text, "ends_at_ms": 900}],
    }  # fmt: skip
    revision = {
        "number": 1,
        "author": "AUTHOR_PERSON",
        "made_at": "2026-11-24T09:00:00Z",
        "title": text,
        "tags": [text[:50]],
    }
    files = {"entry.json": json.dumps(document).encode(), "revisions.jsonl": json.dumps(revision).encode() + b"\n"}
    listed = [
        {"name": name, "size_bytes": len(content), "sha256": sha256 or hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    ]
    manifest = {"format_version": 1, "entries": [{"entry_id": ENTRY, "folder": folder, "files": listed}]}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("journal.json", json.dumps(manifest))
        for name, content in files.items():
            archive.writestr(f"{folder}/{name}", content)
    return made.getvalue()
