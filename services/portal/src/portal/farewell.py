"""Deleting everything that Daybook has of a person, with a receipt.

First window-scheduler, so that no call begins any more; then the journal, whose key is destroyed; then the
tokens of programs, connected accounts, and who is signed in, since up to then it can be sent again: each part done twice is
done once.
"""

import base64
import json
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse

from chassis.errors import NotFound, Unavailable
from portal.accounts import Accounts
from portal.door import Door, Visit
from portal.keeping import JournalKeeping, Receipt
from portal.languages import Language
from portal.pages import Pages
from portal.programs import Programs
from portal.scheduler import Scheduler


class Farewell:
    def __init__(
        self,
        door: Door,
        pages: Pages,
        scheduler: Scheduler,
        journal: JournalKeeping,
        programs: Programs,
        accounts: Accounts,
    ) -> None:
        self._door = door
        self._pages = pages
        self._scheduler = scheduler
        self._journal = journal
        self._programs = programs
        self._accounts = accounts

    def router(self) -> APIRouter:
        router = APIRouter()
        SignedIn = Annotated[Visit, Depends(self._door.visit)]  # noqa: N806 - a type

        @router.get("/me/delete")
        async def ask(visit: SignedIn) -> HTMLResponse:
            return self._asked(visit, unscheduled=not await self._is_scheduled(visit), wrong=False, status=200)

        @router.post("/me/delete")
        async def delete(visit: SignedIn, typed: Annotated[str, Form(max_length=100)] = "") -> HTMLResponse:
            if " ".join(typed.split()).casefold() != _words_to_type(visit.language).casefold():
                return self._asked(visit, unscheduled=not await self._is_scheduled(visit), wrong=True, status=422)
            return await self._delete(visit)

        return router

    async def _is_scheduled(self, visit: Visit) -> bool:
        """Whether window-scheduler knows the person still.

        Raises:
            Unavailable: it does not answer.
        """
        try:
            await self._scheduler.person(visit.person_id)
        except NotFound:
            return False
        return True

    async def _delete(self, visit: Visit) -> HTMLResponse:
        try:
            await self._scheduler.delete_person(visit.person_id)
        except NotFound:
            pass  # as it was sent before
        except Unavailable:
            return self._unfinished(visit, unscheduled=False)
        try:
            receipt = await self._journal.delete_person(visit.person_id)
        except Unavailable:
            return self._unfinished(visit, unscheduled=True)
        await self._programs.take_all_back(visit.person_id)
        await self._accounts.disconnect_all_of(visit.person_id)
        await self._door.visitors.sign_out_everywhere(visit.person_id)
        answer = self._pages.page(
            "receipt.html",
            visit.language,
            receipt=receipt.told,
            file=_file(receipt),
        )
        self._door.forget(answer)
        return answer

    def _asked(self, visit: Visit, *, unscheduled: bool, wrong: bool, status: int) -> HTMLResponse:
        return self._pages.page(
            "delete.html",
            visit.language,
            visit=visit,
            status=status,
            words=_words_to_type(visit.language),
            wrong=wrong,
            unscheduled=unscheduled,
        )

    def _unfinished(self, visit: Visit, *, unscheduled: bool) -> HTMLResponse:
        return self._pages.page(
            "delete_unfinished.html",
            visit.language,
            visit=visit,
            status=503,
            words=_words_to_type(visit.language),
            unscheduled=unscheduled,
        )


def _words_to_type(language: Language) -> str:
    return language.say("delete everything")


def _file(receipt: Receipt) -> str:
    """The receipt as a file, in the address of a link: nobody who could be asked for it is left."""
    content = json.dumps(receipt.content, indent=2) + "\n"
    return f"data:application/json;base64,{base64.b64encode(content.encode()).decode()}"
