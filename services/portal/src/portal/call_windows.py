"""A person's call windows and their days to come, as window-scheduler tells and keeps them."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import grpc

from chassis.errors import NotFound
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import WindowsServiceStub
from portal.asking import SCHEDULE_AWAY, answers_about_person, answers_or
from portal.languages import marked


class CallWindows:
    """Each method raises Unavailable where window-scheduler does not answer, and PersonDeleted where the person was deleted."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._windows = WindowsServiceStub(channel)

    async def agenda(self, person_id: UUID, *, days: int) -> pb.GetAgendaResponse:
        """When they will be called from today on, and why then, with all their windows.

        Args:
            person_id: whose.
            days: 1 to 366.
        """
        with answers_about_person():
            return await self._windows.GetAgenda(pb.GetAgendaRequest(person_id=str(person_id), days=days))

    async def add(self, person_id: UUID, times: pb.WindowTimes) -> pb.CallWindow:
        """Makes a window of these times. Returns it as it is kept.

        Raises:
            InvalidInput: these times cannot be right.
            Conflict: they have as many windows as anyone may, or their time zone is not known.
        """
        with answers_about_person():
            answer = await self._windows.CreateWindow(pb.CreateWindowRequest(person_id=str(person_id), times=times))
        return answer.window

    async def change(self, window: pb.CallWindow, times: pb.WindowTimes) -> pb.CallWindow:
        """Puts new times in place of a window's. Returns it as it is kept now.

        Raises:
            InvalidInput: these times cannot be right.
            Conflict: their time zone is not known.
            NotFound: it was deleted meanwhile.
        """
        with _of_a_window(), answers_or(SCHEDULE_AWAY):
            answer = await self._windows.UpdateWindow(pb.UpdateWindowRequest(window_id=window.window_id, times=times))
        return answer.window

    async def delete(self, window: pb.CallWindow) -> None:
        """Raises NotFound where it was deleted meanwhile."""
        with _of_a_window(), answers_or(SCHEDULE_AWAY):
            await self._windows.DeleteWindow(pb.DeleteWindowRequest(window_id=window.window_id))

    async def calendar(self, person_id: UUID) -> bytes:
        """All of theirs as iCalendar (RFC 5545). Raises Conflict where their time zone is not known."""
        with answers_about_person():
            answer = await self._windows.ExportCalendar(pb.ExportCalendarRequest(person_id=str(person_id)))
        return answer.calendar


def window_in(agenda: pb.GetAgendaResponse, window_id: str) -> pb.CallWindow:
    """
    Args:
        agenda: of whom it is to belong to.
        window_id: as it stands in an address.

    Raises:
        NotFound: there is none of this id, or it is somebody else's, which is told in the same words.
    """
    found = next((each for each in agenda.windows if each.window_id == window_id), None)
    if found is None:
        raise _no_such_window()
    return found


@contextmanager
def _of_a_window() -> Iterator[None]:
    try:
        yield
    except NotFound:
        raise _no_such_window() from None


def _no_such_window() -> NotFound:
    return NotFound(
        marked("There is no such window. It may have been deleted: the page Windows shows those that you have.")
    )
