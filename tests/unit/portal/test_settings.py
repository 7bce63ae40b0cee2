"""What the portal is told of the ways to sign in, and what of it cannot be."""

import pytest

from chassis.errors import SettingsError
from chassis.settings import load_settings
from portal.settings import OpenIdSettings

SITE = {
    "DAYBOOK_DATABASE_URL": "postgresql://nobody:hidden@127.0.0.1:1/none",
    "DAYBOOK_PORTAL_URL": "https://journal.example.org/",
}
PROVIDER = {
    "DAYBOOK_OPENID_ISSUER": "https://accounts.example.org/realms/one",
    "DAYBOOK_OPENID_CLIENT_ID": "daybook",
    "DAYBOOK_OPENID_CLIENT_SECRET": "hidden",
}


@pytest.fixture
def settings_of(monkeypatch):
    def read(told):
        for name, value in {**SITE, **told}.items():
            monkeypatch.setenv(name, value)
        return load_settings(OpenIdSettings)

    return read


def test_without_a_provider_people_are_called(settings_of):
    settings = settings_of({})
    assert settings.openid_registration is None
    assert (settings.ways.call, settings.ways.provider) == (True, "")


def test_a_provider_is_known_by_its_host_where_it_has_no_name(settings_of):
    settings = settings_of(PROVIDER)
    assert settings.openid_registration.redirect_uri == "https://journal.example.org/sign-in/account/return"
    assert settings.ways.provider == "accounts.example.org"
    assert settings_of({**PROVIDER, "DAYBOOK_OPENID_NAME": "Example"}).ways.provider == "Example"


@pytest.mark.parametrize("missing", PROVIDER)
def test_what_belongs_together_is_asked_for(settings_of, missing):
    with pytest.raises(SettingsError, match="set all three or none") as raised:
        settings_of({name: value for name, value in PROVIDER.items() if name != missing})
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("issuer", ["http://accounts.example.org", "accounts", "https://accounts.example.org?a=b"])
def test_what_is_no_issuer_is_named(settings_of, issuer):
    with pytest.raises(SettingsError, match="DAYBOOK_OPENID_ISSUER"):
        settings_of({**PROVIDER, "DAYBOOK_OPENID_ISSUER": issuer})


def test_people_can_sign_in_somehow(settings_of):
    off = {"DAYBOOK_SIGN_IN_BY_CALL": "false"}
    with pytest.raises(SettingsError, match="people could not sign in"):
        settings_of(off)
    assert not settings_of({**off, **PROVIDER}).ways.call
