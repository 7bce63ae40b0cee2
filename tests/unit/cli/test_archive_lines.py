from daybook.journal.v1.archive_pb2 import ExportProgress, Manifest, UnreadableEntry
from daybook_cli.archive_lines import exported, imported, lacking, lost_before, refused


def test_an_export_tells_what_is_in_it_and_what_is_not():
    assert exported(ExportProgress(entries_done=1)).startswith("1 entry exported.")
    assert lacking(ExportProgress(entries_done=7)) == ""
    told = lacking(ExportProgress(entries_done=7, unreadable=1, incomplete=2))
    assert told.startswith("1 entry is damaged and not in the file; 2 entries have parts missing.")


def test_an_import_tells_what_came_and_what_did_not():
    assert imported(1, 2) == "1 entry imported, 2 there already."
    assert lost_before(Manifest()) == ""
    assert lost_before(Manifest(unreadable=[UnreadableEntry()])).startswith("1 entry was damaged")
    told = refused([(f"entries/{number}", "its entry.json was changed") for number in range(22)])
    assert told.startswith("22 entries were not imported.")
    assert told.endswith("… and 2 more.")
