"""`daybook window`: when a person may be called. What can be right, window-scheduler says; here it is put into its terms."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import WindowsServiceStub
from daybook_cli.errors import CommandError
from daybook_cli.people import ask_scheduler

windows = typer.Typer(no_args_is_help=True, help="When a person may be called.")
console = Console(highlight=False)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXCEPTIONS_SHOWN = 5

Starts = typer.Option("--from", help="HH:MM, the person's local time")
Ends = typer.Option("--to", help="HH:MM")
Overnight = typer.Option("--overnight/--same-day", help="The end lies on the next day (ends_next_day)")
Days = typer.Option(help=f"Weekdays, e.g. {','.join(WEEKDAYS[:5])}")
Date = typer.Option(help="One date instead, e.g. 2026-11-24")
# so much fits into the message; how much is right, the service says
Every = typer.Option(
    min=1, max=999, help="With --days: every so many weeks, 1 to 52, counted from that of the first date"
)
First = typer.Option("--first-date", help="With --days: it opens on no earlier day")
Last = typer.Option("--last-date", help="With --days: it opens on no later day")
Except = typer.Option("--except", help="With --days: not on these dates, e.g. 2026-12-24,2026-12-25")


@windows.command("add")
def add_window(
    person_id: str,
    starts: Annotated[str, Starts],
    ends: Annotated[str, Ends],
    overnight: Annotated[bool, Overnight] = False,
    days: Annotated[str | None, Days] = None,
    date: Annotated[str | None, Date] = None,
    every: Annotated[int | None, Every] = None,
    first_date: Annotated[str | None, First] = None,
    last_date: Annotated[str | None, Last] = None,
    except_dates: Annotated[str | None, Except] = None,
) -> None:
    """Let a person be called within these times."""
    if days is None and date is None:
        raise CommandError("Say when: either --days mon,wed or --date 2026-11-24.")
    times = pb.WindowTimes(starts_at=starts, ends_at=ends, ends_next_day=overnight)
    _set_days(times, days, date)
    _set_rule(times, every, first_date, last_date, except_dates)
    request = pb.CreateWindowRequest(person_id=person_id, times=times)
    window = ask_scheduler(lambda channel: WindowsServiceStub(channel).CreateWindow(request)).window
    console.print(window.window_id)


@windows.command("change")
def change_window(
    window_id: str,
    starts: Annotated[str | None, Starts] = None,
    ends: Annotated[str | None, Ends] = None,
    overnight: Annotated[bool | None, Overnight] = None,
    days: Annotated[str | None, Days] = None,
    date: Annotated[str | None, Date] = None,
    every: Annotated[int | None, Every] = None,
    first_date: Annotated[str | None, First] = None,
    last_date: Annotated[str | None, Last] = None,
    except_dates: Annotated[str | None, Except] = None,
) -> None:
    """Change what is named; the rest stays. '' takes a date, or the exceptions, away."""
    times = _times_of(window_id)
    times.starts_at = times.starts_at if starts is None else starts
    times.ends_at = times.ends_at if ends is None else ends
    times.ends_next_day = times.ends_next_day if overnight is None else overnight
    _set_days(times, days, date)
    _set_rule(times, every, first_date, last_date, except_dates)
    _put(window_id, times)


@windows.command("pause")
def pause_window(
    window_id: str, until: Annotated[str, typer.Option(help="The first day on which it may open again")]
) -> None:
    """Keep a window from opening until a date."""
    times = _times_of(window_id)
    _weekly(times).paused_until = until
    _put(window_id, times)


@windows.command("resume")
def resume_window(window_id: str) -> None:
    """End a window's pause."""
    times = _times_of(window_id)
    _weekly(times).paused_until = ""
    _put(window_id, times)


@windows.command("skip")
def skip_day(
    window_id: str, on: Annotated[str, typer.Option(help="The day on which it is not to open, e.g. 2026-12-24")]
) -> None:
    """Keep a window from opening on one day."""
    times = _times_of(window_id)
    _weekly(times).except_dates.append(on)
    _put(window_id, times)


