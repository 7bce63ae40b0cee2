import pytest
from pydantic import Field, SecretStr

from chassis.errors import SettingsError
from chassis.settings import BusSettings, DatabaseSettings, ServiceSettings, load_settings


class Settings(BusSettings, DatabaseSettings, ServiceSettings):
    account: str = Field(validation_alias="CARRIER_ACCOUNT", description="the carrier's id of the account")


COMPLETE = {
    "DAYBOOK_NATS_URL": "nats://127.0.0.1:4222",
    "DAYBOOK_DATABASE_URL": "postgresql://somebody:hidden@127.0.0.1:5432/daybook",
    "CARRIER_ACCOUNT": "AC1",
}


@pytest.fixture
def environment(monkeypatch):
    """The process's own environment is the edge here: there is no seam behind it to pass a fake through."""

    def use(**variables):
        for name, value in {**COMPLETE, **variables}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)

    return use


def test_they_are_read_by_their_variables(environment):
    environment(DAYBOOK_LOG_LEVEL="debug")
    settings = load_settings(Settings)
    assert (settings.log_level, settings.account, str(settings.nats_url)) == ("debug", "AC1", "nats://127.0.0.1:4222")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"DAYBOOK_NATS_URL": None}, "DAYBOOK_NATS_URL: Field required"),
        ({"DAYBOOK_NATS_URL": "http://127.0.0.1"}, "DAYBOOK_NATS_URL: URL scheme should be 'nats' or 'tls'"),
        ({"DAYBOOK_LOG_LEVEL": "loud"}, "DAYBOOK_LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'"),
        ({"DAYBOOK_HTTP_PORT": "90000"}, "DAYBOOK_HTTP_PORT: Input should be less than or equal to 65535"),
        ({"CARRIER_ACCOUNT": None}, "CARRIER_ACCOUNT: Field required. It is to be: the carrier's id of the account"),
        ({"DAYBOOK_SECRETS_DIR": "/nowhere"}, "DAYBOOK_SECRETS_DIR: there is no such folder"),
    ],
)
def test_a_wrong_one_is_named_with_what_is_expected(environment, wrong, sentence):
    environment(**wrong)
    with pytest.raises(SettingsError) as refused:
        load_settings(Settings)
    assert sentence in str(refused.value)


def test_all_wrong_ones_are_told_at_once(environment):
    environment(DAYBOOK_NATS_URL=None, CARRIER_ACCOUNT=None)
    with pytest.raises(SettingsError) as refused:
        load_settings(Settings)
    assert str(refused.value).count("Field required") == 2


def test_a_refused_value_is_not_repeated(environment):
    environment(DAYBOOK_DATABASE_URL="mysql://somebody:hidden@127.0.0.1/daybook")
    with pytest.raises(SettingsError) as refused:
        load_settings(Settings)
    assert "hidden" not in str(refused.value)
    assert "must be a PostgreSQL address" in str(refused.value)


def test_a_mounted_file_is_read_like_a_variable(environment, tmp_path):
    environment(DAYBOOK_DATABASE_URL=None, DAYBOOK_SECRETS_DIR=str(tmp_path))
    (tmp_path / "DAYBOOK_DATABASE_URL").write_text(COMPLETE["DAYBOOK_DATABASE_URL"])
    assert load_settings(Settings).database_url == SecretStr(COMPLETE["DAYBOOK_DATABASE_URL"])
