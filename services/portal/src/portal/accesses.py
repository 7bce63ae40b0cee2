"""Who asked the journal for a person's records, in words: what the audit log has, the same on one day as one. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from daybook.journal.v1.audit_pb2 import Access
from portal.languages import Language

GATEWAY, TOOLBOX, JOURNAL = "voice-gateway", "toolbox", "journal"


@dataclass(frozen=True)
class AccessLine:
    """Something that was asked for, once or several times on one day.

    Attributes:
        who: in words.
        what: in words.
        last_at: of the newest of them.
        times: how often.
        refused: it was not let in.
    """

    who: str
    what: str
    last_at: datetime
    times: int
    refused: bool


def access_lines(accesses: Iterable[Access], language: Language, zone: ZoneInfo) -> Sequence[AccessLine]:
    """
    Args:
        accesses: the newest first.
        language: of the words.
        zone: by its clocks a day is told.
    """
    lines: dict[tuple[date, str, str, bool], AccessLine] = {}
    for access in accesses:
        line = _line(access, language)
        day = line.last_at.astimezone(zone).date()
        found = lines.get(key := (day, line.who, line.what, line.refused))
        lines[key] = line if found is None else replace(found, times=found.times + 1)
    return list(lines.values())


def _line(access: Access, language: Language) -> AccessLine:
    return AccessLine(
        who=_who(access, language),
        what=_what(access.method.rpartition("/")[2], language),
        last_at=access.at.ToDatetime(tzinfo=UTC),
        times=1,
        refused=bool(access.refused_for),
    )


def _who(access: Access, language: Language) -> str:
    if access.for_person:
        return language.say("You")
    words = {
        GATEWAY: language.say("Your call"),
        TOOLBOX: language.say("Whoever runs this Daybook"),
        JOURNAL: language.say("The journal itself"),
    }
    return words.get(access.caller, language.say("Somebody who did not show who they are"))


def _what(method: str, language: Language) -> str:
    words = {
        "StartSession": language.say("began to write a call down"),
        "ReadTrack": language.say("heard the call again that they went on with"),
        "FinishSession": language.say("made an entry of a call"),
        "ReadSession": language.say("read what was said in a call so far"),
        "ListEntries": language.say("looked at which entries there are"),
        "ReadEntry": language.say("read an entry"),
        "ReadAudio": language.say("opened a recording"),
        "DeleteEntry": language.say("deleted an entry"),
        "DeletePerson": language.say("deleted the whole journal"),
        "EditEntry": language.say("edited an entry"),
        "ListRevisions": language.say("read how an entry was changed"),
        "DescribeEntry": language.say("gave the words of an entry to a language model, for its title and summary"),
        "SearchEntries": language.say("searched the entries"),
        "BrowseEntries": language.say("looked through the entries"),
        "GetCalendar": language.say("looked at the days with an entry"),
        "ExportJournal": language.say("took the whole journal out as a file"),
        "FindImported": language.say("looked whether an entry of a file is here"),
        "ImportEntry": language.say("brought an entry in from a file"),
        "SetKeeping": language.say("changed for how long it is kept"),
        "ListAccesses": language.say("looked at this list"),
    }
    return words.get(method, language.say("did something that these pages have no words for"))
