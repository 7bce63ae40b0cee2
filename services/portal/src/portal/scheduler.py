"""window-scheduler, as a person's pages ask it: about the person and their days, and about signing in by a telephone call."""

from datetime import date, datetime
from uuid import UUID

import grpc

from chassis.errors import Conflict
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceStub, PeopleServiceStub
from portal.asking import answers_about_person
from portal.errors import QuietHours

_ALLOWS_IT = pb.CallNowRequest.DESCRIPTOR.fields_by_name["in_quiet_hours"].name
CONSENT_WORDING = "portal-1"
"""To which words a person agrees: those of calls.html and of the REST API's `ConsentGiven`."""


class Scheduler:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._people = PeopleServiceStub(channel)
        self._calls = CallsServiceStub(channel)

    async def person(self, person_id: UUID) -> pb.Person:
        """
        Raises:
            PersonDeleted: they were.
            Unavailable: it does not answer.
        """
        with answers_about_person():
            answer = await self._people.GetPerson(pb.GetPersonRequest(person_id=str(person_id)))
        return answer.person

    async def change(self, request: pb.UpdatePersonRequest) -> pb.Person:
        """Changes what is set in the request. Returns the person as stored now.

        Raises:
            InvalidInput: by the name of the request's field.
            Conflict: a window would lie outside of new calling hours.
            PersonDeleted, Unavailable: as by `person`.
        """
        with answers_about_person():
            answer = await self._people.UpdatePerson(request)
        return answer.person

    async def agree(self, person_id: UUID, *, channel: str, at: datetime) -> pb.Person:
        """A person agrees to be called, by the words of CONSENT_WORDING; after an opt-out too.

        Args:
            person_id: who.
            channel: where: the portal, or a program.
            at: when.

        Raises:
            PersonDeleted, Unavailable: as by `person`.
        """
        consent = pb.Consent(wording_version=CONSENT_WORDING, channel=channel)
        consent.given_at.FromDatetime(at)
        return await self.change(pb.UpdatePersonRequest(person_id=str(person_id), consent=consent))

    async def opt_out(self, person_id: UUID) -> pb.Person:
        """Takes the consent to be called back, at once. Raises as `person`."""
        with answers_about_person():
            answer = await self._people.OptOut(pb.OptOutRequest(person_id=str(person_id)))
        return answer.person

    async def delete_person(self, person_id: UUID) -> None:
        """Deletes a person with windows and calls; pending ones are withdrawn at once. Raises as `person`."""
        with answers_about_person():
            await self._people.DeletePerson(pb.DeletePersonRequest(person_id=str(person_id)))

    async def explain(self, person_id: UUID, day: date | None) -> pb.ExplainDayResponse:
        """Why a person is called, or not, on one of their days; None: today, where they are.

        Raises:
            InvalidInput: nobody tells of such a day.
            PersonDeleted: they were.
            Unavailable: it does not answer.
        """
        request = pb.ExplainDayRequest(person_id=str(person_id), local_day=day.isoformat() if day is not None else "")
        with answers_about_person():
            return await self._calls.ExplainDay(request)

    async def call_now(self, person_id: UUID, *, in_quiet_hours: bool) -> pb.ScheduledCall:
        """Has a person called now, beside the day's call. Returns that call.

        Args:
            person_id: whom.
            in_quiet_hours: also where it is their quiet hours.

        Raises:
            QuietHours: it is their quiet hours, and they have not said that they want it all the same.
            Conflict: they may not be called now.
            PersonDeleted: they were.
            Unavailable: it does not answer.
        """
        request = pb.CallNowRequest(person_id=str(person_id), in_quiet_hours=in_quiet_hours)
        try:
            with answers_about_person():
                answer = await self._calls.CallNow(request)
        except Conflict as error:
            # the refusal names the field of the request that would allow it
            if not in_quiet_hours and _ALLOWS_IT in str(error):
                raise QuietHours from None
            raise
        return answer.call
