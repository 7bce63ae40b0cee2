"""How a person's keeping is told."""

from daybook.journal.v1.keeping_pb2 import Keeping
from daybook_cli.keeping_lines import told


def test_who_never_set_it_reads_that_all_is_kept():
    assert told(Keeping()) == [
        "Recordings are kept for ever.",
        "Entries are kept for ever.",
        "Titles and summaries are made by a model.",
    ]


def test_limits_are_told_in_days():
    assert told(Keeping(audio_days=1, entry_days=365, without_descriptions=True)) == [
        "Recordings are kept for 1 day.",
        "Entries are kept for 365 days.",
        "No model makes titles and summaries.",
    ]
