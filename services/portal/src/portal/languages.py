"""What a page says in a language, and how it writes days and times. Pure.

Templates and code say it in English, which is the key (gettext); `catalogues` has which languages there are.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.support import NullTranslations


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
