"""How entries are shown: by day, with their length; what was found in them, marked; what was said, as it should read. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from daybook.journal.v1 import finding_pb2 as finding
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.revisions_pb2 import Revision
from portal.languages import Language

MS_PER_S = 1000
S_PER_MIN = 60


@dataclass(frozen=True)
class DayOfEntries:
    """A local day, and its entries, the newest first."""

    day: date
    entries: Sequence[finding.BrowsedEntry]


@dataclass(frozen=True)
class Piece:
    """A part of a text, and whether it is one of those that were looked for."""

    text: str
    found: bool


@dataclass(frozen=True)
class Line:
    """One turn, as it should read.

    Attributes:
        turn: as it was heard.
        text: what it says; empty where nothing was said after all.
        corrected: the person wrote it otherwise than it was heard.
    """

    turn: pb.Turn
    text: str
    corrected: bool

    @property
    def is_of_person(self) -> bool:
        return self.turn.speaker == pb.SPEAKER_PERSON


def began(summary: pb.EntrySummary) -> datetime:
    return summary.started_at.ToDatetime(tzinfo=UTC)


def by_day(entries: Iterable[finding.BrowsedEntry], zone: ZoneInfo) -> Sequence[DayOfEntries]:
    """Entries, the newest first, by the local day on which their call began."""
    days = groupby(entries, lambda entry: began(entry.summary).astimezone(zone).date())
    return [DayOfEntries(day, list(entries)) for day, entries in days]


def pieces_of(snippet: finding.Snippet) -> Iterator[Piece]:
    """The text of a snippet, with what was found in it."""
    at = 0
    for match in snippet.matches:
        if at < match.start:
            yield Piece(snippet.text[at : match.start], found=False)
        yield Piece(snippet.text[match.start : match.end], found=True)
        at = match.end
    if at < len(snippet.text):
        yield Piece(snippet.text[at:], found=False)


def lines_of(entry: pb.ReadEntryResponse) -> Sequence[Line]:
    """What was said in an entry, in its order."""
    corrections: Mapping[int, str] = {each.sequence: each.text for each in entry.revision.corrections}
    return [
        Line(turn, corrections.get(turn.sequence, turn.text), corrected=turn.sequence in corrections)
        for turn in entry.turns
    ]


def notes_on(summary: pb.EntrySummary, language: Language, zone: ZoneInfo) -> Sequence[str]:
    """What is to be known of an entry beside its words."""
    notes = []
    if summary.HasField("audio_removed_at"):
        removed_on = summary.audio_removed_at.ToDatetime(tzinfo=UTC).astimezone(zone).date()
        notes.append(
            language.say(
                "The recording was removed on %(day)s, as you had set. The words stay.",
                day=language.day_of_year(removed_on),
            )
        )
    if summary.imported:
        notes.append(language.say("This entry came by an archive that you imported."))
    if summary.cut_off:
        notes.append(language.say("The call broke off on our side. What was said last may be missing."))
    match summary.outcome:
        case pb.SESSION_OUTCOME_CUT_SHORT:
            notes.append(language.say("The call ended before the goodbye."))
        case pb.SESSION_OUTCOME_SILENT:
            notes.append(language.say("Nobody spoke in this call."))
        case pb.SESSION_OUTCOME_OPTED_OUT:
            notes.append(language.say("In this call you asked not to be called any more."))
        case _:
            pass
    return notes


class Telling:
    """How pages tell of entries, in a language and by the clocks of a zone."""

    def __init__(self, language: Language, zone: ZoneInfo) -> None:
        self._language = language
        self._zone = zone

    def name(self, title: str, summary: pb.EntrySummary) -> str:
        """What an entry is called; one without a title by the time of its call."""
        return title or self._language.say("A call at %(at)s", at=self.moment(summary))

    def moment(self, summary: pb.EntrySummary) -> str:
        """When its call began: 8:30 PM"""
        return self._language.moment(began(summary), self._zone)

    def day(self, summary: pb.EntrySummary) -> str:
        """On which day: December 1, 2026"""
        return self._language.day_of_year(began(summary).astimezone(self._zone).date())

    def length(self, ms: int) -> str:
        """How long something is, in words: 45 seconds, 3 minutes."""
        seconds = round(ms / MS_PER_S)
        if seconds < S_PER_MIN:
            return self._language.say_of(seconds, "%(num)d second", "%(num)d seconds")
        return self._language.say_of(round(seconds / S_PER_MIN), "%(num)d minute", "%(num)d minutes")

    @staticmethod
    def made(revision: Revision) -> datetime:
        """When a version of an entry was made."""
        return revision.made_at.ToDatetime(tzinfo=UTC)

    @staticmethod
    def place(ms: int) -> str:
        """Where in a recording: 1:05; after an hour 1:01:05."""
        minutes, seconds = divmod(ms // MS_PER_S, S_PER_MIN)
        hours, minutes = divmod(minutes, S_PER_MIN)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

    @staticmethod
    def tag_query(tag: str) -> str:
        """What finds the entries with a tag. The quotation marks of a tag are no part of what is looked for."""
        return f'tag:"{tag.translate(_WITHOUT_QUOTATION_MARKS)}"'


_WITHOUT_QUOTATION_MARKS = dict.fromkeys(map(ord, '"“”„‟«»\N{FULLWIDTH QUOTATION MARK}'), " ")
