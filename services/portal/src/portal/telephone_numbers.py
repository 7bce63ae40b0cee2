"""A telephone number as somebody types it, and as the telephone network takes it: E.164, with + and its country. Pure."""

from collections.abc import Sequence

import phonenumbers
from babel import Locale
from babel.core import get_global

from chassis.errors import InvalidInput
from portal.languages import Language, marked

FIELD = "number"


def country_of(tags: Sequence[str]) -> str:
    """In which country a number without + is taken to be: that of a browser's first language, or where most speak it.

    Args:
        tags: BCP 47, the best first, as the browser asks for them.

    Returns:
        ISO 3166-1 in two letters; empty where nothing tells.
    """
    if not tags:
        return ""
    language, *more = tags[0].replace("_", "-").split("-")
    named = [part.upper() for part in more if len(part) == len("AT")]
    likely = get_global("likely_subtags").get(language.lower(), "").rpartition("_")[2]
    country = named[-1] if named else likely
    return country if country in phonenumbers.SUPPORTED_REGIONS else ""


def country_told(country: str, language: Language) -> str:
    """A country's name in a language."""
    names: Locale = language.locale
    return str(names.territories.get(country, country))


def e164(typed: str, country: str) -> str:
    """
    Args:
        typed: with + and its country, or as it is dialed within one.
        country: ISO 3166-1, of a number without +; empty where none is known.

    Raises:
        InvalidInput: it can be no number.
    """
    try:
        number = phonenumbers.parse(typed, country or None)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise InvalidInput(
                FIELD, marked("Begin with + and the code of the country, as in +43 660 1234567.")
            ) from None
        raise InvalidInput(
            FIELD, marked("Type a telephone number: digits, with + and the country before them.")
        ) from None
    if not phonenumbers.is_possible_number(number) or number.extension is not None:
        raise InvalidInput(FIELD, marked("This number has too few or too many digits. Type it once more."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
