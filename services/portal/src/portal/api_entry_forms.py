"""What programs are told of entries, and send to edit them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StrictInt

from daybook.journal.v1 import finding_pb2 as finding
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1 import revisions_pb2 as revisions
from portal.api_sent import Sent, moment_in, term


class EntryListed(BaseModel):
    """An entry without what was said."""

    entry_id: str
    call_id: str | None = Field(
        description="Of the call that it was, as /days tells it; null: it was brought in by a file"
    )
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str = Field(description="How the call ended, e.g. completed, cut_short")
    turns: int
    recording_ms: int = Field(description="0: there is no recording, or none any more")
    audio_removed_at: datetime | None
    cut_off: bool = Field(description="What was being said at the end may be missing")
    imported: bool
    title: str
    tags: list[str]
    mood: str
    unreadable: bool = Field(default=False, description="What it is called cannot be opened")


class EntriesTold(BaseModel):
    entries: list[EntryListed]
    next_cursor: str | None = Field(description="null: these are the last")


class MatchTold(BaseModel):
    start: int
    end: int


class SnippetTold(BaseModel):
    part: str = Field(description="What of the entry it is: turn, title, summary, tag or mood")
    turn_sequence: int
    starts_at_ms: int
    text: str
    matches: list[MatchTold] = Field(description="What was looked for, in code points of the text")


class HitTold(BaseModel):
    entry_id: str
    started_at: datetime | None
    title: str
    snippets: list[SnippetTold]


class HitsTold(BaseModel):
    """One answer may hold few hits, or none, and still not be the last: each takes a bounded time."""

    hits: list[HitTold]
    unreadable_entry_ids: list[str]
    searched_back_to: datetime | None = Field(description="null: all entries were searched")
    next_cursor: str | None


class TurnTold(BaseModel):
    sequence: int
    speaker: str = Field(description="person or daybook")
    text: str = Field(description="As it was recognised")
    purpose: str
    starts_at_ms: int
    ends_at_ms: int


class Correction(Sent):
    """What a turn should have read; empty where nothing was said after all."""

    sequence: StrictInt = Field(ge=0, le=2**31 - 1)
    text: str = Field(max_length=200_000)


class Edit(Sent):
    """The new content as a whole: what is left out is gone."""

    title: str = Field(default="", max_length=200)
    summary: str = Field(default="", max_length=10_000)
    tags: list[Annotated[str, Field(min_length=1, max_length=50)]] = Field(default=[], max_length=20)
    mood: str = Field(default="", max_length=200)
    corrections: list[Correction] = Field(default=[], max_length=10_000)


class CorrectionTold(BaseModel):
    sequence: int
    text: str


class RevisionTold(BaseModel):
    number: int
    author: str = Field(description="person or daybook")
    made_at: datetime | None
    title: str
    summary: str
    tags: list[str]
    mood: str
    corrections: list[CorrectionTold]


class RevisionsTold(BaseModel):
    revisions: list[RevisionTold]
    next_cursor: str | None = Field(description="null: these are the first that were made")


class EntryTold(EntryListed):
    spoken: list[TurnTold]
    revision: RevisionTold | None = Field(description="null: nobody has described or edited it")


def listed(
    summary: pb.EntrySummary, title: str, tags: Iterable[str], mood: str, *, unreadable: bool = False
) -> EntryListed:
    return EntryListed(
        entry_id=summary.entry_id,
        call_id=None if summary.imported else summary.call_id,
        started_at=moment_in(summary, "started_at"),
        ended_at=moment_in(summary, "ended_at"),
        outcome=term(pb.SessionOutcome.Name(summary.outcome), "SESSION_OUTCOME"),
        turns=summary.turns,
        recording_ms=summary.recording_ms,
        audio_removed_at=moment_in(summary, "audio_removed_at"),
        cut_off=summary.cut_off,
        imported=summary.imported,
        title=title,
        tags=list(tags),
        mood=mood,
        unreadable=unreadable,
    )


def entry_told(entry: pb.ReadEntryResponse) -> EntryTold:
    told = entry.revision
    return EntryTold(
        **dict(listed(entry.summary, told.title, told.tags, told.mood)),
        spoken=[
            TurnTold(
                sequence=turn.sequence,
                speaker=term(pb.Speaker.Name(turn.speaker), "SPEAKER"),
                text=turn.text,
                purpose=turn.purpose,
                starts_at_ms=turn.starts_at_ms,
                ends_at_ms=turn.ends_at_ms,
            )
            for turn in entry.turns
        ],
        revision=revision_told(told) if entry.HasField("revision") else None,
    )


def revision_told(revision: revisions.Revision) -> RevisionTold:
    return RevisionTold(
        number=revision.number,
        author=term(revisions.Author.Name(revision.author), "AUTHOR"),
        made_at=moment_in(revision, "made_at"),
        title=revision.title,
        summary=revision.summary,
        tags=list(revision.tags),
        mood=revision.mood,
        corrections=[CorrectionTold(sequence=each.sequence, text=each.text) for each in revision.corrections],
    )


def hits_told(found: finding.SearchEntriesResponse) -> HitsTold:
    return HitsTold(
        hits=[
            HitTold(
                entry_id=hit.summary.entry_id,
                started_at=moment_in(hit.summary, "started_at"),
                title=hit.title,
                snippets=[
                    SnippetTold(
                        part=term(finding.EntryPart.Name(each.part), "ENTRY_PART"),
                        turn_sequence=each.turn_sequence,
                        starts_at_ms=each.starts_at_ms,
                        text=each.text,
                        matches=[MatchTold(start=match.start, end=match.end) for match in each.matches],
                    )
                    for each in hit.snippets
                ],
            )
            for hit in found.hits
        ],
        unreadable_entry_ids=list(found.unreadable_entry_ids),
        searched_back_to=moment_in(found, "searched_back_to"),
        next_cursor=found.next_page_token or None,
    )
