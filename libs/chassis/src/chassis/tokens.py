"""Who calls: short-lived tokens by which a service tells another who it is, and for which person it asks.

They are JSON Web Tokens (RFC 7519) under HMAC-SHA256, with a secret that the caller and the called alone have: a secret for each
caller, so that none can pass for another. The header's `kid` names the caller, and its `typ` (RFC 8725, 3.11) what the token is:
`daybook-service+jwt`, where the caller asks in its own name, or `daybook-person+jwt`, where it asks for the person that `sub`
names. No other algorithm is read, and what the header tells decides nothing but which secret is tried.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import BadSignatureError, ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import GuestProtocol, OctKey
from pydantic import SecretStr

from chassis.clock import Clock
from chassis.errors import Unauthenticated

LIFETIME = timedelta(minutes=5)
LONGEST_LIFETIME = timedelta(minutes=10)
CLOCKS_DIFFER = timedelta(seconds=30)
"""By how much two machines' clocks may."""
SHORTEST_SECRET = 32
"""Characters, as RFC 7518, 3.2 asks of a key for HMAC-SHA256."""

REASONS = (
    *("token_missing", "token_malformed", "token_of_a_stranger", "token_forged", "token_expired"),
    *("token_claims_not_accepted", "token_lives_too_long", "token_of_another_kind"),
)
"""Why a token is not accepted."""

_ALGORITHM = "HS256"
_OF_SERVICE, _OF_PERSON = "daybook-service+jwt", "daybook-person+jwt"


@dataclass(frozen=True)
class Identity:
    """Who calls.

    Attributes:
        caller: the service, e.g. voice-gateway.
        person_id: for whom it asks; None where it asks in its own name.
    """

    caller: str
    person_id: UUID | None = None


class TokenSigner:
    """Makes the tokens of one caller.

    Args:
        caller: the service that this is.
        secret: that it shares with the called, SHORTEST_SECRET characters or more.
        audience: the service that it calls.
    """

    def __init__(self, caller: str, secret: SecretStr, clock: Clock, *, audience: str) -> None:
        self._caller = caller
        self._key = OctKey.import_key(secret.get_secret_value())
        self._clock = clock
        self._audience = audience
        self._kept: tuple[str, datetime] | None = None

    def for_service(self) -> str:
        """A token in the caller's own name; the same for half of its life."""
        now = self._clock.now()
        if self._kept is None or now >= self._kept[1]:
            self._kept = (self._sign(_OF_SERVICE, self._caller), now + LIFETIME / 2)
        return self._kept[0]

    def for_person(self, person_id: UUID) -> Callable[[], str]:
        """Tokens by which the caller asks for a person, a new one each time."""
        return lambda: self._sign(_OF_PERSON, str(person_id))

    def _sign(self, kind: str, subject: str) -> str:
        now_s = int(self._clock.now().timestamp())
        claims = {
            "iss": self._caller,
            "sub": subject,
            "aud": self._audience,
            "iat": now_s,
            "exp": now_s + int(LIFETIME.total_seconds()),
        }
        return jwt.encode({"alg": _ALGORITHM, "typ": kind, "kid": self._caller}, claims, self._key)


class TokenVerifier:
    """Tells who made a token.

    Args:
        secrets: each caller's.
        speak_for_persons: the callers whose word is taken for whom they ask for.
        audience: the service that this is.
    """

    def __init__(
        self, secrets: Mapping[str, SecretStr], clock: Clock, *, speak_for_persons: AbstractSet[str], audience: str
    ) -> None:
        self._keys = {caller: OctKey.import_key(secret.get_secret_value()) for caller, secret in secrets.items()}
        self._speak_for_persons = speak_for_persons
        self._clock = clock
        self._audience = audience

    def identify(self, token: str) -> Identity:
        """
        Raises:
            Unauthenticated: it is none of ours, is not meant for us, or not for now. Its reason is a stable term.
        """
        if not token:
            raise Unauthenticated("token_missing")
        try:
            parsed = jwt.decode(token, self._key_of, algorithms=[_ALGORITHM])
        except BadSignatureError:
            raise Unauthenticated("token_forged") from None
        except (JoseError, ValueError, TypeError):
            raise Unauthenticated("token_malformed") from None
        caller = str(parsed.header["kid"])
        self._check(parsed.claims, caller)
        subject = parsed.claims.get("sub")
        match parsed.header.get("typ"):
            case kind if kind == _OF_SERVICE and subject == caller:
                return Identity(caller)
            case kind if kind == _OF_PERSON and caller in self._speak_for_persons:
                return Identity(caller, _person(subject))
        raise Unauthenticated("token_of_another_kind")

    def _key_of(self, token: GuestProtocol) -> OctKey:
        caller = token.headers().get("kid")
        if not isinstance(caller, str) or caller not in self._keys:
            raise Unauthenticated("token_of_a_stranger")
        return self._keys[caller]

    def _check(self, claims: dict[str, Any], caller: str) -> None:
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=int(CLOCKS_DIFFER.total_seconds()),
            iss={"essential": True, "value": caller},
            aud={"essential": True, "value": self._audience},
            iat={"essential": True},
            exp={"essential": True},
        )
        try:
            registry.validate(claims)
        except ExpiredTokenError:
            raise Unauthenticated("token_expired") from None
        except ClaimError:
            raise Unauthenticated("token_claims_not_accepted") from None
        if not 0 < claims["exp"] - claims["iat"] <= LONGEST_LIFETIME.total_seconds():
            raise Unauthenticated("token_lives_too_long")


def _person(subject: object) -> UUID:
    try:
        return UUID(str(subject))
    except ValueError:
        raise Unauthenticated("token_claims_not_accepted") from None
