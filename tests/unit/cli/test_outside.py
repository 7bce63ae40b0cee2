import pytest

from daybook_cli.errors import CommandError
from daybook_cli.outside import Outside, choose_outside

TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "secret",
    "TWILIO_FROM_NUMBER": "+12025550100",
    "PUBLIC_URL": "https://calls.example.org",
    "PHONE": "+12025550101",
}
OPENID = {
    "DAYBOOK_OPENID_ISSUER": "https://accounts.example.org",
    "DAYBOOK_OPENID_CLIENT_ID": "daybook",
    "DAYBOOK_OPENID_CLIENT_SECRET": "secret",
}


@pytest.mark.parametrize(
    ("environment", "outside"),
    [
        ({}, Outside(twilio=False, google=False, gemini=False, openid=False)),
        ({"PUBLIC_URL": "https://calls.example.org"}, Outside(twilio=False, google=False, gemini=False, openid=False)),
        (TWILIO, Outside(twilio=True, google=False, gemini=False, openid=False)),
        (
            {"GOOGLE_APPLICATION_CREDENTIALS": "key.json"},
            Outside(twilio=False, google=True, gemini=False, openid=False),
        ),
        ({"GEMINI_API_KEY": "key"}, Outside(twilio=False, google=False, gemini=True, openid=False)),
        (OPENID, Outside(twilio=False, google=False, gemini=False, openid=True)),
    ],
)
def test_each_party_is_real_where_its_credentials_are(environment, outside):
    assert choose_outside(environment) == outside


@pytest.mark.parametrize("missing", ["TWILIO_AUTH_TOKEN", "TWILIO_FROM_NUMBER", "PUBLIC_URL", "PHONE"])
def test_half_an_account_is_refused_with_what_is_missing(missing):
    environment = {name: value for name, value in TWILIO.items() if name != missing}
    with pytest.raises(CommandError, match=f"needs {missing} as well"):
        choose_outside(environment)


@pytest.mark.parametrize("missing", OPENID)
def test_half_a_client_is_refused_with_what_is_missing(missing):
    environment = {name: value for name, value in OPENID.items() if name != missing}
    with pytest.raises(CommandError, match=f"needs {missing} as well"):
        choose_outside(environment)
