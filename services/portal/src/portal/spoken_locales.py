"""In which languages calls are held, for whoever chooses theirs. Pure.

The languages are voice-gateway's (`words/*.toml`), and a test holds these to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError

SPOKEN = ("en-US", "en-GB", "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "de-DE", "de-AT", "de-CH")


@dataclass(frozen=True)
class LocaleChoice:
    """
    Attributes:
        tag: BCP 47.
        words: in its own language, as whoever reads that looks for it: Deutsch (Österreich).
        spoken: calls are held in it; else they are in English.
    """

    tag: str
    words: str
    spoken: bool


def locale_choices(own: str) -> Sequence[LocaleChoice]:
    """What is offered; with what somebody has now, should it be another."""
    tags = SPOKEN if own in SPOKEN else (own, *SPOKEN)
    return [locale_choice(tag) for tag in tags]


def locale_choice(tag: str) -> LocaleChoice:
    languages = {each.partition("-")[0] for each in SPOKEN}
    try:
        locale = Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return LocaleChoice(tag, tag, spoken=False)
    words = locale.get_display_name() or tag
    return LocaleChoice(tag, words[:1].upper() + words[1:], spoken=locale.language in languages)
