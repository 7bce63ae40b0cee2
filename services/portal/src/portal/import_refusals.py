"""Why a journal's file, or an entry of it, is not brought in, in a person's words. Pure."""

from journal_archive.refusals import WhyNoArchive, WhyNoEntry
from portal.languages import Language


def archive_refused_told(why: WhyNoArchive, language: Language) -> str:
    """What is wrong with the file as a whole, and what to do."""
    match why:
        case WhyNoArchive.UNREADABLE | WhyNoArchive.NO_ZIP_FILE:
            return language.say(
                "The file is no ZIP file, or only a part of one. Get it anew from where it was exported."
            )
        case WhyNoArchive.NO_LIST:
            return language.say(
                "The ZIP file is not one that Daybook made: its list of entries is missing. Take the file as it was exported."
            )
        case WhyNoArchive.LIST_NOT_AS_WRITTEN:
            return language.say("The file's list of entries was changed. Export the journal again.")
        case WhyNoArchive.LATER_FORMAT:
            return language.say("The file comes from a newer Daybook than this one, and cannot be read here.")
        case WhyNoArchive.TOO_MANY_FILES:
            return language.say("The ZIP file has more files in it than a journal can have.")
        case WhyNoArchive.FOREIGN_NAMES:
            return language.say(
                "The ZIP file has names in it that no Daybook gives. Do not unpack it, and ask who gave it to you."
            )


def entry_refused_told(why: WhyNoEntry, language: Language) -> str:
    """What is wrong with one entry."""
    match why:
        case WhyNoEntry.MISSING:
            return language.say("A part of it is not in the file.")
        case WhyNoEntry.CHANGED:
            return language.say("It was changed after it was exported.")
        case WhyNoEntry.ANOTHER_ENTRY:
            return language.say("Another entry stands in its place.")
        case WhyNoEntry.NOT_AS_WRITTEN:
            return language.say("It is not as a Daybook writes it.")
        case WhyNoEntry.FOREIGN_PACKING:
            return language.say("It is encrypted, or packed in another way than Daybook does.")
        case WhyNoEntry.TOO_LARGE:
            return language.say("It is larger than an entry can be.")
        case WhyNoEntry.DAMAGED:
            return language.say("It was damaged.")
        case WhyNoEntry.JOURNAL_REFUSES:
            return language.say("What it holds cannot be in a journal.")
