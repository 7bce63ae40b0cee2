"""How the export of a journal, and the import of an archive, are told. Pure."""

from collections.abc import Sequence

from daybook.journal.v1.archive_pb2 import ExportProgress, Manifest
from daybook_cli.wording import counted

NAMED = 20


def exported(progress: ExportProgress) -> str:
    number = counted(progress.entries_done - progress.unreadable, "entry", "entries")
    return f"{number} exported. The file is not encrypted: keep it well."


def lacking(progress: ExportProgress) -> str:
    """What an export is without, and what to do about it; empty where that is nothing."""
    lacks = []
    if progress.unreadable:
        lacks.append(f"{counted(progress.unreadable, 'entry is', 'entries are')} damaged and not in the file")
    if progress.incomplete:
        lacks.append(f"{counted(progress.incomplete, 'entry has', 'entries have')} parts missing")
    if not lacks:
        return ""
    return (
        f"{'; '.join(lacks)}. journal.json in the file names them. `daybook journal fsck --deep` says what is damaged: restore "
        "that from a backup, and export again."
    )


def imported(new: int, known: int) -> str:
    return f"{counted(new, 'entry', 'entries')} imported, {known} there already."


def lost_before(manifest: Manifest) -> str:
    """What the archive was without when it was made; empty where that is nothing."""
    if not manifest.unreadable:
        return ""
    number = counted(len(manifest.unreadable), "entry was", "entries were")
    return f"{number} damaged where the archive was made, and not in it."


def refused(entries: Sequence[tuple[str, str]]) -> str:
    """Which entries were not imported, by their folders, and why."""
    lines = [f"{folder}: {why}." for folder, why in entries[:NAMED]]
    if len(entries) > NAMED:
        lines.append(f"… and {len(entries) - NAMED} more.")
    number = counted(len(entries), "entry was", "entries were")
    return "\n".join([f"{number} not imported. The others were; export what is missing anew, and import that.", *lines])
