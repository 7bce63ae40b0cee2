"""Time zones to choose from, each with where it is and how its time is called in words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_name

PLACES = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
"""What the names of places begin with; all other names are old ones of these, or offsets."""


@dataclass(frozen=True)
class ZoneChoice:
    """
    Attributes:
        name: of the IANA database, e.g. Europe/Vienna.
        words: e.g. Austria, Central European Time.
    """

    name: str
    words: str


@lru_cache(maxsize=8)
def zone_choices(locale: Locale) -> Sequence[ZoneChoice]:
    """Every zone of a place, in words of a locale, by name; and UTC."""
    countries = get_global("zone_territories")
    return [ZoneChoice(name, _words(name, countries.get(name), locale)) for name in _names()]


def meant_zone(typed: str) -> str:
    """The name of the zone that was meant: by its name in whatever case, or by its place alone, as long as that is one's only;
    else what was typed.
    """
    wanted = typed.strip().replace(" ", "_").casefold()
    names = [name for name in _names() if wanted in {name.casefold(), name.rpartition("/")[2].casefold()}]
    exact = [name for name in names if name.casefold() == wanted]
    return (exact or names)[0] if len(exact or names) == 1 else typed.strip()


def _words(name: str, country: str | None, locale: Locale) -> str:
    time, where = str(get_timezone_name(name, locale=locale)), locale.territories.get(country or "", "")
    return time if where in time else f"{where}, {time}"


@lru_cache(maxsize=1)
def _names() -> Sequence[str]:
    all_of_them = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return sorted(name for name in all_of_them if name == "UTC" or name.partition("/")[0] in PLACES)
