"""In which language a page is, and how it writes days and times: English, and what `locales/` has translations into.

Templates and code say it in English, which is the key (gettext). A catalogue is a `.po` file, as translators' programs read it,
and is read when the process starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError, negotiate_locale
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

CATALOGUES = Path(__file__).parent / "locales"
ENGLISH = "en"


def marked(text: str) -> str:
    """The same text, which is translated where it is shown: by `Language.say`, which cannot be looked into for it."""
    return text


@dataclass(frozen=True)
class Language:
    """
    Attributes:
        tag: BCP 47, of the texts: `lang` of a page.
        locale: how numbers, days and times are written: of a country, where the person named one.
    """

    tag: str
    locale: Locale
    texts: NullTranslations

    def say(self, text: str, **named: object) -> str:
        """A sentence in this language, with what it names in its places: `say("You are called at %(at)s.", at=…)`."""
        return self.texts.gettext(text) % named if named else self.texts.gettext(text)

    def say_of(self, number: int, one: str, many: str, **named: object) -> str:
        """The same with the form for a number, which both name as %(num)d: `say_of(2, "%(num)d day", "%(num)d days")`."""
        return self.texts.ngettext(one, many, number) % {"num": number, **named}

    def day(self, day: date) -> str:
        """Tuesday, December 1"""
        weekday = format_date(day, "EEEE", locale=self.locale)
        return f"{weekday}, {format_skeleton('MMMMd', day, locale=self.locale)}"

    def day_of_year(self, day: date) -> str:
        """December 1, 2026"""
        return str(format_date(day, "long", locale=self.locale))

    def month(self, day: date) -> str:
        """December 2026"""
        return str(format_skeleton("yMMMM", day, locale=self.locale))

    def weekday(self, day: date) -> str:
        """Tue"""
        return str(format_date(day, "ccc", locale=self.locale))

    def time(self, at: time) -> str:
        """8:30 PM"""
        return str(format_time(at, "short", locale=self.locale))

    def moment(self, at: datetime, zone: ZoneInfo) -> str:
        """8:30 PM, by the clocks of a zone."""
        return self.time(at.astimezone(zone).time())

    def day_and_time(self, at: datetime, zone: ZoneInfo) -> str:
        """Dec 1, 2026, 8:30 PM, by the clocks of a zone."""
        return str(format_datetime(at, "medium", tzinfo=zone, locale=self.locale))


class Languages:
    """All there are.

    Args:
        catalogues: a folder with `<tag>.po` for each language but English.
    """

    def __init__(self, catalogues: Path = CATALOGUES) -> None:
        self._texts: dict[str, NullTranslations] = {ENGLISH: NullTranslations()}
        for path in sorted(catalogues.glob("*.po")):
            self._texts[path.stem] = _translations(path)

    @property
    def tags(self) -> Sequence[str]:
        return list(self._texts)

    def of(self, *wanted: str) -> Language:
        """The first of these that there is, or English.

        Args:
            wanted: BCP 47 tags, the best first: a person's locale, or what a browser asks for.
        """
        for tag in wanted:
            found = negotiate_locale([tag], self.tags, sep="-")
            if found is not None:
                found = found.lower()  # it comes back as it was asked for
                return Language(found, _locale(tag) or Locale.parse(found), self._texts[found])
        return Language(ENGLISH, Locale.parse(ENGLISH), self._texts[ENGLISH])


def accepted(header: str) -> list[str]:
    """The tags of an Accept-Language header, the best first (RFC 9110, 12.5.4); what cannot be read is passed over."""
    weighed = []
    for part in header.split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(weighed, key=lambda each: each[0]) if tag and weight < 0]


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-")
    except (ValueError, LookupError, UnknownLocaleError):
        return None


def _translations(path: Path) -> Translations:
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=path.stem))
    compiled.seek(0)
    return Translations(compiled)
