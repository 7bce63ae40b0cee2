"""window-scheduler, as a person's pages ask it: about the person, and about signing in by a telephone call."""

from uuid import UUID

import grpc

from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import PeopleServiceStub
from portal.asking import answers_of

NAME = "The schedule"


class Scheduler:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._people = PeopleServiceStub(channel)

    async def person(self, person_id: UUID) -> pb.Person:
        """
        Raises:
            NotFound: they were deleted.
            Unavailable: it does not answer.
        """
        with answers_of(NAME):
            answer = await self._people.GetPerson(pb.GetPersonRequest(person_id=str(person_id)))
        return answer.person

    async def change(self, request: pb.UpdatePersonRequest) -> pb.Person:
        """Changes what is set in the request. Returns the person as stored now.

        Raises:
            InvalidInput: by the name of the request's field.
            Conflict: a window would lie outside of new calling hours.
            NotFound, Unavailable: as by `person`.
        """
        with answers_of(NAME):
            answer = await self._people.UpdatePerson(request)
        return answer.person

    async def opt_out(self, person_id: UUID) -> pb.Person:
        """Takes the consent to be called back, at once. Raises as `person`."""
        with answers_of(NAME):
            answer = await self._people.OptOut(pb.OptOutRequest(person_id=str(person_id)))
        return answer.person

    async def delete_person(self, person_id: UUID) -> None:
        """Deletes a person with windows and calls; pending ones are withdrawn at once. Raises as `person`."""
        with answers_of(NAME):
            await self._people.DeletePerson(pb.DeletePersonRequest(person_id=str(person_id)))
