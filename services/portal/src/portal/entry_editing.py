"""Changing an entry: what it is called and says in short, how a turn should have read, its versions, and deleting it."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis.errors import Conflict, InvalidInput
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.revisions_pb2 import Revision
from portal.door import Door, Visit
from portal.entry_drafts import Draft, corrected, draft_of, edit_request, one_line_end
from portal.entry_lines import Line, Telling, lines_of
from portal.entry_pages import EntryId
from portal.errors import NoSuchPage
from portal.journal import Journal
from portal.pages import Pages
from portal.readers_clock import ReadersClock
from portal.refusal_words import refusal_told

LONGEST_LINE, LONGEST_SUMMARY, LONGEST_TAGS, LONGEST_TURN = 200, 10_000, 2_000, 200_000
"""Characters that a form takes. The journal says what of that it keeps."""
VERSIONS_SHOWN = 50

Text = Annotated[str, Form(max_length=4 * LONGEST_SUMMARY)]
BasedOn = Annotated[int, Form(ge=0, lt=2**32)]


@dataclass(frozen=True)
class Refused:
    """Why what was written is not kept.

    Attributes:
        field: which of the form; empty: the entry was changed meanwhile.
        remedy: what would be right.
    """

    field: str = ""
    remedy: str = ""


class EntryEditing:
    def __init__(self, door: Door, pages: Pages, journal: Journal, clock: ReadersClock) -> None:
        self._door = door
        self._pages = pages
        self._journal = journal
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/journal/{entry_id}")
        SignedIn = Annotated[Visit, Depends(self._door.visit)]  # noqa: N806 - a type

        @router.get("/edit")
        async def draft(visit: SignedIn, entry_id: EntryId) -> HTMLResponse:
            entry = await self._journal.entry(visit.person_id, entry_id)
            return await self._form(visit, entry, draft_of(entry.revision), None)

        @router.post("/edit")
        async def edit(
            visit: SignedIn,
            entry_id: EntryId,
            based_on: BasedOn,
            title: Text = "",
            summary: Text = "",
            mood: Text = "",
            tags: Text = "",
        ) -> Response:
            written = Draft(title, summary, mood, tags).as_sent()
            entry = await self._journal.entry(visit.person_id, entry_id)
            content = written.revision(entry.revision)
            refused = await self._keep(visit, entry_id, based_on, content)
            if refused is None:
                return RedirectResponse(f"/journal/{entry_id}", HTTPStatus.SEE_OTHER)
            entry = await self._journal.entry(visit.person_id, entry_id)
            return await self._form(visit, entry, written, refused)

        @router.get("/turns/{sequence}")
        async def heard(visit: SignedIn, entry_id: EntryId, sequence: int) -> HTMLResponse:
            entry = await self._journal.entry(visit.person_id, entry_id)
            return await self._turn_form(visit, entry, _line(entry, sequence).text, sequence, None)

        @router.post("/turns/{sequence}")
        async def correct(
            visit: SignedIn,
            entry_id: EntryId,
            sequence: int,
            based_on: BasedOn,
            text: Annotated[str, Form(max_length=LONGEST_TURN)] = "",
            as_heard: Annotated[str, Form(max_length=10)] = "",
        ) -> Response:
            entry = await self._journal.entry(visit.person_id, entry_id)
            line, written = _line(entry, sequence), one_line_end(text)
            same = as_heard or written == line.turn.text
            content = corrected(entry.revision, sequence, None if same else written)
            refused = await self._keep(visit, entry_id, based_on, content)
            if refused is None:
                return RedirectResponse(f"/journal/{entry_id}#turn-{sequence}", HTTPStatus.SEE_OTHER)
            entry = await self._journal.entry(visit.person_id, entry_id)
            if refused.field:  # the form has one, whatever the journal calls it
                refused = replace(refused, field="text")
            return await self._turn_form(visit, entry, written, sequence, refused)

        @router.get("/history")
        async def history(visit: SignedIn, entry_id: EntryId, *, changed: bool = False) -> HTMLResponse:
            return await self._history(visit, entry_id, changed=changed)

        @router.post("/history")
        async def take_again(
            visit: SignedIn, entry_id: EntryId, based_on: BasedOn, number: Annotated[int, Form(ge=1, lt=2**32)]
        ) -> Response:
            async for revision in self._journal.revisions(visit.person_id, entry_id):
                if revision.number == number:
                    refused = await self._keep(visit, entry_id, based_on, revision)
                    to = f"/journal/{entry_id}" if refused is None else f"/journal/{entry_id}/history?changed=true"
                    return RedirectResponse(to, HTTPStatus.SEE_OTHER)
            raise NoSuchPage

        @router.get("/delete")
        async def ask(visit: SignedIn, entry_id: EntryId) -> HTMLResponse:
            entry = await self._journal.entry(visit.person_id, entry_id)
            return self._pages.page(
                "entry_delete.html",
                visit.language,
                visit=visit,
                summary=entry.summary,
                told=entry.revision,
                tell=await self._telling(visit),
            )

        @router.post("/delete")
        async def delete(visit: SignedIn, entry_id: EntryId) -> Response:
            await self._journal.delete_entry(visit.person_id, entry_id)
            return RedirectResponse("/journal?deleted=true", HTTPStatus.SEE_OTHER)

        return router

    async def _keep(self, visit: Visit, entry_id: UUID, based_on: int, content: Revision) -> Refused | None:
        try:
            await self._journal.edit(visit.person_id, edit_request(visit.person_id, entry_id, based_on, content))
        except InvalidInput as error:
            return Refused(error.field.partition("[")[0], refusal_told(error, visit.language))
        except Conflict:
            return Refused()
        return None

    async def _telling(self, visit: Visit) -> Telling:
        return Telling(visit.language, (await self._clock.of(visit.person_id)).zone)

    async def _form(
        self, visit: Visit, entry: pb.ReadEntryResponse, written: Draft, refused: Refused | None
    ) -> HTMLResponse:
        """With what was written; where the entry was changed meanwhile, beside what it says now."""
        return self._pages.page(
            "entry_edit.html",
            visit.language,
            status=_status(refused),
            visit=visit,
            summary=entry.summary,
            told=entry.revision,
            tell=await self._telling(visit),
            written=written,
            now=draft_of(entry.revision),
            refused=refused,
            changed=refused is not None and not refused.field,
            longest={"line": LONGEST_LINE, "summary": LONGEST_SUMMARY, "tags": LONGEST_TAGS},
        )

    async def _turn_form(
        self, visit: Visit, entry: pb.ReadEntryResponse, written: str, sequence: int, refused: Refused | None
    ) -> HTMLResponse:
        return self._pages.page(
            "entry_turn.html",
            visit.language,
            status=_status(refused),
            visit=visit,
            summary=entry.summary,
            told=entry.revision,
            tell=await self._telling(visit),
            line=_line(entry, sequence),
            longest=LONGEST_TURN,
            written=written,
            refused=refused,
            changed=refused is not None and not refused.field,
        )

    async def _history(self, visit: Visit, entry_id: UUID, *, changed: bool) -> HTMLResponse:
        entry = await self._journal.entry(visit.person_id, entry_id)
        revisions = list[Revision]()
        async for revision in self._journal.revisions(visit.person_id, entry_id):
            revisions.append(revision)
            if len(revisions) == VERSIONS_SHOWN:
                break
        clock = await self._clock.of(visit.person_id)
        return self._pages.page(
            "entry_history.html",
            visit.language,
            visit=visit,
            clock=clock,
            summary=entry.summary,
            told=entry.revision,
            tell=Telling(visit.language, clock.zone),
            revisions=revisions,
            changed=changed,
        )


def _status(refused: Refused | None) -> int:
    if refused is None:
        return 200
    return 422 if refused.field else 409


def _line(entry: pb.ReadEntryResponse, sequence: int) -> Line:
    """
    Raises:
        NoSuchPage: the entry has no such turn.
    """
    for line in lines_of(entry):
        if line.turn.sequence == sequence:
            return line
    raise NoSuchPage
