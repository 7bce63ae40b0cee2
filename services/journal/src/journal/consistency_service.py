"""ConsistencyService of proto/daybook/journal/v1/consistency.proto: fsck over gRPC, a page at a time."""
# ruff: noqa: N802 - gRPC gives the methods their names

from collections.abc import AsyncIterator, Iterable

import grpc

from daybook.journal.v1 import consistency_pb2 as pb
from daybook.journal.v1.consistency_pb2_grpc import ConsistencyServiceServicer, add_ConsistencyServiceServicer_to_server
from journal.consistency import Fault
from journal.contract import id_of
from journal.fsck import BEGINNING, Fsck
from journal.operators import told_to_operators


class ConsistencyService(ConsistencyServiceServicer):
    FULL_NAME = pb.DESCRIPTOR.services_by_name["ConsistencyService"].full_name

    def __init__(self, fsck: Fsck) -> None:
        self._fsck = fsck

    def add_to(self, server: "grpc.aio.Server") -> None:
        add_ConsistencyServiceServicer_to_server(self, server)

    async def CheckSessions(self, request: pb.CheckSessionsRequest, _context: object) -> pb.CheckSessionsResponse:
        after = id_of("after_session_id", request.after_session_id) if request.after_session_id else BEGINNING
        with told_to_operators():
            checked = await self._fsck.sessions(after, deep=request.deep, mend=request.mend)
        return pb.CheckSessionsResponse(
            sessions=checked.records,
            objects=checked.objects,
            faults=_faults(checked.faults),
            next_after_session_id=str(checked.reached or ""),
        )

    async def CheckObjects(
        self, request: pb.CheckObjectsRequest, _context: object
    ) -> AsyncIterator[pb.CheckObjectsResponse]:
        async for checked in self._fsck.recordings(mend=request.mend):
            yield pb.CheckObjectsResponse(recordings=checked.records, faults=_faults(checked.faults))


def _faults(faults: Iterable[Fault]) -> list[pb.Fault]:
    return [
        pb.Fault(
            kind=pb.FaultKind.Value(f"FAULT_KIND_{fault.kind.name}"),
            record_id=str(fault.record_id),
            detail=fault.detail,
            mended=fault.mended,
        )
        for fault in faults
    ]
