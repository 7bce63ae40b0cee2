from datetime import UTC, date, datetime

import pytest

from daybook.journal.v1 import finding_pb2 as pb
from daybook.journal.v1.journal_pb2 import EntrySummary
from daybook_cli.finding_lines import MARKED, first_day_of, hit_lines, streak_lines, unreadable_line, week_lines

TUESDAY = date(2026, 11, 24)


def test_a_hit_is_told_by_its_entry_and_what_was_found_is_marked():
    summary = EntrySummary(entry_id="an-id")
    summary.started_at.FromDatetime(datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
    said = pb.Snippet(
        part=pb.ENTRY_PART_TURN,
        starts_at_ms=75_900,
        text="A [long] walk\nwith Zoë",
        matches=[pb.Match(start=9, end=13), pb.Match(start=19, end=22)],
    )
    tag = pb.Snippet(part=pb.ENTRY_PART_TAG, text="walks", matches=[pb.Match(start=0, end=4)])
    head, first, second = hit_lines(pb.Hit(summary=summary, title="Rain", snippets=[said, tag]))
    assert head.plain == "2026-11-24 08:00 UTC  an-id  Rain"
    assert [first.plain, second.plain] == ["  1:15  A [long] walk with Zoë", "  tag  walks"]
    marked = [[line.plain[it.start : it.end] for it in line.spans if it.style == MARKED] for line in (first, second)]
    assert marked == [["walk", "Zoë"], ["walk"]]


def test_entries_that_could_not_be_searched_are_named():
    assert unreadable_line([]) == ""
    assert unreadable_line(["a", "b"]).startswith(
        "2 entries cannot be opened and could not be searched: a, b. `daybook"
    )


def test_weeks_have_a_mark_for_each_day_up_to_today():
    first = first_day_of(2, TUESDAY)
    calendar = pb.GetCalendarResponse(
        days=[pb.CalendarDay(day=day, entries=1) for day in ("2026-11-16", "2026-11-22", "2026-11-24")]
    )
    assert first == date(2026, 11, 16)
    assert list(week_lines(calendar, first, TUESDAY)) == [
        "            Mo Tu We Th Fr Sa Su",
        "2026-11-16   ■  ·  ·  ·  ·  ·  ■",
        "2026-11-23   ·  ■",
    ]


@pytest.mark.parametrize("weeks", [1, 12])
def test_weeks_begin_on_a_monday_and_end_with_todays(weeks):
    for day in range(23, 30):
        today = date(2026, 11, day)
        first = first_day_of(weeks, today)
        assert first.weekday() == 0
        assert len(list(week_lines(pb.GetCalendarResponse(), first, today))) == weeks + 1


def test_streaks_are_told_and_that_there_is_none():
    longest = pb.Streak(first_day="2026-11-01", last_day="2026-11-09", days=9)
    calendar = pb.GetCalendarResponse(
        longest_streak=longest, total_entries=12, total_days=11, total_recording_ms=3_599_999
    )
    totals = ["The longest: 9 days, 2026-11-01 to 2026-11-09.", "12 entries on 11 days, 59 minutes recorded."]
    assert list(streak_lines(calendar)) == ["No streak now: there is no entry of today or yesterday.", *totals]
    calendar.current_streak.MergeFrom(pb.Streak(first_day="2026-11-24", last_day="2026-11-24", days=1))
    assert list(streak_lines(calendar)) == ["1 day in a row, since 2026-11-24.", *totals]
    assert list(streak_lines(pb.GetCalendarResponse())) == ["No entries yet."]
