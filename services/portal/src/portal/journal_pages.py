"""The journal's pages: its entries by day with a calendar of the month, and what is found in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse

from chassis.errors import InvalidInput
from daybook.journal.v1 import finding_pb2 as finding
from portal.door import Door, Visit
from portal.entry_lines import Telling, by_day, pieces_of
from portal.errors import NoSuchPage
from portal.journal import Days, Journal
from portal.month_grid import weeks_of
from portal.months import Month, month_of, weekdays, written_day, written_month
from portal.pages import Pages
from portal.readers_clock import LocalClock, ReadersClock
from portal.refusal_words import refusal_told

PAGE_SIZE = 20
LONGEST_QUERY_CHARACTERS, MOST_WORDS = 500, 32
"""What the journal looks for at most (finding.proto)."""
LONGEST_PAGE_TOKEN = 200
ROUNDS_OF_SEARCH = 5
"""How often a page asks on while nothing is found: each answer takes a bounded time, and may be empty before the last."""

PageToken = Annotated[str, Query(max_length=LONGEST_PAGE_TOKEN)]


@dataclass(frozen=True)
class Shown:
    """What of the journal a page shows.

    Attributes:
        month: of the calendar.
        day, in_month: entries of that day or month alone; neither: of all.
        after: a page token; empty: the newest.
    """

    month: Month
    day: date | None
    in_month: bool
    after: str

    @property
    def days(self) -> Days | None:
        if self.day is not None:
            return Days(self.day, self.day)
        return Days(self.month.first, self.month.last) if self.in_month else None

    def older(self, page_token: str) -> dict[str, str]:
        """The address of the next page, as its query."""
        told = {"day": self.day.isoformat()} if self.day else {"month": self.month.written} if self.in_month else {}
        return {**told, "after": page_token}


class JournalPages:
    def __init__(self, door: Door, pages: Pages, journal: Journal, clock: ReadersClock) -> None:
        self._door = door
        self._pages = pages
        self._journal = journal
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter()
        signed_in = Depends(self._door.visit)

        @router.get("/journal")
        async def entries(
            visit: Annotated[Visit, signed_in],
            month: str = "",
            day: str = "",
            after: PageToken = "",
            *,
            deleted: bool = False,
        ) -> HTMLResponse:
            clock = await self._clock.of(visit.person_id)
            return await self._entries(visit, clock, _shown(clock.today, month, day, after), deleted=deleted)

        @router.get("/journal/search")
        async def search(
            visit: Annotated[Visit, signed_in],
            q: Annotated[str, Query(max_length=4 * LONGEST_QUERY_CHARACTERS)] = "",
            after: PageToken = "",
        ) -> HTMLResponse:
            return await self._found(visit, q, after)

        return router

    async def _entries(self, visit: Visit, clock: LocalClock, shown: Shown, *, deleted: bool) -> HTMLResponse:
        person_id, zone = visit.person_id, clock.zone.key
        try:
            browsed = await self._journal.browse(
                person_id, zone, shown.days, page_token=shown.after, page_size=PAGE_SIZE
            )
        except InvalidInput:
            raise NoSuchPage from None
        days = by_day(browsed.entries, clock.zone)
        # beside the newest entries stands their month: on the first day of another one it would be empty
        month = month_of(days[0].day) if days and shown.days is None else shown.month
        calendar = await self._journal.calendar(person_id, zone, Days(month.first, month.last))
        counted = {date.fromisoformat(day.day): day.entries for day in calendar.days}
        first_weekday = visit.language.locale.first_week_day
        return self._pages.page(
            "journal.html",
            visit.language,
            visit=visit,
            clock=clock,
            shown=shown,
            month=month,
            deleted=deleted,
            calendar=calendar,
            weekdays=weekdays(first_weekday),
            weeks=weeks_of(month, counted, first_weekday),
            days=days,
            older=shown.older(browsed.next_page_token) if browsed.next_page_token else None,
            tell=Telling(visit.language, clock.zone),
            longest_query=LONGEST_QUERY_CHARACTERS,
            most_words=MOST_WORDS,
        )

    async def _found(self, visit: Visit, query: str, after: str) -> HTMLResponse:
        clock = await self._clock.of(visit.person_id)
        found, refused = finding.SearchEntriesResponse(), ""
        hits: Sequence[finding.Hit] = ()
        unreadable = 0
        if query.strip():
            try:
                for _ in range(ROUNDS_OF_SEARCH):
                    found = await self._journal.search(visit.person_id, query, found.next_page_token or after)
                    unreadable += len(found.unreadable_entry_ids)
                    hits = found.hits
                    if hits or not found.next_page_token:
                        break
            except InvalidInput as error:
                if error.field != "query":
                    raise NoSuchPage from None
                refused = refusal_told(error, visit.language)
        return self._pages.page(
            "journal_search.html",
            visit.language,
            status=422 if refused else 200,
            visit=visit,
            clock=clock,
            query=query,
            after=after,
            refused=refused,
            hits=hits,
            unreadable=unreadable,
            older={"q": query, "after": found.next_page_token} if found.next_page_token else None,
            searched_back_to=found.searched_back_to,
            pieces_of=pieces_of,
            tell=Telling(visit.language, clock.zone),
            longest_query=LONGEST_QUERY_CHARACTERS,
            most_words=MOST_WORDS,
        )


def _shown(today: date, month: str, day: str, after: str) -> Shown:
    """
    Raises:
        NoSuchPage: the day or the month is none.
    """
    if day:
        if (on := written_day(day)) is None:
            raise NoSuchPage
        return Shown(month_of(on), on, in_month=False, after=after)
    if not month:
        return Shown(month_of(today), None, in_month=False, after=after)
    if (of := written_month(month)) is None:
        raise NoSuchPage
    return Shown(of, None, in_month=True, after=after)
