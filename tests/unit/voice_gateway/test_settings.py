import pytest
from pydantic import ValidationError

from voice_gateway.settings import Settings

RIGHT = {
    "nats_url": "nats://127.0.0.1:4222",
    "TWILIO_AUTH_TOKEN": "t",
    "PUBLIC_URL": "https://calls.example.org/",
    "journal_target": "127.0.0.1:5001",
    "journal_secret": "s" * 32,
    "scheduler_target": "127.0.0.1:5002",
    "GEMINI_API_KEY": "k",
}


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({}, ("enhanced", "default")),
        ({"orchestrator": "standard"}, ("standard", "DAYBOOK_ORCHESTRATOR")),
        ({"USE_ENHANCED_CALLS": "false"}, ("standard", "USE_ENHANCED_CALLS")),
        ({"USE_ENHANCED_CALLS": "true"}, ("enhanced", "USE_ENHANCED_CALLS")),
        ({"USE_ENHANCED_CALLS": "false", "orchestrator": "standard"}, ("standard", "DAYBOOK_ORCHESTRATOR")),
    ],
)
def test_the_orchestrator_and_why(given, chosen):
    assert Settings.model_validate(RIGHT | given).chosen_orchestrator() == chosen


@pytest.mark.parametrize(
    "wrong",
    [
        {"USE_ENHANCED_CALLS": "false", "orchestrator": "enhanced"},
        {"PUBLIC_URL": "calls.example.org"},
        {"PUBLIC_URL": "https://calls.example.org/?a=b"},
        {"journal_target": "http://journal:1"},
        {"TWILIO_AUTH_TOKEN": ""},
        {"journal_secret": "too short"},
        {"GOOGLE_SPEECH_ENDPOINT": "nowhere"},
        {"max_call_s": "3"},
    ],
)
def test_a_wrong_setting_is_refused(wrong):
    with pytest.raises(ValidationError):
        Settings.model_validate(RIGHT | wrong)


def test_the_public_address_has_no_slash_at_its_end():
    assert Settings.model_validate(RIGHT).base_url() == "https://calls.example.org"
    below = RIGHT | {"PUBLIC_URL": "https://example.org/calls/"}
    assert Settings.model_validate(below).base_url() == "https://example.org/calls"


def test_secrets_do_not_show():
    assert "'t'" not in repr(Settings.model_validate(RIGHT))
