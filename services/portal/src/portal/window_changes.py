"""Small changes of a window that opens every week: a day left out or taken back, a pause begun or ended. Pure."""

from datetime import date

from chassis.errors import Conflict, InvalidInput
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.languages import marked


def without_day(times: pb.WindowTimes, day: date) -> pb.WindowTimes:
    """Not on this day. Raises Conflict where it is a window of one date."""
    changed = _of_weeks(times)
    if day.isoformat() not in changed.weekly.except_dates:
        changed.weekly.except_dates.append(day.isoformat())
    return changed


def with_day(times: pb.WindowTimes, day: date) -> pb.WindowTimes:
    """On this day after all. Raises Conflict where it is a window of one date."""
    changed = _of_weeks(times)
    changed.weekly.except_dates[:] = [each for each in times.weekly.except_dates if each != day.isoformat()]
    return changed


def paused(times: pb.WindowTimes, until: str, today: date) -> pb.WindowTimes:
    """Not before this day (ISO 8601), whatever pause there was.

    Raises:
        InvalidInput: it is no later day than today, with which no pause would begin.
        Conflict: it is a window of one date.
    """
    changed = _of_weeks(times)
    # as ISO 8601 has them, days are in order as texts; what is no day at all window-scheduler refuses
    if until <= today.isoformat():
        raise InvalidInput("times.weekly.paused_until", "is to lie after today.")
    changed.weekly.paused_until = until
    return changed


def resumed(times: pb.WindowTimes) -> pb.WindowTimes:
    """On its days again. Raises Conflict where it is a window of one date."""
    changed = _of_weeks(times)
    changed.weekly.paused_until = ""
    return changed


def weekly_openings(agenda: pb.GetAgendaResponse, day: date) -> list[pb.CallWindow]:
    """The windows that open on this day, but for those of one date."""
    return _named({opening.window_id for chance in _day(agenda, day).chances for opening in chance.openings}, agenda)


def left_out(agenda: pb.GetAgendaResponse, day: date) -> list[pb.CallWindow]:
    """The windows of which this day is an exception."""
    absences = _day(agenda, day).absences
    return _named({each.window_id for each in absences if each.standing == pb.WINDOW_STANDING_EXCEPTED}, agenda)


def _of_weeks(times: pb.WindowTimes) -> pb.WindowTimes:
    if not times.HasField("weekly"):
        raise Conflict(
            marked("This window is for one date: it knows no pause and no day to skip. Change its date, or delete it.")
        )
    changed = pb.WindowTimes()
    changed.CopyFrom(times)
    return changed


def _day(agenda: pb.GetAgendaResponse, day: date) -> pb.AgendaDay:
    return next((each for each in agenda.days if each.local_day == day.isoformat()), pb.AgendaDay())


def _named(window_ids: set[str], agenda: pb.GetAgendaResponse) -> list[pb.CallWindow]:
    return [each for each in agenda.windows if each.window_id in window_ids and each.times.HasField("weekly")]
