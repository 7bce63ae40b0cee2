"""DialsService of proto/daybook/dispatcher/v1: what operators may know of the dials. It reads and changes nothing."""
# ruff: noqa: N802 - gRPC gives the methods their names

from uuid import UUID

from call_dispatcher.dials import Policy, dial_message, overview_message
from call_dispatcher.dials_store import dials_of, ended, failed_with_carrier, postponed, queue_standing
from call_dispatcher.rate_store import read_rate
from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import InvalidInput
from daybook.dispatcher.v1 import dispatcher_pb2 as pb
from daybook.dispatcher.v1.dispatcher_pb2_grpc import DialsServiceServicer

PAGE_SIZE = 10
LARGEST_PAGE = 100


class DialsApi(DialsServiceServicer):
    """The dials, for who looks."""

    def __init__(self, database: Database, clock: Clock, policy: Policy) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy

    async def ListDials(self, request: pb.ListDialsRequest, _context: object) -> pb.ListDialsResponse:
        person_id = _person_id(request.person_id)
        if not 0 <= request.page_size <= LARGEST_PAGE:
            raise InvalidInput("page_size", f"is to be 1 to {LARGEST_PAGE}; or 0, which means {PAGE_SIZE}.")
        async with self._database.transaction() as connection:
            dials = await dials_of(connection, person_id, limit=request.page_size or PAGE_SIZE)
        return pb.ListDialsResponse(dials=[dial_message(dial) for dial in dials])

    async def GetOverview(self, _request: pb.GetOverviewRequest, _context: object) -> pb.GetOverviewResponse:
        now = self._clock.now()
        async with self._database.transaction() as connection:
            rate = await read_rate(connection)
            return overview_message(
                await queue_standing(connection, now=now),
                self._policy,
                postponed=await postponed(connection, now=now),
                ended=await ended(connection, now=now),
                failed=await failed_with_carrier(connection, now=now),
                account_refusals=rate.refusals,
                paused_until=rate.paused_until,
            )


def _person_id(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise InvalidInput("person_id", "is to be a UUID, as window-scheduler gave it.") from None
