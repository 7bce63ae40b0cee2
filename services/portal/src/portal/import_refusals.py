"""Why a journal's file, or an entry of it, is not brought in, in a person's words. Pure."""

from collections.abc import Mapping

from journal_archive.refusals import WhyNoArchive, WhyNoEntry
from portal.languages import marked

_NO_ZIP_FILE = marked("The file is no ZIP file, or only a part of one. Get it anew from where it was exported.")
OF_ARCHIVES: Mapping[WhyNoArchive, str] = {
    WhyNoArchive.UNREADABLE: _NO_ZIP_FILE,
    WhyNoArchive.NO_ZIP_FILE: _NO_ZIP_FILE,
    WhyNoArchive.NO_LIST: marked(
        "The ZIP file is not one that Daybook made: its list of entries is missing. Take the file as it was exported."
    ),
    WhyNoArchive.LIST_NOT_AS_WRITTEN: marked("The file's list of entries was changed. Export the journal again."),
    WhyNoArchive.LATER_FORMAT: marked("The file comes from a newer Daybook than this one, and cannot be read here."),
    WhyNoArchive.TOO_MANY_FILES: marked("The ZIP file has more files in it than a journal can have."),
    WhyNoArchive.FOREIGN_NAMES: marked(
        "The ZIP file has names in it that no Daybook gives. Do not unpack it, and ask who gave it to you."
    ),
}
"""What is wrong with a file as a whole, and what to do."""
OF_ENTRIES: Mapping[WhyNoEntry, str] = {
    WhyNoEntry.MISSING: marked("A part of it is not in the file."),
    WhyNoEntry.CHANGED: marked("It was changed after it was exported."),
    WhyNoEntry.ANOTHER_ENTRY: marked("Another entry stands in its place."),
    WhyNoEntry.NOT_AS_WRITTEN: marked("It is not as a Daybook writes it."),
    WhyNoEntry.FOREIGN_PACKING: marked("It is encrypted, or packed in another way than Daybook does."),
    WhyNoEntry.TOO_LARGE: marked("It is larger than an entry can be."),
    WhyNoEntry.DAMAGED: marked("It was damaged."),
    WhyNoEntry.JOURNAL_REFUSES: marked("What it holds cannot be in a journal."),
}
"""What is wrong with one entry."""
