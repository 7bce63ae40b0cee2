"""Who asked the journal for a person's records, for their programs: what its audit log has of them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from daybook.journal.v1.audit_pb2 import Access
from portal.api_door import ApiDoor
from portal.api_problems import problems
from portal.api_sent import Cursor, Limit, number_before
from portal.api_tokens import ApiToken
from portal.keeping import JournalKeeping


class AccessTold(BaseModel):
    sequence: int = Field(description="In the log of all; numbers between are other people's")
    at: datetime
    caller: str | None = Field(description="The service that asked, e.g. portal; null: it did not show who it is")
    for_person: bool = Field(description="It asked for the person themselves, on the pages or by a token")
    method: str = Field(description="What it asked for, e.g. ReadEntry")
    record_id: str | None = Field(description="The entry, session or call; null: it named none")
    refused_for: str | None = Field(description="Why it was not let in; null: it was")


class AccessesTold(BaseModel):
    accesses: list[AccessTold]
    next_cursor: str | None = Field(description="null: these are the oldest")


class AccessesApi:
    def __init__(self, door: ApiDoor, journal: JournalKeeping) -> None:
        self._door = door
        self._journal = journal

    def router(self) -> APIRouter:
        router = APIRouter(tags=["person"])
        Reader = Annotated[ApiToken, Depends(self._door.reader)]  # noqa: N806 - a type

        @router.get("/accesses", responses=problems(422))
        async def list_accesses(token: Reader, limit: Limit = 20, cursor: Cursor = "") -> AccessesTold:
            """Who asked the journal for something of theirs, the newest first; this is asked of it too."""
            before = number_before(cursor) or 0
            found = await self._journal.accesses(token.person_id, before=before, count=limit)
            more = str(found[-1].position.sequence) if len(found) == limit else None
            return AccessesTold(accesses=[_access_told(each) for each in found], next_cursor=more)

        return router


def _access_told(access: Access) -> AccessTold:
    return AccessTold(
        sequence=access.position.sequence,
        at=access.at.ToDatetime(tzinfo=UTC),
        caller=access.caller or None,
        for_person=access.for_person,
        method=access.method.rpartition("/")[2],
        record_id=access.record_id or None,
        refused_for=access.refused_for or None,
    )
