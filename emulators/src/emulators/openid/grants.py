"""What somebody agreed to and the client has not fetched yet: authorization codes, each for one use (RFC 6749, 4.1). Pure."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from emulators.openid.errors import TokenRefused

CODE_LASTS = timedelta(minutes=1)


@dataclass(frozen=True)
class Asked:
    """What the client asked for when it sent a browser here.

    Attributes:
        redirect_uri: where the browser goes back to.
        state, nonce: the client's own, given back to it.
        challenge: SHA-256 of what it will show for the code, base64url (RFC 7636).
    """

    redirect_uri: str
    state: str
    nonce: str
    challenge: str


@dataclass(frozen=True)
class Grant:
    asked: Asked
    subject: str
    until_s: float


@dataclass
class Grants:
    _by_code: dict[str, Grant] = field(default_factory=dict)

    def give(self, asked: Asked, subject: str, now_s: float) -> str:
        """A code for the one who agreed."""
        code = secrets.token_urlsafe()
        self._by_code[code] = Grant(asked, subject, now_s + CODE_LASTS.total_seconds())
        return code

    def take(self, code: str, *, redirect_uri: str, verifier: str, now_s: float) -> Grant:
        """
        Raises:
            TokenRefused: there is no such code, it was used, is too old, or was given to someone else.
        """
        grant = self._by_code.pop(code, None)
        if grant is None or grant.until_s < now_s:
            raise TokenRefused("invalid_grant", "The code is unknown, was used, or is too old.")
        if grant.asked.redirect_uri != redirect_uri:
            raise TokenRefused("invalid_grant", "redirect_uri is not the one that the code was asked for with.")
        if not hmac.compare_digest(grant.asked.challenge, challenge_of(verifier)):
            raise TokenRefused("invalid_grant", "code_verifier does not fit the code_challenge.")
        return grant


def challenge_of(verifier: str) -> str:
    """RFC 7636, 4.2, method S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
