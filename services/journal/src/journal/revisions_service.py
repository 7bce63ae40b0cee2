"""RevisionsService of proto/daybook/journal/v1/revisions.proto: an entry's edits and their history over gRPC."""
# ruff: noqa: N802 - gRPC gives the methods their names

from collections.abc import AsyncIterator

import grpc

from daybook.journal.v1 import revisions_pb2 as pb
from daybook.journal.v1.revisions_pb2_grpc import RevisionsServiceServicer, add_RevisionsServiceServicer_to_server
from journal.contract import id_of
from journal.damage import counting_damage
from journal.revisions import Revisions


class RevisionsService(RevisionsServiceServicer):
    FULL_NAME = pb.DESCRIPTOR.services_by_name["RevisionsService"].full_name

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions

    def add_to(self, server: "grpc.aio.Server") -> None:
        add_RevisionsServiceServicer_to_server(self, server)

    async def EditEntry(self, request: pb.EditEntryRequest, _context: object) -> pb.EditEntryResponse:
        person_id, entry_id = id_of("person_id", request.person_id), id_of("entry_id", request.entry_id)
        with counting_damage():
            return pb.EditEntryResponse(revision=await self._revisions.edit(person_id, entry_id, request))

    async def ListRevisions(
        self, request: pb.ListRevisionsRequest, _context: object
    ) -> AsyncIterator[pb.ListRevisionsResponse]:
        person_id, entry_id = id_of("person_id", request.person_id), id_of("entry_id", request.entry_id)
        with counting_damage():
            async for revision in self._revisions.history(person_id, entry_id):
                yield pb.ListRevisionsResponse(revision=revision)
