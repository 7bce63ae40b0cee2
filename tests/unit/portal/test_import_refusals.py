"""Whatever is wrong with a journal's file has a sentence of its own, in each language that there is."""

import pytest

from journal_archive.refusals import WhyNoArchive, WhyNoEntry
from portal.catalogues import Languages
from portal.import_refusals import archive_refused_told, entry_refused_told

ENGLISH, GERMAN = Languages().of("en-GB"), Languages().of("de-AT")


@pytest.mark.parametrize("told", [archive_refused_told, entry_refused_told])
def test_every_reason_is_told_in_whole_sentences_and_translated(told):
    reasons = WhyNoArchive if told is archive_refused_told else WhyNoEntry
    for why in reasons:
        english, german = told(why, ENGLISH), told(why, GERMAN)
        assert english.endswith(".")
        assert german.endswith(".")
        assert german != english


def test_what_is_wrong_is_told_in_the_readers_language():
    assert entry_refused_told(WhyNoEntry.CHANGED, GERMAN) == "Er wurde geändert, nachdem er exportiert war."
    assert archive_refused_told(WhyNoArchive.LATER_FORMAT, ENGLISH).startswith("The file comes from a newer Daybook")
