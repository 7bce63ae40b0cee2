"""How entries that were found are told, and how somebody kept at it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from rich.text import Text

from daybook.journal.v1 import finding_pb2 as pb
from daybook_cli.wording import counted, moment

PARTS: Mapping[int, str] = {
    pb.ENTRY_PART_TITLE: "title",
    pb.ENTRY_PART_SUMMARY: "summary",
    pb.ENTRY_PART_TAG: "tag",
    pb.ENTRY_PART_MOOD: "mood",
}
MARKED = "bold yellow"
REFLECTED, DID_NOT, NOT_YET = "■", "·", " "
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)


def hit_lines(hit: pb.Hit) -> Iterator[Text]:
    """An entry that was found: which one, and below it what was found in it, marked."""
    yield Text.assemble(
        (f"{moment(hit.summary.started_at):%Y-%m-%d %H:%M} UTC", "bold"), f"  {hit.summary.entry_id}  {hit.title}"
    )
    for snippet in hit.snippets:
        line = Text(f"  {_place(snippet)}  ")
        begins = len(line)
        line.append(snippet.text.replace("\n", " "))
        for match in snippet.matches:
            line.stylize(MARKED, begins + match.start, begins + match.end)
        yield line


def _place(snippet: pb.Snippet) -> str:
    """Which part of an entry; of what was said, when in the recording."""
    if snippet.part != pb.ENTRY_PART_TURN:
        return PARTS.get(snippet.part, "?")
    seconds = snippet.starts_at_ms // 1000
    return f"{seconds // 60}:{seconds % 60:02}"


def unreadable_line(entry_ids: Sequence[str]) -> str:
    """Which entries could not be searched; empty where all were."""
    if not entry_ids:
        return ""
    return (
        f"{counted(len(entry_ids), 'entry', 'entries')} cannot be opened and could not be searched: {', '.join(entry_ids)}. "
        "`daybook journal fsck` says what is damaged."
    )


def first_day_of(weeks: int, today: date) -> date:
    """The Monday on which so many weeks begin, of which today's is the last."""
    return today - _DAY * today.weekday() - _WEEK * (weeks - 1)


def week_lines(calendar: pb.GetCalendarResponse, first: date, today: date) -> Iterator[str]:
    """A line a week from a Monday on, with a mark for each day up to today."""
    reflected = {date.fromisoformat(day.day) for day in calendar.days}
    yield "            Mo Tu We Th Fr Sa Su"
    monday = first
    while monday <= today:
        days = [monday + _DAY * number for number in range(7)]
        marks = [NOT_YET if day > today else REFLECTED if day in reflected else DID_NOT for day in days]
        yield f"{monday}   {'  '.join(marks)}".rstrip()
        monday += _WEEK


def streak_lines(calendar: pb.GetCalendarResponse) -> Iterator[str]:
    """How many days in a row, and how much at all."""
    if not calendar.total_entries:
        yield "No entries yet."
        return
    current, longest = calendar.current_streak, calendar.longest_streak
    if current.days:
        yield f"{counted(current.days, 'day')} in a row, since {current.first_day}."
    else:
        yield "No streak now: there is no entry of today or yesterday."
    yield f"The longest: {counted(longest.days, 'day')}, {longest.first_day} to {longest.last_day}."
    minutes = calendar.total_recording_ms // 60_000
    yield (
        f"{counted(calendar.total_entries, 'entry', 'entries')} on {counted(calendar.total_days, 'day')}, "
        f"{counted(minutes, 'minute')} recorded."
    )
