"""Whatever is wrong with a journal's file has a sentence of its own, in each language that there is."""

import pytest

from journal_archive.refusals import WhyNoArchive, WhyNoEntry
from portal.catalogues import Languages
from portal.import_refusals import OF_ARCHIVES, OF_ENTRIES

GERMAN = Languages().of("de-AT")


@pytest.mark.parametrize(("told", "reasons"), [(OF_ARCHIVES, WhyNoArchive), (OF_ENTRIES, WhyNoEntry)])
def test_every_reason_is_told_in_whole_sentences_and_translated(told, reasons):
    assert told.keys() == set(reasons)
    for english in told.values():
        german = GERMAN.say(english)
        assert english.endswith(".")
        assert german.endswith(".")
        assert german != english
