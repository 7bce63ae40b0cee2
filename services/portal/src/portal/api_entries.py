"""A person's journal, for their programs: entries listed, searched, read, edited, deleted."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, Field, StrictInt

from chassis.errors import Conflict, InvalidInput
from daybook.journal.v1 import finding_pb2 as finding
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1 import revisions_pb2 as revisions
from portal.api_door import ApiDoor
from portal.api_problems import PreconditionFailed, PreconditionRequired, problems
from portal.api_sent import Cursor, Day, Limit, Sent, moment_in, term
from portal.api_tokens import ApiToken
from portal.journal import Days, Journal
from portal.scheduler import Scheduler

NO_CONTENT = 204
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)
"""What an end that is not named means."""
IfMatch = Annotated[
    str | None,
    Header(max_length=100, description='The ETag of the entry that was edited, e.g. "3"; `*`: whatever there is'),
]
_TAG = re.compile(r'"([0-9]{1,9})"')


class EntryListed(BaseModel):
    """An entry without what was said."""

    entry_id: str
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


class EntryTold(EntryListed):
    spoken: list[TurnTold]
    revision: RevisionTold | None = Field(description="null: nobody has described or edited it")


class EntriesApi:
    def __init__(self, door: ApiDoor, scheduler: Scheduler, journal: Journal) -> None:
        self._door = door
        self._scheduler = scheduler
        self._journal = journal

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/entries", tags=["entries"])
        Reader = Annotated[ApiToken, Depends(self._door.reader)]  # noqa: N806 - a type
        Writer = Annotated[ApiToken, Depends(self._door.writer)]  # noqa: N806 - a type

        @router.get("", responses=problems(404, 422))
        async def list_entries(
            token: Reader,
            from_day: Annotated[Day | None, Query()] = None,
            to_day: Annotated[Day | None, Query()] = None,
            limit: Limit = 20,
            cursor: Cursor = "",
        ) -> EntriesTold:
            """Entries with what they are called, the newest first; of some local days, or of all."""
            zone, days = "", None
            if from_day is not None or to_day is not None:
                zone = (await self._scheduler.person(token.person_id)).time_zone
                days = Days(_day("from_day", from_day, FIRST_DAY), _day("to_day", to_day, LAST_DAY))
            with _cursor_told():
                found = await self._journal.browse(token.person_id, zone, days, page_token=cursor, page_size=limit)
            listed = [
                _listed(each.summary, each.title, each.tags, each.mood, unreadable=each.unreadable)
                for each in found.entries
            ]
            return EntriesTold(entries=listed, next_cursor=found.next_page_token or None)

        @router.get("/search", responses=problems(422))
        async def search_entries(
            token: Reader, q: Annotated[str, Query(min_length=1, max_length=500)], cursor: Cursor = ""
        ) -> HitsTold:
            """Entries in which all of it stands, the newest first: words, "words in a row", tag:work, -what is not there."""
            with _cursor_told():
                return _hits_told(await self._journal.search(token.person_id, q, cursor))

        @router.get("/{entry_id:uuid}", responses=problems(404, 422, 500))
        async def read_entry(token: Reader, entry_id: UUID, response: Response) -> EntryTold:
            """One entry with what was said. Its ETag is what an edit is to be based on."""
            found = await self._journal.entry(token.person_id, entry_id)
            response.headers["etag"] = f'"{found.revision.number}"'
            return _entry_told(found)

        @router.put("/{entry_id:uuid}/revision", responses=problems(403, 404, 412, 422, 428, 500))
        async def edit_entry(
            token: Writer, entry_id: UUID, edit: Edit, response: Response, if_match: IfMatch = None
        ) -> RevisionTold:
            """Makes the next revision of it. What was said stays, and every revision is kept."""
            request = revisions.EditEntryRequest(
                person_id=str(token.person_id),
                entry_id=str(entry_id),
                based_on=await self._based_on(token, entry_id, if_match),
                title=edit.title,
                summary=edit.summary,
                tags=edit.tags,
                mood=edit.mood,
                corrections=[revisions.Correction(sequence=each.sequence, text=each.text) for each in edit.corrections],
            )
            try:
                made = await self._journal.edit(token.person_id, request)
            except Conflict:
                raise _changed() from None
            response.headers["etag"] = f'"{made.number}"'
            return _revision_told(made)

        @router.delete("/{entry_id:uuid}", status_code=NO_CONTENT, responses=problems(403, 404, 422))
        async def delete_entry(token: Writer, entry_id: UUID) -> None:
            """Deletes it with its recording and its revisions, for good."""
            await self._journal.delete_entry(token.person_id, entry_id)

        return router

    async def _based_on(self, token: ApiToken, entry_id: UUID, if_match: str | None) -> int:
        """
        Raises:
            PreconditionRequired: it is not told.
            PreconditionFailed: it is none of the entry's.
            NoSuchEntry, EntryDamaged, Unavailable: as by `Journal.entry`.
        """
        if if_match is None:
            raise PreconditionRequired("Send If-Match with the ETag of the entry that was edited.")
        if if_match.strip() == "*":
            return (await self._journal.entry(token.person_id, entry_id)).revision.number
        tag = _TAG.fullmatch(if_match.strip())
        if tag is None:
            raise _changed()
        return int(tag[1])


def _changed() -> PreconditionFailed:
    return PreconditionFailed("The entry has another revision than the one that was edited. Read it again.")


@contextmanager
def _cursor_told() -> Iterator[None]:
    try:
        yield
    except InvalidInput as refused:
        if refused.field == "page_token":
            raise InvalidInput(
                "cursor", "is to be the next_cursor of an earlier answer to the same question."
            ) from None
        raise InvalidInput("q" if refused.field == "query" else refused.field, refused.remedy) from None


def _day(field: str, told: str | None, unnamed: date) -> date:
    if told is None:
        return unnamed
    try:
        day = date.fromisoformat(told)
    except ValueError:
        raise InvalidInput(field, "is to be a day of the calendar, e.g. 2026-11-24.") from None
    return min(max(day, FIRST_DAY), LAST_DAY)


def _listed(
    summary: pb.EntrySummary, title: str, tags: Iterable[str], mood: str, *, unreadable: bool = False
) -> EntryListed:
    return EntryListed(
        entry_id=summary.entry_id,
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


def _entry_told(entry: pb.ReadEntryResponse) -> EntryTold:
    told = entry.revision
    return EntryTold(
        **dict(_listed(entry.summary, told.title, told.tags, told.mood)),
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
        revision=_revision_told(told) if entry.HasField("revision") else None,
    )


def _revision_told(revision: revisions.Revision) -> RevisionTold:
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


def _hits_told(found: finding.SearchEntriesResponse) -> HitsTold:
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
