"""Which entries of the journal the calls of a day became."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import grpc

from chassis.rpc import call_metadata
from chassis.tokens import TokenSigner
from daybook.journal.v1 import finding_pb2 as pb
from daybook.journal.v1.finding_pb2_grpc import FindingServiceStub
from portal.asking import JOURNAL_AWAY, answers_or

PAGE = 100
"""More than the calls of two days."""


class KeptCalls:
    """
    Args:
        channel: to the journal.
        signer: of the portal's tokens.
    """

    def __init__(self, channel: grpc.aio.Channel, signer: TokenSigner) -> None:
        self._finding = FindingServiceStub(channel)
        self._signer = signer

    async def entries(self, person_id: UUID, day: date, zone: ZoneInfo) -> Mapping[str, pb.BrowsedEntry]:
        """The entries of a person's calls of one of their days, by the call's id.

        Raises:
            Unavailable: it does not answer.
        """
        request = pb.BrowseEntriesRequest(
            person_id=str(person_id),
            page_size=PAGE,
            from_day=day.isoformat(),
            # a call of this day may have begun after midnight
            to_day=(day + timedelta(days=1)).isoformat(),
            time_zone=zone.key,
        )
        with answers_or(JOURNAL_AWAY):
            metadata = call_metadata(self._signer.for_person(person_id))
            answer = await self._finding.BrowseEntries(request, metadata=metadata)
        return {each.summary.call_id: each for each in answer.entries}
