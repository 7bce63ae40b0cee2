"""Why an archive, or an entry of it, is not taken: a sentence for who types commands, and a term for who tells it otherwise."""

from enum import StrEnum


class WhyNoArchive(StrEnum):
    """What is wrong with a file as a whole."""

    UNREADABLE = "unreadable"
    NO_ZIP_FILE = "no_zip_file"
    NO_LIST = "no_list"
    LIST_NOT_AS_WRITTEN = "list_not_as_written"
    LATER_FORMAT = "later_format"
    TOO_MANY_FILES = "too_many_files"
    FOREIGN_NAMES = "foreign_names"


class WhyNoEntry(StrEnum):
    """What is wrong with one entry."""

    MISSING = "missing"
    CHANGED = "changed"
    ANOTHER_ENTRY = "another_entry"
    NOT_AS_WRITTEN = "not_as_written"
    FOREIGN_PACKING = "foreign_packing"
    TOO_LARGE = "too_large"
    DAMAGED = "damaged"
    JOURNAL_REFUSES = "journal_refuses"


class ArchiveRefused(Exception):
    """The file as a whole is no archive that can be read. The text says why, and what to do."""

    def __init__(self, why: WhyNoArchive, text: str) -> None:
        super().__init__(text)
        self.why = why


class EntryRefused(Exception):
    """One entry of it cannot be taken; others can. The text is a clause that says why."""

    def __init__(self, why: WhyNoEntry, text: str) -> None:
        super().__init__(text)
        self.why = why
