"""What a call can be about, for a person's programs."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from portal.api_door import ApiDoor
from portal.api_problems import problems
from portal.api_tokens import ApiToken
from portal.catalogues import Languages
from portal.programmes import programmes
from portal.scheduler import Scheduler


class ProgrammeTold(BaseModel):
    programme: str = Field(description="By which a person's is set")
    name: str
    about: str
    questions: list[str]


class ProgrammesTold(BaseModel):
    """In the person's language."""

    programmes: list[ProgrammeTold]


class ProgrammesApi:
    def __init__(self, door: ApiDoor, scheduler: Scheduler, languages: Languages) -> None:
        self._door = door
        self._scheduler = scheduler
        self._languages = languages

    def router(self) -> APIRouter:
        router = APIRouter(tags=["person"])
        Reader = Annotated[ApiToken, Depends(self._door.reader)]  # noqa: N806 - a type

        @router.get("/programmes", responses=problems(404))
        async def list_programmes(token: Reader) -> ProgrammesTold:
            """All that there are to choose from, the usual one first."""
            language = self._languages.of((await self._scheduler.person(token.person_id)).locale)
            return ProgrammesTold(
                programmes=[
                    ProgrammeTold(programme=each.key, name=each.name, about=each.about, questions=list(each.questions))
                    for each in programmes(language)
                ]
            )

        return router
