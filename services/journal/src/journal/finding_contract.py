"""The messages of finding.proto as the journal's values, checked; and back.

What was sent is not repeated where it is refused: what somebody looks for in their journal is as much theirs as what is in it.
"""

from datetime import date

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import InvalidInput
from chassis.time_zones import checked_zone
from daybook.journal.v1 import finding_pb2 as pb
from journal.browsing import Listed
from journal.contract import Page, page_of, page_token, summary_of
from journal.local_days import Day, Days
from journal.reflection_calendar import Calendar
from journal.search import Found, Hit
from journal.snippets import Part, Snippet
from journal.streaks import Streak

DEFAULT_PAGE_SIZE = 20
LARGEST_PAGE_SIZE = 100

_PARTS = {
    Part.TURN: pb.ENTRY_PART_TURN,
    Part.TITLE: pb.ENTRY_PART_TITLE,
    Part.SUMMARY: pb.ENTRY_PART_SUMMARY,
    Part.TAG: pb.ENTRY_PART_TAG,
    Part.MOOD: pb.ENTRY_PART_MOOD,
}


def small_page_of(request: pb.SearchEntriesRequest | pb.BrowseEntriesRequest) -> Page:
    """
    Raises:
        InvalidInput: as by `page_of`.
    """
    return page_of(request, default_size=DEFAULT_PAGE_SIZE, largest_size=LARGEST_PAGE_SIZE)


def days_of(request: pb.BrowseEntriesRequest | pb.GetCalendarRequest) -> Days:
    """
    Raises:
        InvalidInput: a day is none, or the last is before the first; or the zone has no such name.
    """
    zone = checked_zone(request.time_zone)
    first, last = _day("from_day", request.from_day), _day("to_day", request.to_day)
    if first is not None and last is not None and last < first:
        raise InvalidInput("to_day", "must not be before from_day.")
    return Days(zone, first, last)


def browsed_days_of(request: pb.BrowseEntriesRequest) -> Days:
    """The days of which entries are asked for. Where none is bounded, it is of no matter by which zone they are told.

    Raises:
        InvalidInput: as by `days_of`.
    """
    if not (request.from_day or request.to_day or request.time_zone):
        return Days(checked_zone("UTC"), None, None)
    return days_of(request)


def found_message(found: Found) -> pb.SearchEntriesResponse:
    searched_back_to = Timestamp()
    if found.reached:
        searched_back_to.FromDatetime(found.reached.started_at)
    return pb.SearchEntriesResponse(
        hits=map(_hit, found.hits),
        unreadable_entry_ids=[str(entry.entry_id) for entry in found.unreadable],
        next_page_token=page_token(found.reached) if found.reached else "",
        searched_back_to=searched_back_to if found.reached else None,
    )


def browsed_message(listed: Listed) -> pb.BrowsedEntry:
    revision = listed.revision
    return pb.BrowsedEntry(
        summary=summary_of(listed.entry),
        title=revision.title if revision else "",
        tags=revision.tags if revision else (),
        mood=revision.mood if revision else "",
        unreadable=not listed.readable,
        summary_text=revision.summary if revision else "",
    )


def calendar_message(calendar: Calendar) -> pb.GetCalendarResponse:
    return pb.GetCalendarResponse(
        days=map(_calendar_day, calendar.days),
        current_streak=_streak(calendar.current),
        longest_streak=_streak(calendar.longest),
        total_entries=calendar.entries,
        total_days=calendar.days_with_entries,
        total_recording_ms=calendar.recording_ms,
    )


def _day(field: str, written: str) -> date | None:
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        day = None
    if day is None or day.isoformat() != written:
        raise InvalidInput(field, "must be a day as ISO 8601 writes it, e.g. 2026-11-24; or empty for no bound.")
    return day


def _hit(hit: Hit) -> pb.Hit:
    return pb.Hit(summary=summary_of(hit.entry), title=hit.title, snippets=map(_snippet, hit.snippets))


def _snippet(snippet: Snippet) -> pb.Snippet:
    return pb.Snippet(
        part=_PARTS[snippet.source.part],
        turn_sequence=snippet.source.sequence,
        starts_at_ms=snippet.source.starts_at_ms,
        text=snippet.text,
        matches=[pb.Match(start=start, end=end) for start, end in snippet.matches],
    )


def _calendar_day(day: Day) -> pb.CalendarDay:
    return pb.CalendarDay(day=day.day.isoformat(), entries=day.entries, recording_ms=day.recording_ms)


def _streak(streak: Streak | None) -> pb.Streak | None:
    if streak is None:
        return None
    return pb.Streak(first_day=streak.first.isoformat(), last_day=streak.last.isoformat(), days=streak.days)
