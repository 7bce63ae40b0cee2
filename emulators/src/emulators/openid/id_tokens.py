"""The ID tokens of the emulated provider, right ones and each kind of wrong one (OpenID Connect Core 1.0, 2 and 3.1.3.6)."""

import base64
import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

ALGORITHM = "RS256"
LIFETIME_S = 300
LONG_AGO_S = 24 * 3600


class OpenIdFault(StrEnum):
    """What the provider can do wrong when a code is fetched: an error, no answer, or an ID token that is not to be believed."""

    UNAVAILABLE = "unavailable"
    HANG = "hang"
    UNREADABLE = "unreadable"
    NO_ID_TOKEN = "no_id_token"  # noqa: S105 - no secret
    OTHER_NONCE = "other_nonce"
    OTHER_AUDIENCE = "other_audience"
    OTHER_ISSUER = "other_issuer"
    OTHER_ACCESS_TOKEN = "other_access_token"  # noqa: S105 - no secret
    EXPIRED = "expired"
    NO_SUBJECT = "no_subject"
    UNSIGNED = "unsigned"
    SIGNED_BY_ANOTHER = "signed_by_another"
    SIGNED_WITH_CLIENT_SECRET = "signed_with_client_secret"  # noqa: S105 - no secret


class Signer:
    """
    Args:
        client_secret: of the one client, for the tokens that are signed with it instead of a key of the provider's.
    """

    def __init__(self, client_secret: str) -> None:
        self._client_secret = client_secret
        self._key = _new_key()

    def rotate(self) -> None:
        """From now on another key signs, and the old one is published no more."""
        self._key = _new_key()

    def published(self) -> Mapping[str, Any]:
        """The JWK Set (RFC 7517)."""
        return KeySet([self._key]).as_dict(private=False)

    def id_token(self, claims: Mapping[str, Any], access_token: str, fault: OpenIdFault | None) -> str:
        """
        Args:
            claims: right ones.
            access_token: that comes along with it.
            fault: what is wrong with it; None, or one that has nothing to do with it: nothing.
        """
        told = {**claims, "at_hash": _half_hash(access_token)}
        match fault:
            case OpenIdFault.OTHER_NONCE:
                told["nonce"] = "another"
            case OpenIdFault.OTHER_AUDIENCE:
                told["aud"] = "another-client"
            case OpenIdFault.OTHER_ISSUER:
                told["iss"] = "https://another.example"
            case OpenIdFault.OTHER_ACCESS_TOKEN:
                told["at_hash"] = _half_hash("another")
            case OpenIdFault.EXPIRED:
                told["exp"] = int(told["exp"]) - LONG_AGO_S
            case OpenIdFault.NO_SUBJECT:
                del told["sub"]
            case OpenIdFault.UNSIGNED:
                return _unsigned(told)
            case OpenIdFault.SIGNED_BY_ANOTHER:
                return jwt.encode({"alg": ALGORITHM, "kid": self._key.kid}, told, _new_key())
            case OpenIdFault.SIGNED_WITH_CLIENT_SECRET:
                return jwt.encode({"alg": "HS256"}, told, OctKey.import_key(self._client_secret))
        return jwt.encode({"alg": ALGORITHM, "kid": self._key.kid}, told, self._key)


def _new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)


def _half_hash(access_token: str) -> str:
    """`at_hash`: the left half of its SHA-256."""
    digest = hashlib.sha256(access_token.encode()).digest()
    return _text(digest[: len(digest) // 2])


def _unsigned(claims: dict[str, Any]) -> str:
    """`alg: none` (RFC 7515, appendix A.5)."""
    header, payload, _ = jwt.encode({"alg": "none"}, claims, OctKey.generate_key(), algorithms=["none"]).split(".")
    return f"{header}.{payload}."


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
