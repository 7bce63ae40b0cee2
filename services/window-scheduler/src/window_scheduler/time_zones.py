"""Time zones by their IANA names: which are taken, and what to write in place of one that is not. Pure."""

from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from chassis.errors import InvalidInput

_MEANT = {
    "AEDT": "Australia/Sydney",
    "AEST": "Australia/Sydney",
    "BST": "Europe/London",
    "CDT": "America/Chicago",
    "CEST": "Europe/Paris",
    "CET": "Europe/Paris",
    "CST": "America/Chicago",
    "EDT": "America/New_York",
    "EET": "Europe/Helsinki",
    "EST": "America/New_York",
    "EST5EDT": "America/New_York",
    "GMT": "Europe/London",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "MDT": "America/Denver",
    "MST": "America/Denver",
    "PDT": "America/Los_Angeles",
    "PST": "America/Los_Angeles",
    "WET": "Europe/Lisbon",
}
"""Abbreviations are no zones: several places share one, and half of them do not say when clocks change."""


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of an IANA name of a place, or UTC; None where there is none of that name."""
    if name != "UTC" and ("/" not in name or name.startswith(("posix/", "right/"))):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def checked_time_zone(name: str) -> str:
    """The name itself, where it names a zone.

    Raises:
        InvalidInput: it does not; the text offers one that may have been meant.
    """
    if zone_named(name) is not None:
        return name
    raise InvalidInput(
        "time_zone", f"is to be the IANA name of a place, which knows its clock changes, e.g. {_suggestion(name)}."
    )


def _suggestion(name: str) -> str:
    by_abbreviation = _MEANT.get(name.upper())
    if by_abbreviation is not None:
        return by_abbreviation
    by_lower = {zone.lower(): zone for zone in _places()}
    close = get_close_matches(name.strip().replace(" ", "_").lower()[:64], by_lower, n=1, cutoff=0.7)
    return by_lower[close[0]] if close else "Europe/Vienna"


@cache
def _places() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if "/" in name)
