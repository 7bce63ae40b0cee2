"""How a person's journal is kept, and who has asked for it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis.errors import InvalidInput
from daybook.journal.v1.keeping_pb2 import Keeping
from portal.accesses import access_lines
from portal.door import Door, Visit
from portal.keeping import JournalKeeping
from portal.keeping_words import days_of, days_words, offered_days, takes_away
from portal.pages import Pages
from portal.readers_clock import ReadersClock
from portal.refusal_words import refusal_told

ACCESSES_ON_A_PAGE = 100
LAST_SEQUENCE = 2**63 - 1
Chosen = Annotated[str, Form(max_length=20)]


class KeepingPages:
    def __init__(self, door: Door, pages: Pages, journal: JournalKeeping, clock: ReadersClock) -> None:
        self._door = door
        self._pages = pages
        self._journal = journal
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter()
        SignedIn = Annotated[Visit, Depends(self._door.visit)]  # noqa: N806 - a type

        @router.get("/me/keeping")
        async def keeping(visit: SignedIn) -> HTMLResponse:
            return self._page(visit, await self._journal.keeping(visit.person_id), {}, status=200)

        @router.post("/me/keeping")
        async def set_keeping(
            visit: SignedIn,
            audio_days: Chosen = "",
            entry_days: Chosen = "",
            descriptions: Chosen = "",
            sure: Chosen = "",
        ) -> Response:
            before = await self._journal.keeping(visit.person_id)
            try:
                wanted = Keeping(
                    audio_days=days_of("audio_days", audio_days),
                    entry_days=days_of("entry_days", entry_days),
                    without_descriptions=not descriptions,
                )
            except InvalidInput as refused:
                return self._page(visit, before, {refused.field: refusal_told(refused, visit.language)}, status=422)
            if takes_away(before, wanted) and not sure:
                return self._page(visit, wanted, {"sure": "needed"}, status=422)
            await self._journal.set_keeping(visit.person_id, wanted)
            return RedirectResponse("/me?done=keeping", HTTPStatus.SEE_OTHER)

        @router.get("/me/accesses")
        async def accesses(visit: SignedIn, before: Annotated[int, Query(ge=0, le=LAST_SEQUENCE)] = 0) -> HTMLResponse:
            zone = (await self._clock.of(visit.person_id)).zone
            found = await self._journal.accesses(visit.person_id, before=before, count=ACCESSES_ON_A_PAGE)
            return self._pages.page(
                "accesses.html",
                visit.language,
                visit=visit,
                zone=zone,
                lines=access_lines(found, visit.language, zone),
                older=found[-1].position.sequence if len(found) == ACCESSES_ON_A_PAGE else 0,
                newest=before == 0,
            )

        return router

    def _page(self, visit: Visit, keeping: Keeping, errors: Mapping[str, str], *, status: int) -> HTMLResponse:
        choices = {
            field: [(days, days_words(days, visit.language)) for days in offered_days(own)]
            for field, own in (("audio_days", keeping.audio_days), ("entry_days", keeping.entry_days))
        }
        return self._pages.page(
            "keeping.html", visit.language, visit=visit, status=status, keeping=keeping, choices=choices, errors=errors
        )
