"""What an OpenID provider tells of itself, and whether that is to be relied on. Pure.

OpenID Connect Discovery 1.0, 3 and 4.3; RFC 9207 for its name in what it answers a browser.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, KeySet
from pydantic import BaseModel, ValidationError

from portal.errors import ProviderFails

WELL_KNOWN = "/.well-known/openid-configuration"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""By which an ID token may be signed: with a key of the provider's own. Never `none`, and never the secret that the client has
too (RFC 8725, 3.1)."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
KINDS = frozenset({"RSA", "EC", "OKP"})
CLIENT_AUTHENTICATIONS = ("client_secret_basic", "client_secret_post")
"""How the client can show its secret, the best first (OpenID Connect Core 1.0, 9)."""


@dataclass(frozen=True)
class ProviderMetadata:
    """
    Attributes:
        algorithms: by which its ID tokens may be signed, of those that are taken here.
        client_authentication: how it is shown the client's secret.
        names_itself: its answer to a browser says whose it is.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    algorithms: tuple[str, ...]
    client_authentication: str
    names_itself: bool


class _Document(BaseModel):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    id_token_signing_alg_values_supported: list[str]
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False


class _Keys(BaseModel):
    keys: list[dict[str, Any]]


def is_issuer(told: str) -> bool:
    """Whether a provider may be called that (Discovery, 3). In clear only on this machine, where nobody listens between."""
    try:
        parts = urlsplit(told)
        host = parts.hostname or ""
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    return safe and bool(host) and not (parts.query or parts.fragment or parts.username)


def address_of(issuer: str) -> str:
    """Where a provider tells of itself."""
    return issuer.rstrip("/") + WELL_KNOWN


def metadata_of(document: object, issuer: str) -> ProviderMetadata:
    """
    Args:
        document: JSON, as it came.
        issuer: whom it was asked of.

    Raises:
        ProviderFails: it lacks something, is somebody else's, or offers nothing that is safe.
    """
    try:
        told = _Document.model_validate(document)
    except ValidationError as error:
        where = error.errors()[0]["loc"]
        raise ProviderFails("metadata_not_accepted", str(where[0]) if where else "document") from None
    if told.issuer != issuer:
        raise ProviderFails("metadata_not_accepted", "issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if issuer.startswith("https:") and not getattr(told, name).startswith("https://"):
            raise ProviderFails("metadata_not_accepted", name)
    algorithms = tuple(name for name in ALGORITHMS if name in told.id_token_signing_alg_values_supported)
    if not algorithms:
        raise ProviderFails("metadata_not_accepted", "id_token_signing_alg_values_supported")
    offered = told.token_endpoint_auth_methods_supported
    authentication = next((name for name in CLIENT_AUTHENTICATIONS if name in offered), None)
    if authentication is None:
        raise ProviderFails("metadata_not_accepted", "token_endpoint_auth_methods_supported")
    return ProviderMetadata(
        told.issuer,
        told.authorization_endpoint,
        told.token_endpoint,
        told.jwks_uri,
        algorithms,
        authentication,
        told.authorization_response_iss_parameter_supported,
    )


def keys_of(document: object) -> KeySet:
    """The keys by which a provider's ID tokens are checked; of a kind that is not known here, none (RFC 7517, 5).

    Args:
        document: JSON, as it came.

    Raises:
        ProviderFails: it is no JWK Set, or a key in it is none.
    """
    try:
        told = _Keys.model_validate(document)
        return KeySet([JWKRegistry.import_key(key) for key in told.keys if key.get("kty") in KINDS])
    except (ValidationError, JoseError, ValueError, KeyError, TypeError):
        raise ProviderFails("metadata_not_accepted", "jwks") from None
