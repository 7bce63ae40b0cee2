"""What a person can set, at a glance: each thing with what holds now, and the way to where it is changed."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse

from chassis.errors import Unavailable
from portal.accounts import Accounts
from portal.door import Door, Visit
from portal.keeping import JournalKeeping
from portal.keeping_words import keeping_words
from portal.languages import Language
from portal.pages import Pages
from portal.programmes import programme_name
from portal.scheduler import Scheduler
from portal.spoken_locales import locale_choice


class Me:
    """
    Args:
        provider: the name of the OpenID provider at which one can sign in; empty: there is none.
    """

    def __init__(
        self, door: Door, pages: Pages, scheduler: Scheduler, journal: JournalKeeping, accounts: Accounts, provider: str
    ) -> None:
        self._door = door
        self._pages = pages
        self._scheduler = scheduler
        self._journal = journal
        self._accounts = accounts
        self._provider = provider

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/me")
        async def me(visit: Annotated[Visit, Depends(self._door.visit)], done: str = "") -> HTMLResponse:
            return await self._page(visit, done)

        return router

    async def _page(self, visit: Visit, done: str) -> HTMLResponse:
        person = await self._scheduler.person(visit.person_id)
        try:
            keeping = keeping_words(await self._journal.keeping(visit.person_id), visit.language)
        except Unavailable:
            keeping = []
        return self._pages.page(
            "me.html",
            visit.language,
            visit=visit,
            person=person,
            programme=programme_name(person.programme, visit.language),
            locale=locale_choice(person.locale),
            keeping=keeping,
            browsers=len(await self._door.visitors.browsers_of(visit.person_id)),
            accounts=len(await self._accounts.of(visit.person_id)) if self._provider else 0,
            provider=self._provider,
            done=_done(visit.language).get(done, ""),
        )


def _done(language: Language) -> Mapping[str, str]:
    """What the page says after something was changed, by the name that its address has for that."""
    return {
        "profile": language.say("Saved."),
        "programme": language.say("Saved. It holds from your next call on."),
        "hours": language.say("Saved. It holds from now on."),
        "keeping": language.say("Saved."),
        "consent": language.say("Thank you. You are called in your windows again."),
        "opt-out": language.say("You are not called any more, from this moment on."),
    }
