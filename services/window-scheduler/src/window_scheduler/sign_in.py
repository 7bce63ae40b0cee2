"""Signing in by a code that a call tells: how long, how often, and whether a code is the right one. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest
from uuid import UUID

from chassis.errors import InvalidInput

RIGHT_FOR = timedelta(minutes=10)
"""From when a call is asked for. After that its code is none any more."""
DIALED_WITHIN = timedelta(minutes=5)
"""Whoever asked sits there and waits; and who picks up last hears a code that is of use for some minutes still."""
TRIES = 5
ASKED_FOR_AT_MOST, WITHIN = 3, timedelta(hours=1)
"""So often a call may be asked for by one number, be it anybody's or not, within so long. What is asked beyond is not done."""

DIGITS = 6


class NotCalled(StrEnum):
    """Why no call tells a code, beside the rules of dialing (`dialing_rules.Refusal`). Whoever asked is not told."""

    NOBODY = "nobody"
    SHARED = "shared"
    """Several have the number: who of them it is that picks up, nobody can know."""
    OPEN_ALREADY = "open_already"
    """A call for signing in has told its code, or is to tell a later one, and has not ended."""
    TOO_LATE = "too_late"
    """Nobody decided while a call could have been made."""


@dataclass(frozen=True)
class SignIn:
    """A sign-in as it is kept.

    Attributes:
        asked_at: aware, UTC.
        person_id: whom it signs in; none where no call tells its code.
        told: somebody has pressed a key to hear the code, and it was given out to be told.
    """

    sign_in_id: UUID
    code: str = field(repr=False)
    asked_at: datetime
    tries_left: int
    person_id: UUID | None
    told: bool


@dataclass(frozen=True)
class Checked:
    """What is answered to a code, and how often one may be tried yet. `person_id`: whom it signs in; none where it is wrong."""

    person_id: UUID | None
    tries_left: int


NOT_RIGHT = Checked(person_id=None, tries_left=0)
"""Of a sign-in that there is none of, or none any more."""


def expires_at(asked_at: datetime) -> datetime:
    return asked_at + RIGHT_FOR


def code_of(value: str) -> str:
    """A code as somebody typed it. Raises InvalidInput where it cannot be one."""
    if len(value) != DIGITS or not (value.isascii() and value.isdigit()):
        raise InvalidInput("code", f"is to be {DIGITS} digits, as the call told them.")
    return value


def checked(sign_in: SignIn, code: str, now: datetime) -> Checked:
    """Whether a code is the one that was told. Each try costs one, and the right one all: a code is used once.

    The codes are compared whatever else is known, in a time that tells nothing. Where no call tells the code, and before
    somebody has asked to hear it, none is right: there is nothing to guess at a number that nobody, or a voicemail, answers.
    """
    is_code = compare_digest(code.encode(), sign_in.code.encode())
    if sign_in.tries_left <= 0 or now >= expires_at(sign_in.asked_at):
        return NOT_RIGHT
    if is_code and sign_in.told and sign_in.person_id is not None:
        return Checked(sign_in.person_id, tries_left=0)
    return Checked(person_id=None, tries_left=sign_in.tries_left - 1)
