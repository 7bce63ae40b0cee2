"""ArchiveService of proto/daybook/journal/v1/archive.proto: a journal goes out as one file, and comes in entry by entry."""
# ruff: noqa: N802 - gRPC gives the methods their names

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast
from zoneinfo import ZoneInfo

import grpc

from chassis.errors import DaybookError
from chassis.time_zones import checked_time_zone, zone_named
from daybook.journal.v1 import archive_pb2 as pb
from daybook.journal.v1.archive_pb2_grpc import ArchiveServiceServicer, add_ArchiveServiceServicer_to_server
from journal.archive_contract import MOST_MESSAGES, Arriving, Part, arrival_of
from journal.contract import id_of
from journal.errors import ImportGivenUp
from journal.exports import Exports
from journal.imports import Imports

NEXT_WITHIN = timedelta(minutes=1)
"""An import whose next message does not come within this is given up: until then it holds what has come in memory."""


class ArchiveService(ArchiveServiceServicer):
    """
    Args:
        next_within: how long an import waits for each message.
    """

    FULL_NAME = pb.DESCRIPTOR.services_by_name["ArchiveService"].full_name

    def __init__(self, exports: Exports, imports: Imports, next_within: timedelta = NEXT_WITHIN) -> None:
        self._exports = exports
        self._imports = imports
        self._next_within = next_within

    def add_to(self, server: "grpc.aio.Server") -> None:
        add_ArchiveServiceServicer_to_server(self, server)

    async def ExportJournal(
        self, request: pb.ExportJournalRequest, _context: object
    ) -> AsyncIterator[pb.ExportJournalResponse]:
        person_id = id_of("person_id", request.person_id)
        zone = cast("ZoneInfo", zone_named(checked_time_zone(request.time_zone)))  # else it was refused
        async for part in self._exports.of_person(person_id, zone):
            if isinstance(part, bytes):
                yield pb.ExportJournalResponse(chunk=part)
            else:
                yield pb.ExportJournalResponse(progress=part)

    async def FindImported(self, request: pb.FindImportedRequest, _context: object) -> pb.FindImportedResponse:
        return pb.FindImportedResponse(entry_id=str(await self._imports.find(arrival_of(request)) or ""))

    async def ImportEntry(
        self, request_iterator: AsyncIterator[pb.ImportEntryRequest], _context: object
    ) -> pb.ImportEntryResponse:
        requests = _in_time(request_iterator, self._next_within)
        try:
            arrival = arrival_of(await anext(requests, pb.ImportEntryRequest()))
            entry_id, already_kept = await self._imports.keep(arrival, _checked(requests))
        except DaybookError:
            await _heard_out(requests)
            raise
        await _heard_out(requests)
        return pb.ImportEntryResponse(entry_id=str(entry_id), already_kept=already_kept)


async def _in_time(
    requests: AsyncIterator[pb.ImportEntryRequest], next_within: timedelta
) -> AsyncIterator[pb.ImportEntryRequest]:
    """
    Raises:
        ImportGivenUp: the next one did not come in time.
    """
    while True:
        try:
            async with asyncio.timeout(next_within.total_seconds()):
                request = await anext(requests)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise ImportGivenUp from None
        yield request


async def _checked(requests: AsyncIterator[pb.ImportEntryRequest]) -> AsyncIterator[Part]:
    arriving = Arriving()
    async for request in requests:
        yield arriving.part(request)


async def _heard_out(requests: AsyncIterator[pb.ImportEntryRequest]) -> None:
    """Reads what is still to come: whoever writes while the answer is there already may miss it (gRPC's Python client does)."""
    for _ in range(MOST_MESSAGES):
        if await anext(requests, None) is None:
            return
