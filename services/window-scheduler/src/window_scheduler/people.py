"""People, and what must be true of what they tell about themselves. Pure.

A refused value is described, never repeated (promise 6); for the same reason a person's words stay out of `repr`.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import phonenumbers

from chassis.errors import InvalidInput
from chassis.person_names import checked_name
from chassis.time_zones import checked_time_zone
from window_scheduler.calling_hours import CallingHours

DEFAULT_PROGRAMME = "evening_review"
PROGRAMMES = frozenset({DEFAULT_PROGRAMME, "free", "gratitude"})
"""What a person may choose to be asked: the questions are voice-gateway's (`words/*.toml`), and a test holds the two together."""
_CLOCKS_APART = timedelta(minutes=5)
_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|[0-9]{3}))?")
_TERM = re.compile(r"[A-Za-z0-9._-]{1,64}")
_COSTLY = {phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST}


@dataclass(frozen=True)
class Consent:
    """When a person agreed to be called by an automated voice, to which wording, and how."""

    given_at: datetime
    wording_version: str
    channel: str


@dataclass(frozen=True)
class Profile:
    """What a person tells about themselves.

    Attributes:
        name: as they write it.
        name_pronunciation: as it is to be spoken, where that is not how it is written; else empty.
        phone_number: E.164.
        time_zone: an IANA name.
        locale: BCP 47.
        calling_hours: none where they have chosen none; then the operator's hold.
        consent: none where they have not agreed to be called.
        programme: what they are asked in a call, e.g. `gratitude`; one that this release does not know where a later one kept it.
    """

    name: str = field(repr=False)
    name_pronunciation: str = field(repr=False)
    phone_number: str = field(repr=False)
    time_zone: str
    locale: str
    calling_hours: CallingHours | None
    consent: Consent | None
    programme: str

    @property
    def spoken_name(self) -> str:
        return self.name_pronunciation or self.name


@dataclass(frozen=True)
class Person:
    """Who is called. `opted_out_at` is when they asked not to be, or their number did; none where they have agreed since."""

    person_id: UUID
    profile: Profile
    opted_out_at: datetime | None
    created_at: datetime


def checked_profile(
    *,
    name: str,
    name_pronunciation: str,
    phone_number: str,
    time_zone: str,
    locale: str,
    calling_hours: CallingHours | None,
    consent: Consent | None,
    programme: str,
    now: datetime,
) -> Profile:
    """The profile as it is to be kept: trimmed, and each part in its one spelling. Calling hours and programme come checked.

    Raises:
        InvalidInput: a part cannot be right.
    """
    spelled = checked_name("name", name)
    if not spelled:
        raise InvalidInput("name", "is to be what the person is called; it is empty.")
    return Profile(
        name=spelled,
        name_pronunciation=checked_name("name_pronunciation", name_pronunciation),
        phone_number=checked_phone_number(phone_number),
        time_zone=checked_time_zone(time_zone),
        locale=_checked_locale(locale),
        calling_hours=calling_hours,
        consent=None if consent is None else _checked_consent(consent, now),
        programme=programme,
    )


def programme_of(name: str) -> str:
    """The programme that was chosen; empty: the default. Raises InvalidInput where there is none of that name."""
    if name and name not in PROGRAMMES:
        raise InvalidInput("programme", f"is to be one of {', '.join(sorted(PROGRAMMES))}.")
    return name or DEFAULT_PROGRAMME


def later_opt_out(own: datetime | None, of_number: datetime | None) -> datetime | None:
    """The later of when a person opted out and when their number did, through them or somebody else."""
    return max((at for at in (own, of_number) if at is not None), default=None)


def opted_out_still(opted_out_at: datetime | None, consent: Consent | None) -> datetime | None:
    """When the person opted out, unless they have agreed anew since. An older consent sent again changes nothing."""
    if opted_out_at is not None and consent is not None and consent.given_at > opted_out_at:
        return None
    return opted_out_at


def checked_phone_number(value: str) -> str:
    """The number in E.164.

    It must be possible, not known to be assigned: countries assign new ranges faster than any library learns of them,
    and the carrier has the last word.
    """
    if not value.strip().startswith("+"):
        raise InvalidInput("phone_number", "is to begin with + and the country code, e.g. +43 for Austria.")
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        raise InvalidInput("phone_number", "is to be a + and up to 15 digits, with a country code in use.") from None
    if not phonenumbers.is_possible_number(number):
        raise InvalidInput("phone_number", "has too few or too many digits for its country.")
    if number.extension is not None:
        raise InvalidInput("phone_number", "has an extension, which cannot be dialed; give a direct number.")
    if phonenumbers.number_type(number) in _COSTLY:
        raise InvalidInput("phone_number", "is a premium-rate number, which is never called; give a plain one.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _checked_locale(value: str) -> str:
    parts = _LOCALE.fullmatch(value)
    if parts is None:
        raise InvalidInput("locale", "is to be a BCP 47 tag of a language and where it is spoken, e.g. en-US or de-AT.")
    language, script, region = parts.groups()
    spelled = [language.lower(), script.title() if script else None, region.upper() if region else None]
    return "-".join(part for part in spelled if part)


def _checked_consent(consent: Consent, now: datetime) -> Consent:
    if consent.given_at > now + _CLOCKS_APART:
        raise InvalidInput("consent.given_at", "lies in the future; it is to be when the person agreed.")
    for field_name, value in (("wording_version", consent.wording_version), ("channel", consent.channel)):
        if not _TERM.fullmatch(value):
            raise InvalidInput(
                f"consent.{field_name}", "is to be a short term of letters, digits, dots and dashes, e.g. v1 or portal."
            )
    return consent