@windows.command("list")
def list_windows(person_id: str) -> None:
    """A person's windows, the next to open first."""
    request = pb.ListWindowsRequest(person_id=person_id)
    table = Table(box=None)
    for column in ("window", "days", "from", "to", "opens next (UTC)"):
        table.add_column(column, no_wrap=column == "window")
    for window in ask_scheduler(lambda channel: WindowsServiceStub(channel).ListWindows(request)).windows:
        ends = f"{window.times.ends_at} next day" if window.times.ends_next_day else window.times.ends_at
        table.add_row(window.window_id, days_told(window.times), window.times.starts_at, ends, _opening_told(window))
    console.print(table)


@windows.command("delete")
def delete_window(window_id: str) -> None:
    """Delete a window. A call already scheduled from it is not made."""
    ask_scheduler(lambda channel: WindowsServiceStub(channel).DeleteWindow(pb.DeleteWindowRequest(window_id=window_id)))


def days_told(times: pb.WindowTimes) -> str:
    """The days of a window: its one date, or its weekdays with all that bounds them."""
    if times.HasField("one_off"):
        return times.one_off.date
    weekly = times.weekly
    parts = [",".join(WEEKDAYS[day - 1] for day in weekly.weekdays)]
    if weekly.every_weeks > 1:
        parts.append(f"every {weekly.every_weeks} weeks")
    if weekly.first_date:
        parts.append(f"from {weekly.first_date}")
    if weekly.last_date:
        parts.append(f"until {weekly.last_date}")
    if weekly.except_dates:
        shown = ", ".join(weekly.except_dates[:EXCEPTIONS_SHOWN])
        more = len(weekly.except_dates) - EXCEPTIONS_SHOWN
        parts.append(f"not on {shown}" + (f" and {more} more" if more > 0 else ""))
    if weekly.paused_until:
        parts.append(f"paused until {weekly.paused_until}")
    return "; ".join(parts)


def _times_of(window_id: str) -> pb.WindowTimes:
    request = pb.GetWindowRequest(window_id=window_id)
    return ask_scheduler(lambda channel: WindowsServiceStub(channel).GetWindow(request)).window.times


def _put(window_id: str, times: pb.WindowTimes) -> None:
    """Changes a window, and says what that comes to."""
    request = pb.UpdateWindowRequest(window_id=window_id, times=times)
    window = ask_scheduler(lambda channel: WindowsServiceStub(channel).UpdateWindow(request)).window
    console.print(f"Opens next (UTC): {_opening_told(window)}")


def _opening_told(window: pb.CallWindow) -> str:
    if not window.HasField("next_opens_at"):
        return "never again"
    return f"{window.next_opens_at.ToDatetime():%Y-%m-%d %H:%M}"


def _set_days(times: pb.WindowTimes, days: str | None, date: str | None) -> None:
    if days is not None and date is not None:
        raise CommandError("Say one of both: --days mon,wed or --date 2026-11-24.")
    if date is not None:
        times.one_off.date = date
    if days is not None:
        named = [day.strip().lower() for day in days.split(",") if day.strip()]
        unknown = [day for day in named if day not in WEEKDAYS]
        if unknown:
            raise CommandError(f"These are no weekdays: {', '.join(unknown)}. Use {','.join(WEEKDAYS)}.")
        weekdays = [pb.Weekday.ValueType(WEEKDAYS.index(day) + 1) for day in named]
        # selected also where nothing is named: that is refused in the service's own words
        times.weekly.SetInParent()
        times.weekly.weekdays[:] = weekdays


def _set_rule(
    times: pb.WindowTimes, every: int | None, first_date: str | None, last_date: str | None, except_dates: str | None
) -> None:
    if (every, first_date, last_date, except_dates) == (None, None, None, None):
        return
    weekly = _weekly(times)
    weekly.every_weeks = weekly.every_weeks if every is None else every
    weekly.first_date = weekly.first_date if first_date is None else first_date
    weekly.last_date = weekly.last_date if last_date is None else last_date
    if except_dates is not None:
        weekly.except_dates[:] = [date.strip() for date in except_dates.split(",") if date.strip()]


def _weekly(times: pb.WindowTimes) -> pb.Weekly:
    """The weekdays of a window, to be changed in place. Raises CommandError where it is one of a single date."""
    if not times.HasField("weekly"):
        raise CommandError(
            "This is a window of one date: it knows no pause, no skipped day and no weeks. Change its --date, or delete it."
        )
    return times.weekly
