"""Moments, durations, counts and terms as they are told. Pure."""

from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.time_zones import zone_or_utc


def moment(stamp: Timestamp) -> datetime:
    """A message's moment, aware, UTC."""
    return stamp.ToDatetime(tzinfo=UTC)


def told(length: timedelta) -> str:
    """A duration in one unit, the largest that is not too coarse: 45 s, 12 min, 3 h, 2 days."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 2 * 3600:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"


def since(then: datetime, now: datetime) -> str:
    return f"{told(now - then)} ago"


def span(begin: datetime, end: datetime, time_zone: str) -> str:
    """From when to when by the clocks of a zone. One that ends on another day says so."""
    here = zone_or_utc(time_zone)
    local_begin, local_end = begin.astimezone(here), end.astimezone(here)
    days = (local_end.date() - local_begin.date()).days
    later = f" (+{counted(days, 'day')})" if days else ""
    return f"{local_begin:%H:%M}–{local_end:%H:%M}{later}"  # noqa: RUF001 - an en dash, as clocks are written


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 call, 2 calls."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def outcome_told(name: str) -> str:
    """How a call ended, from its name in daybook.events.v1: CALL_OUTCOME_NO_ANSWER is "no answer"."""
    return name.removeprefix("CALL_OUTCOME_").lower().replace("_", " ")
