"""Time zones by their IANA names: which are taken, what they say, and what to write in place of one that is not. Pure.

The rules come from the package `tzdata` alone, never from the machine's own files: so every process of one release says the same,
and knows which version of the IANA database that is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

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


@dataclass(frozen=True)
class TimeZones:
    """The rules of all zones.

    Attributes:
        version: of the IANA database, e.g. 2026b. A later one sorts after an earlier one.
        named: the zone of an IANA name of a place, or UTC; None where there is none of that name.
    """

    version: str
    named: Callable[[str], ZoneInfo | None]


@lru_cache(maxsize=2048)
def zone_named(name: str) -> ZoneInfo | None:
    """The zone of an IANA name of a place, or UTC, by the rules that are installed; None where there is none of that name."""
    if name not in _names() or not ("/" in name or name == "UTC"):
        return None
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def _version() -> str:
    with files("tzdata").joinpath("zoneinfo", "tzdata.zi").open(encoding="ascii") as rules:
        return rules.readline().removeprefix("# version ").strip()


INSTALLED = TimeZones(_version(), zone_named)


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
    by_lower = {zone.lower(): zone for zone in _names() if "/" in zone}
    close = get_close_matches(name.strip().replace(" ", "_").lower()[:64], by_lower, n=1, cutoff=0.7)
    return by_lower[close[0]] if close else "Europe/Vienna"


@cache
def _names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())
