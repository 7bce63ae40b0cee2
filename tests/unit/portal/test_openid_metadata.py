"""What a provider tells of itself, and which of it is relied on."""

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from portal.errors import ProviderFails
from portal.openid_metadata import address_of, is_issuer, keys_of, metadata_of

ISSUER = "https://accounts.example.org"
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": "https://tokens.example.net/token",
    "jwks_uri": f"{ISSUER}/keys",
    "id_token_signing_alg_values_supported": ["RS256"],
    "whatever": {"else": [1]},
}


def failure(document, issuer=ISSUER) -> str:
    with pytest.raises(ProviderFails) as raised:
        metadata_of(document, issuer)
    assert raised.value.reason == "metadata_not_accepted"
    return raised.value.detail


def test_what_every_provider_tells_is_enough():
    told = metadata_of(DOCUMENT, ISSUER)
    assert told.token_endpoint == "https://tokens.example.net/token"
    assert told.algorithms == ("RS256",)
    assert told.client_authentication == "client_secret_basic"
    assert not told.names_itself


def test_the_best_of_what_is_offered_is_taken():
    document = {
        **DOCUMENT,
        "id_token_signing_alg_values_supported": ["none", "HS256", "ES256", "RS256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"],
        "authorization_response_iss_parameter_supported": True,
    }
    told = metadata_of(document, ISSUER)
    assert set(told.algorithms) == {"ES256", "RS256"}
    assert told.client_authentication == "client_secret_post"
    assert told.names_itself


@pytest.mark.parametrize("name", ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_what_is_missing_is_named(name):
    assert failure({key: value for key, value in DOCUMENT.items() if key != name}) == name


@pytest.mark.parametrize("document", [None, [], "text", 1])
def test_what_is_no_object_is_refused(document):
    with pytest.raises(ProviderFails):
        metadata_of(document, ISSUER)


def test_whoever_calls_itself_otherwise_is_another():
    assert failure({**DOCUMENT, "issuer": ISSUER + "/"}) == "issuer"


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_nothing_is_asked_in_clear(name):
    assert failure({**DOCUMENT, name: "http://accounts.example.org/x"}) == name


def test_secrets_that_the_client_has_too_sign_nothing():
    assert failure({**DOCUMENT, "id_token_signing_alg_values_supported": ["none", "HS256"]})


def test_a_client_that_cannot_show_its_secret_is_told():
    offered = {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}
    assert failure({**DOCUMENT, **offered}) == "token_endpoint_auth_methods_supported"


def test_where_a_provider_tells_of_itself():
    assert address_of(ISSUER) == f"{ISSUER}/.well-known/openid-configuration"
    assert address_of(f"{ISSUER}/realms/one/") == f"{ISSUER}/realms/one/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("told", "is_one"),
    [
        (ISSUER, True),
        (f"{ISSUER}/realms/one", True),
        ("http://127.0.0.1:9000", True),
        ("http://accounts.example.org", False),
        (f"{ISSUER}?a=b", False),
        (f"{ISSUER}#a", False),
        ("https://user@accounts.example.org", False),
        ("https://", False),
        ("https://[", False),
        ("accounts.example.org", False),
        ("", False),
    ],
)
def test_what_may_be_an_issuer(told, is_one):
    assert is_issuer(told) is is_one


def test_keys_of_each_kind_are_read_and_secrets_are_not():
    made = [RSAKey.generate_key(2048), ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")]
    published = [key.as_dict(private=False) for key in made]
    published += [OctKey.generate_key(256).as_dict(), {"kty": "of a day to come", "kid": "x"}]
    assert len(keys_of({"keys": published}).keys) == len(made)


@pytest.mark.parametrize("document", [None, {}, {"keys": {}}, {"keys": [1]}, {"keys": [{"kty": "RSA"}]}])
def test_what_is_no_set_of_keys_is_refused(document):
    with pytest.raises(ProviderFails):
        keys_of(document)
