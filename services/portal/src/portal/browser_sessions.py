"""Who is signed in, in which browser: the tokens of a session, and how long it lasts. Pure.

A session's token is 32 random bytes, in a cookie alone; what the database has of it is its SHA-256, so that who reads that
cannot sign in. A form carries another token, which follows from the first one and by which that cannot be found
(OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Signed Double-Submit Cookie").
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

TOKEN_BYTES = 32
SEEN_AGAIN_AFTER = timedelta(minutes=5)
"""A session that was seen so lately is not noted as seen anew: a page has several requests."""
_FORMS = b"daybook/portal/forms/v1"


@dataclass(frozen=True)
class Lifetimes:
    """How long a session lasts: without a request, and in all."""

    idle: timedelta
    whole: timedelta


@dataclass(frozen=True)
class BrowserSession:
    """
    Attributes:
        fingerprint: of its token.
        person_id: who is signed in.
        seen_at: when its last request came, more or less (SEEN_AGAIN_AFTER).
        locale: BCP 47, in which they read.
    """

    fingerprint: bytes
    person_id: UUID
    created_at: datetime
    seen_at: datetime
    locale: str

    def lasts_until(self, lifetimes: Lifetimes) -> datetime:
        return min(self.seen_at + lifetimes.idle, self.created_at + lifetimes.whole)


@dataclass(frozen=True)
class NewToken:
    """
    Attributes:
        text: as it stands in a cookie or a link: 43 characters of base64url.
        fingerprint: what the database knows of it.
    """

    text: str = field(repr=False)
    fingerprint: bytes


def new_token() -> NewToken:
    content = secrets.token_bytes(TOKEN_BYTES)
    return NewToken(_text(content), hashlib.sha256(content).digest())


def fingerprint_of(token: str) -> bytes | None:
    """The fingerprint of a token that came from a browser; None where it can be none."""
    content = _content(token)
    return None if content is None else hashlib.sha256(content).digest()


def form_token(token: str) -> str:
    """What the forms of a session carry."""
    return _text(hmac.digest((_content(token) or b""), _FORMS, hashlib.sha256))


def is_form_token(expected: str, told: str) -> bool:
    """Whether a form carried what the forms of a session carry."""
    return hmac.compare_digest(expected.encode(), told.encode())


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _content(token: str) -> bytes | None:
    try:
        content = base64.urlsafe_b64decode(f"{token}=")
    except (binascii.Error, ValueError):
        return None
    return content if len(content) == TOKEN_BYTES else None
