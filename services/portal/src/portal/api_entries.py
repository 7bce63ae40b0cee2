"""A person's journal, for their programs: entries listed, searched, read, edited, deleted."""

import re
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from datetime import date
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response

from chassis.errors import Conflict, InvalidInput
from daybook.journal.v1 import revisions_pb2 as revisions
from portal.api_door import ApiDoor
from portal.api_entry_forms import (
    Edit,
    EntriesTold,
    EntryTold,
    HitsTold,
    RevisionsTold,
    RevisionTold,
    entry_told,
    hits_told,
    listed,
    revision_told,
)
from portal.api_problems import problems
from portal.api_sent import Cursor, Day, Limit, no_such_cursor, number_before
from portal.api_tokens import ApiToken
from portal.errors import PreconditionFailed, PreconditionRequired
from portal.journal import Days, Journal
from portal.scheduler import Scheduler

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)
"""What an end that is not named means."""
MOST_REVISIONS = 50
"""In one answer: each may have some megabytes of corrections."""
IfMatch = Annotated[
    str | None,
    Header(max_length=100, description='The ETag of the entry that was edited, e.g. "3"; `*`: whatever there is'),
]
_TAG = re.compile(r'"([0-9]{1,9})"')


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
                days = days_told(from_day, to_day)
            with _cursor_told():
                found = await self._journal.browse(token.person_id, zone, days, page_token=cursor, page_size=limit)
            entries = [
                listed(each.summary, each.title, each.tags, each.mood, unreadable=each.unreadable)
                for each in found.entries
            ]
            return EntriesTold(entries=entries, next_cursor=found.next_page_token or None)

        @router.get("/search", responses=problems(422))
        async def search_entries(
            token: Reader, q: Annotated[str, Query(min_length=1, max_length=500)], cursor: Cursor = ""
        ) -> HitsTold:
            """Entries in which all of it stands, the newest first: words, "words in a row", tag:work, -what is not there."""
            with _cursor_told():
                return hits_told(await self._journal.search(token.person_id, q, cursor))

        @router.get("/{entry_id:uuid}", responses=problems(404, 422, 500))
        async def read_entry(token: Reader, entry_id: UUID, response: Response) -> EntryTold:
            """One entry with what was said. Its ETag is what an edit is to be based on."""
            found = await self._journal.entry(token.person_id, entry_id)
            response.headers["etag"] = f'"{found.revision.number}"'
            return entry_told(found)

        @router.get("/{entry_id:uuid}/revisions", responses=problems(404, 422, 500))
        async def list_revisions(
            token: Reader,
            entry_id: UUID,
            limit: Annotated[int, Query(ge=1, le=MOST_REVISIONS, description="How many at most")] = 20,
            cursor: Cursor = "",
        ) -> RevisionsTold:
            """How it was described and edited, the newest first. To take one again, send its content as the next revision."""
            return await self._revisions(token, entry_id, limit, number_before(cursor))

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
            return revision_told(made)

        @router.delete("/{entry_id:uuid}", status_code=HTTPStatus.NO_CONTENT, responses=problems(403, 404, 422))
        async def delete_entry(token: Writer, entry_id: UUID) -> None:
            """Deletes it with its recording and its revisions, for good."""
            await self._journal.delete_entry(token.person_id, entry_id)

        return router

    async def _revisions(self, token: ApiToken, entry_id: UUID, limit: int, before: int | None) -> RevisionsTold:
        found = list[RevisionTold]()
        async with aclosing(self._journal.revisions(token.person_id, entry_id)) as revisions_made:
            async for revision in revisions_made:
                if before is not None and revision.number >= before:
                    continue
                if len(found) == limit:
                    return RevisionsTold(revisions=found, next_cursor=str(found[-1].number))
                found.append(revision_told(revision))
        return RevisionsTold(revisions=found, next_cursor=None)

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
            raise no_such_cursor() from None
        raise InvalidInput("q" if refused.field == "query" else refused.field, refused.remedy) from None


def days_told(from_day: str | None, to_day: str | None) -> Days:
    """The days that a program names, each end of which it may leave open.

    Raises:
        InvalidInput: no calendar has one of them.
    """
    return Days(_day("from_day", from_day, FIRST_DAY), _day("to_day", to_day, LAST_DAY))


def _day(field: str, told: str | None, unnamed: date) -> date:
    if told is None:
        return unnamed
    try:
        day = date.fromisoformat(told)
    except ValueError:
        raise InvalidInput(field, "is to be a day of the calendar, e.g. 2026-11-24.") from None
    return min(max(day, FIRST_DAY), LAST_DAY)
