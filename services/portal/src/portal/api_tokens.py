"""Tokens by which a person's programs ask for them: what they look like, what they may, and whether they hold. Pure.

A token is 32 random bytes; what the database has of it is its SHA-256. By its beginning a scanner for
leaked secrets knows it.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.errors import InvalidInput
from portal.browser_sessions import fingerprint_of, new_token
from portal.languages import marked

PREFIX = "daybook_"
LONGEST_NAME = 100
MOST_TOKENS = 50
"""Of one person."""
USED_AGAIN_AFTER = timedelta(minutes=5)
"""A token that was used so lately is not noted as used anew."""


class Scope(StrEnum):
    """What a token may: look at everything of its person, or change it too."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True)
class ApiToken:
    """
    Attributes:
        fingerprint: of the token.
        name: by which the person knows it.
        ends_at: from when on it does not hold; None: it holds until it is taken back.
        used_at: more or less when it was last used (USED_AGAIN_AFTER); None: never.
    """

    token_id: UUID
    fingerprint: bytes
    person_id: UUID
    name: str = field(repr=False)
    scope: Scope
    created_at: datetime
    ends_at: datetime | None
    used_at: datetime | None

    def holds(self, now: datetime) -> bool:
        return self.ends_at is None or now < self.ends_at

    def is_to_be_noted(self, now: datetime) -> bool:
        """Whether its use is to be noted anew."""
        return self.used_at is None or now - self.used_at >= USED_AGAIN_AFTER


@dataclass(frozen=True)
class NewApiToken:
    """
    Attributes:
        text: as a program shows it; it is told once.
        fingerprint: what the database knows of it.
    """

    text: str = field(repr=False)
    fingerprint: bytes


def new_api_token() -> NewApiToken:
    token = new_token()
    return NewApiToken(PREFIX + token.text, token.fingerprint)


def api_fingerprint_of(text: str) -> bytes | None:
    """The fingerprint of what a program showed; None where it can be no token."""
    return fingerprint_of(text.removeprefix(PREFIX)) if text.startswith(PREFIX) else None


def token_name(typed: str) -> str:
    """
    Raises:
        InvalidInput: it cannot be a name.
    """
    name = typed.strip()
    if not 0 < len(name) <= LONGEST_NAME or any(unicodedata.category(each)[0] == "C" for each in name):
        raise InvalidInput("name", marked("Give it a name of one line, with at most 100 characters."))
    return name


def scope_of(chosen: str) -> Scope:
    """
    Raises:
        InvalidInput: it is none.
    """
    try:
        return Scope(chosen)
    except ValueError:
        raise InvalidInput("scope", marked("Choose one of those that are offered.")) from None


def end_of(last_day: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When a token ends whose last day was typed; None where none was.

    Args:
        last_day: ISO 8601; the token holds until this day is over.
        zone: by whose clocks.
        now: aware.

    Raises:
        InvalidInput: it is no day, or is over.
    """
    if not last_day.strip():
        return None
    try:
        ends_at = datetime.combine(date.fromisoformat(last_day.strip()) + timedelta(days=1), time(), tzinfo=zone)
    except (ValueError, OverflowError):
        raise InvalidInput(
            "last_day", marked("Choose a day, or write it as year, month and day, for example 2026-11-24.")
        ) from None
    if ends_at <= now:
        raise InvalidInput("last_day", marked("This day is over already. Take today or a later one."))
    return ends_at
