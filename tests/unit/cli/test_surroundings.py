import pytest

from daybook_cli.errors import CommandError, NotRunning
from daybook_cli.observations import DISPATCHER, GATEWAY, JOURNAL, PORTAL, SCHEDULER, Place
from daybook_cli.surroundings import find_surroundings

CLUSTER = {
    "DAYBOOK_SCHEDULER_TARGET": "mine-window-scheduler:9090",
    "DAYBOOK_DISPATCHER_TARGET": "mine-call-dispatcher:9090",
    "DAYBOOK_JOURNAL_TARGET": "mine-journal:9090",
    "DAYBOOK_JOURNAL_SECRET": "s" * 32,
    "DAYBOOK_NATS_URL": "nats://mine-nats:4222",
}


@pytest.fixture
def settings(monkeypatch, tmp_path):
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path))

    def set_(**values):
        for name, value in {**CLUSTER, **values}.items():
            monkeypatch.setenv(name, value)

    return set_


def test_in_a_cluster_the_settings_say_where(settings, tmp_path):
    (tmp_path / "DAYBOOK_NATS_PASSWORD").write_text("secret")
    settings(
        DAYBOOK_NATS_USER="toolbox", DAYBOOK_SECRETS_DIR=str(tmp_path), DAYBOOK_JOURNAL_URL="http://elsewhere:8081/"
    )
    found = find_surroundings()
    assert found.place is Place.CLUSTER
    assert found.targets[DISPATCHER] == "mine-call-dispatcher:9090"
    assert found.fullname == "mine"
    assert found.http == {
        SCHEDULER: "http://mine-window-scheduler:8080",
        DISPATCHER: "http://mine-call-dispatcher:8080",
        JOURNAL: "http://elsewhere:8081",
        GATEWAY: "http://mine-voice-gateway:8000",
    }
    settings(DAYBOOK_PORTAL_HEALTH_URL="http://mine-portal:8080/")
    assert find_surroundings().http[PORTAL] == "http://mine-portal:8080"
    assert (found.nats.user, found.nats.password.get_secret_value()) == ("toolbox", "secret")
    assert found.prometheus_url == ""


def test_who_changes_something_at_nats_is_another_user(settings):
    settings(DAYBOOK_NATS_USER="toolbox", DAYBOOK_NATS_PASSWORD="secret")
    assert find_surroundings().nats_operator is None
    settings(DAYBOOK_NATS_OPERATOR_PASSWORD="another")
    found = find_surroundings()
    assert (found.nats.user, found.nats.password.get_secret_value()) == ("toolbox", "secret")
    assert (found.nats_operator.user, found.nats_operator.password.get_secret_value()) == ("operator", "another")
    assert found.nats_operator.url == found.nats.url


def test_a_nats_that_asks_nobody_does_not_ask_the_operator_either(settings):
    settings()
    found = find_surroundings()
    assert found.nats_operator == found.nats


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"DAYBOOK_DISPATCHER_TARGET": "nowhere"}, "DAYBOOK_DISPATCHER_TARGET"),
        ({"DAYBOOK_NATS_URL": "http://mine-nats"}, "DAYBOOK_NATS_URL"),
        ({"DAYBOOK_OUTSIDE": "imagined"}, "DAYBOOK_OUTSIDE"),
    ],
)
def test_a_wrong_setting_is_named(settings, values, named):
    settings(**values)
    with pytest.raises(CommandError, match=named):
        find_surroundings()


def test_where_none_is_named_and_none_runs_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path))
    with pytest.raises(NotRunning, match="make up"):
        find_surroundings()
