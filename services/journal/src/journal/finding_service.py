"""FindingService of proto/daybook/journal/v1/finding.proto: entries found by words and by day, over gRPC."""
# ruff: noqa: N802 - gRPC gives the methods their names

import grpc

from daybook.journal.v1 import finding_pb2 as pb
from daybook.journal.v1.finding_pb2_grpc import FindingServiceServicer, add_FindingServiceServicer_to_server
from journal import finding_contract
from journal.browsing import Browsing
from journal.contract import id_of, page_token
from journal.damage import counting_damage
from journal.search import Search
from journal.search_query import parse_query


class FindingService(FindingServiceServicer):
    FULL_NAME = pb.DESCRIPTOR.services_by_name["FindingService"].full_name

    def __init__(self, search: Search, browsing: Browsing) -> None:
        self._search = search
        self._browsing = browsing

    def add_to(self, server: "grpc.aio.Server") -> None:
        add_FindingServiceServicer_to_server(self, server)

    async def SearchEntries(self, request: pb.SearchEntriesRequest, _context: object) -> pb.SearchEntriesResponse:
        person_id = id_of("person_id", request.person_id)
        query, page = parse_query(request.query), finding_contract.small_page_of(request)
        with counting_damage():
            return finding_contract.found_message(await self._search.find(person_id, query, page))

    async def BrowseEntries(self, request: pb.BrowseEntriesRequest, _context: object) -> pb.BrowseEntriesResponse:
        person_id = id_of("person_id", request.person_id)
        page, days = finding_contract.small_page_of(request), finding_contract.browsed_days_of(request)
        with counting_damage():
            listed, last = await self._browsing.page(person_id, page, days)
        return pb.BrowseEntriesResponse(
            entries=map(finding_contract.browsed_message, listed), next_page_token=page_token(last) if last else ""
        )

    async def GetCalendar(self, request: pb.GetCalendarRequest, _context: object) -> pb.GetCalendarResponse:
        person_id = id_of("person_id", request.person_id)
        return finding_contract.calendar_message(
            await self._browsing.calendar(person_id, finding_contract.days_of(request))
        )
