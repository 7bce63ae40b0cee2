"""Letting somebody in who has shown who they are, by whatever way."""

from http import HTTPStatus
from uuid import UUID

from starlette.responses import RedirectResponse, Response

from portal.door import Door
from portal.scheduler import Scheduler


class Entrance:
    def __init__(self, door: Door, scheduler: Scheduler) -> None:
        self._door = door
        self._scheduler = scheduler

    async def let_in(self, person_id: UUID, *, way: str, to: str) -> Response:
        """Signs a person in, in the language that they read.

        Args:
            person_id: who it is.
            way: see `Visitors.sign_in`.
            to: the page to go to.

        Raises:
            PersonDeleted: they were.
            Unavailable: window-scheduler does not answer.
        """
        person = await self._scheduler.person(person_id)
        answer = RedirectResponse(to, HTTPStatus.SEE_OTHER)
        await self._door.let_in(answer, person_id, way=way, locale=person.locale)
        return answer
