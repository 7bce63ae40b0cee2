"""A wrong setting is told by the name of its variable, and a secret never."""

from datetime import timedelta

import pytest

from call_dispatcher.calls import Outcome
from call_dispatcher.settings import Settings
from chassis.errors import SettingsError
from chassis.settings import load_settings

RIGHT = {
    "DAYBOOK_DATABASE_URL": "postgresql://daybook:secret@db:5432/daybook",
    "DAYBOOK_NATS_URL": "nats://nats:4222",
    "DAYBOOK_SCHEDULER_TARGET": "window-scheduler:9090",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "a-secret-token",
    "TWILIO_FROM_NUMBER": "+15005550006",
    "PUBLIC_URL": "https://daybook.example",
}


@pytest.fixture
def environment(monkeypatch):
    for name, value in RIGHT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch.setenv


def test_what_is_right_is_taken(environment) -> None:
    settings = load_settings(Settings)
    assert str(settings.twilio_api_url) == "https://api.twilio.com/"
    assert settings.conversation == "enhanced"
    assert "a-secret-token" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TWILIO_ACCOUNT_SID", "SK123"),
        ("TWILIO_AUTH_TOKEN", ""),
        ("TWILIO_FROM_NUMBER", "0660 1234567"),
        ("TWILIO_API_URL", "ftp://api"),
        ("PUBLIC_URL", "daybook.example"),
        ("DAYBOOK_SCHEDULER_TARGET", "window-scheduler"),
        ("DAYBOOK_CALLS_PER_SECOND", "0"),
        ("DAYBOOK_ORCHESTRATOR", "clever"),
        ("DAYBOOK_MAX_ATTEMPTS", "many"),
        ("DAYBOOK_RETRY_POLICY_FILE", "/nowhere/policy.yaml"),
        ("DAYBOOK_RECONCILE_AFTER_S", "15"),
    ],
)
def test_what_is_wrong_is_told_by_its_name(environment, name, value) -> None:
    environment(name, value)
    with pytest.raises(SettingsError, match=name) as raised:
        load_settings(Settings)
    assert "a-secret-token" not in str(raised.value)


@pytest.mark.parametrize(
    ("variables", "conversation"),
    [
        ({"USE_ENHANCED_CALLS": "false"}, "standard"),
        ({"USE_ENHANCED_CALLS": "true"}, "enhanced"),
        ({"DAYBOOK_ORCHESTRATOR": "standard"}, "standard"),
        ({"DAYBOOK_ORCHESTRATOR": "enhanced", "USE_ENHANCED_CALLS": "false"}, "enhanced"),
    ],
)
def test_the_first_systems_name_for_the_orchestrator_is_understood(environment, variables, conversation) -> None:
    for name, value in variables.items():
        environment(name, value)
    assert load_settings(Settings).conversation == conversation


def test_the_policy_follows_the_settings(environment, tmp_path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("outcomes: {busy: {attempts: 2, delays_s: [60]}}")
    environment("DAYBOOK_RETRY_POLICY_FILE", str(file))
    environment("DAYBOOK_RETRY_SCALE", "0.5")
    environment("DAYBOOK_RECONCILE_AFTER_S", "40")
    patience = load_settings(Settings).patience
    assert patience.retries.delay_after(Outcome.BUSY, 1, "call.1") == timedelta(minutes=1)
    assert patience.retry_scale == 0.5
    assert patience.reconcile_after == timedelta(seconds=40)
