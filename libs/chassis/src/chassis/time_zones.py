"""Time zones by their IANA names: which are taken, what they say, and what to write in place of one that is not. Pure.

The rules come from the package `tzdata` alone, never from the machine's own files: so every process of one release says the same,
and knows which version of the IANA database that is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from chassis.errors import InvalidInput

MEANT = {
    "ACST": "Australia/Adelaide",
    "ADT": "America/Halifax",
    "AEDT": "Australia/Sydney",
    "AEST": "Australia/Sydney",
    "AKST": "America/Anchorage",
    "AMT": "America/Manaus or Asia/Yerevan",
    "ART": "America/Argentina/Buenos_Aires",
    "AST": "America/Halifax or Asia/Riyadh",
    "AWST": "Australia/Perth",
    "BRT": "America/Sao_Paulo",
    "BST": "Europe/London or Asia/Dhaka",
    "CAT": "Africa/Maputo",
    "CDT": "America/Chicago or America/Havana",
    "CEST": "Europe/Paris",
    "CET": "Europe/Paris",
    "CST": "America/Chicago or Asia/Shanghai",
    "CST6CDT": "America/Chicago",
    "EAT": "Africa/Nairobi",
    "ECT": "America/Guayaquil or Europe/Paris",
    "EDT": "America/New_York",
    "EEST": "Europe/Athens",
    "EET": "Europe/Athens",
    "EST": "America/New_York",
    "EST5EDT": "America/New_York",
    "GMT": "Europe/London or Africa/Abidjan",
    "GST": "Asia/Dubai or Atlantic/South_Georgia",
    "HKT": "Asia/Hong_Kong",
    "HST": "Pacific/Honolulu",
    "IST": "Asia/Kolkata, Asia/Jerusalem or Europe/Dublin",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "MDT": "America/Denver",
    "MET": "Europe/Paris",
    "MSK": "Europe/Moscow",
    "MST": "America/Denver, America/Phoenix or Asia/Kuala_Lumpur",
    "MST7MDT": "America/Denver",
    "NST": "America/St_Johns",
    "NZDT": "Pacific/Auckland",
    "NZST": "Pacific/Auckland",
    "PDT": "America/Los_Angeles",
    "PKT": "Asia/Karachi",
    "PST": "America/Los_Angeles or Asia/Manila",
    "PST8PDT": "America/Los_Angeles",
    "SAST": "Africa/Johannesburg",
    "SGT": "Asia/Singapore",
    "SST": "Pacific/Pago_Pago or Asia/Singapore",
    "WAT": "Africa/Lagos",
    "WEST": "Europe/Lisbon",
    "WET": "Europe/Lisbon",
    "WIB": "Asia/Jakarta",
    # as Windows calls them
    "AUS EASTERN STANDARD TIME": "Australia/Sydney",
    "CENTRAL EUROPE STANDARD TIME": "Europe/Budapest",
    "CENTRAL STANDARD TIME": "America/Chicago",
    "CHINA STANDARD TIME": "Asia/Shanghai",
    "EASTERN STANDARD TIME": "America/New_York",
    "GMT STANDARD TIME": "Europe/London",
    "INDIA STANDARD TIME": "Asia/Kolkata",
    "MOUNTAIN STANDARD TIME": "America/Denver",
    "PACIFIC STANDARD TIME": "America/Los_Angeles",
    "ROMANCE STANDARD TIME": "Europe/Paris",
    "TOKYO STANDARD TIME": "Asia/Tokyo",
    "W. EUROPE STANDARD TIME": "Europe/Berlin",
}
"""Abbreviations are no zones: several places share one, and half of them do not say when clocks change."""

_SOME_PLACE = "Europe/Vienna"
_OFFSET = re.compile(r"(?:ETC/)?(?:GMT|UTC|UT|Z)? ?[+-]?[0-9]{1,2}(?::?[0-9]{2})?")


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
    return _rules_of(name)


def zone_or_utc(name: str) -> ZoneInfo:
    """The zone of a name; UTC where there is none of that name, as for who has named no zone yet."""
    return zone_named(name) or UTC_ZONE


def _rules_of(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def _version() -> str:
    with files("tzdata").joinpath("zoneinfo", "tzdata.zi").open(encoding="ascii") as rules:
        return rules.readline().removeprefix("# version ").strip()


INSTALLED = TimeZones(_version(), zone_named)
UTC_ZONE = _rules_of("UTC")


def checked_time_zone(name: str) -> str:
    """The name itself, where it names a zone that a person lives by.

    Raises:
        InvalidInput: as by `checked_zone`.
    """
    checked_zone(name)
    return name


def checked_zone(name: str) -> ZoneInfo:
    """The zone of a name, where that names one that a person lives by.

    `Etc/GMT-2` is a zone of the IANA database and none of these: it knows no clock changes, and its sign is the reverse of what
    people write. Who lives by no clock changes takes UTC, or a place that has none.

    Raises:
        InvalidInput: it does not; the text offers one that may have been meant.
    """
    if _OFFSET.fullmatch(name.strip().upper()):
        raise InvalidInput(
            "time_zone",
            "is an offset, which knows no clock changes and whose sign is read both ways; it is to be the IANA name of a "
            f"place, e.g. {_SOME_PLACE}.",
        )
    zone = zone_named(name)
    if zone is not None:
        return zone
    raise InvalidInput(
        "time_zone", f"is to be the IANA name of a place, which knows its clock changes, e.g. {_suggestion(name)}."
    )


def _suggestion(name: str) -> str:
    meant = MEANT.get(name.strip().upper())
    if meant is not None:
        return meant
    by_lower = {zone.lower(): zone for zone in _names() if "/" in zone and not zone.startswith("Etc/")}
    close = get_close_matches(name.strip().replace(" ", "_").lower()[:64], by_lower, n=1, cutoff=0.7)
    return by_lower[close[0]] if close else _SOME_PLACE


@cache
def _names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())
