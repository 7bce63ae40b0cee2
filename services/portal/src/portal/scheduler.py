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
