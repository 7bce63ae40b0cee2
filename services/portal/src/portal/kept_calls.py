"""Which entries of the journal the calls of a day became."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from daybook.journal.v1 import finding_pb2 as pb
from portal.journal import Days, Journal

PAGE = 100
"""More than the calls of two days."""


class KeptCalls:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def entries(self, person_id: UUID, day: date, zone: ZoneInfo) -> Mapping[str, pb.BrowsedEntry]:
        """The entries of a person's calls of one of their days, by the call's id.

        Raises:
            Unavailable: it does not answer.
        """
        # a call of this day may have begun after midnight
        days = Days(day, day + timedelta(days=1))
        answer = await self._journal.browse(person_id, zone.key, days, page_token="", page_size=PAGE)
        return {each.summary.call_id: each for each in answer.entries}
