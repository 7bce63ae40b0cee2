"""KeepingService of proto/daybook/journal/v1/keeping.proto: a person's settings of their journal."""
# ruff: noqa: N802 - gRPC gives the methods their names

import grpc

from chassis.errors import InvalidInput
from daybook.journal.v1 import keeping_pb2 as pb
from daybook.journal.v1.keeping_pb2_grpc import KeepingServiceServicer, add_KeepingServiceServicer_to_server
from journal.contract import id_of
from journal.keeping import Keepings
from journal.records import Keeping

MOST_DAYS = 36_500


class KeepingService(KeepingServiceServicer):
    FULL_NAME = pb.DESCRIPTOR.services_by_name["KeepingService"].full_name

    def __init__(self, keepings: Keepings) -> None:
        self._keepings = keepings

    def add_to(self, server: "grpc.aio.Server") -> None:
        add_KeepingServiceServicer_to_server(self, server)

    async def GetKeeping(self, request: pb.GetKeepingRequest, _context: object) -> pb.GetKeepingResponse:
        keeping = await self._keepings.of(id_of("person_id", request.person_id))
        return pb.GetKeepingResponse(
            keeping=pb.Keeping(
                audio_days=keeping.audio_days,
                entry_days=keeping.entry_days,
                without_descriptions=not keeping.descriptions,
            )
        )

    async def SetKeeping(self, request: pb.SetKeepingRequest, _context: object) -> pb.SetKeepingResponse:
        person_id = id_of("person_id", request.person_id)
        await self._keepings.set(person_id, _keeping_of(request))
        return pb.SetKeepingResponse()


def _keeping_of(request: pb.SetKeepingRequest) -> Keeping:
    """
    Raises:
        InvalidInput: it is not set, or a limit is out of range.
    """
    if not request.HasField("keeping"):
        raise InvalidInput("keeping", "must be set; without limits it says that all is kept for ever.")
    keeping = request.keeping
    for field, days in (("keeping.audio_days", keeping.audio_days), ("keeping.entry_days", keeping.entry_days)):
        if days > MOST_DAYS:
            raise InvalidInput(field, f"must be 1 to {MOST_DAYS} days, or 0 for ever.")
    return Keeping(keeping.audio_days, keeping.entry_days, not keeping.without_descriptions)
