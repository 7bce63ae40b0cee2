"""The chart and the settings classes agree: each setting can be set, each variable is known, and what is rendered loads."""

import json
from pathlib import Path

import pytest
import yaml
from chart.programs import CLASSES, SERVICES, environment, files, settings_class, variables
from chart.rendering import CHART, CI_FILES, rendered

from call_dispatcher.retry_policy import RetryPolicy
from chassis.nats_permissions import as_yaml
from chassis.settings import load_settings

NOT_OF_SETTINGS = {"DAYBOOK_SECRETS_DIR", "HOME", "TMPDIR", "GOOGLE_APPLICATION_CREDENTIALS"}
"""What others read: chassis (the folder of secrets), Python, Google's library."""

SETTLED_BY_THE_CHART = {
    "GOOGLE_KMS_ENDPOINT",  # an emulator's, for tests: the chart deploys none
    "USE_ENHANCED_CALLS",  # the first system's name for DAYBOOK_ORCHESTRATOR, which the chart always sets
}

GIVEN = {
    "DAYBOOK_DATABASE_URL": "postgresql://daybook:given@postgresql.example.org:5432/daybook?sslmode=verify-full",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_FROM_NUMBER": "+15005550006",
}
"""What an operator's own Secrets hold, where a text of any kind would not do."""


KEKS = "daybook-kek"
"""The Secret with the key-encryption keys, in every values file of ci/."""


def secrets_mounted(container):
    """The Secrets that a container sees whole or in part as a folder, by where."""
    volumes = {volume["name"]: volume for volume in container.pod.spec.get("volumes") or []}
    return {
        mount["mountPath"]: volumes.get(mount["name"], {}).get("secret", {}).get("secretName")
        for mount in container.spec.get("volumeMounts") or []
    }


def ours(name):
    return [(container, of) for container in rendered(name).containers() if (of := settings_class(container))]


def secrets_of(container, render):
    """The settings that come as files, by name."""
    folder = environment(container).get("DAYBOOK_SECRETS_DIR")
    return {path.name: text for path, text in files(container, render).items() if str(path.parent) == folder}


@pytest.mark.parametrize("name", CI_FILES)
def test_every_variable_is_known_to_its_program(name):
    values = yaml.safe_load(CI_FILES[name].read_text()).values()
    further = {each["name"] for block in values if isinstance(block, dict) for each in block.get("extraEnv") or []}
    for container, of in ours(name):
        unknown = environment(container).keys() - variables(of) - NOT_OF_SETTINGS - further
        assert not unknown, f"{container.name}: nobody reads {unknown}"
        unread = secrets_of(container, rendered(name)).keys() - variables(of)
        assert not unread, (
            f"{container.name}: nobody reads {unread}, and a program is given no secret that it does not need"
        )


@pytest.mark.parametrize("program", SERVICES)
def test_every_setting_can_be_set_from_values(program):
    """Some values file of ci/ sets it: `everything-on` sets all that have a default."""
    known = {variable for (its, _), of in CLASSES.items() if its == program for variable in variables(of)}
    reached = set()
    for name in CI_FILES:
        for container, _ in ours(name):
            if container.program == program:
                reached |= environment(container).keys() | secrets_of(container, rendered(name)).keys()
    assert known - reached - SETTLED_BY_THE_CHART == set()


@pytest.mark.parametrize("name", CI_FILES)
def test_what_is_rendered_loads(name, monkeypatch, tmp_path):
    """Each process reads its settings from its variables and files as it would in the cluster, and finds nothing wrong."""
    for number, (container, of) in enumerate(ours(name)):
        render, folder = rendered(name), tmp_path / str(number)
        folder.mkdir()
        for secret, text in secrets_of(container, render).items():
            (folder / secret).write_text(GIVEN.get(secret, text) if text == "(given)" else text)
        (folder / "mounted").mkdir()
        mounted = files(container, render)
        with monkeypatch.context() as process:
            for variable in variables(of):
                process.delenv(variable, raising=False)
            for variable, value in environment(container).items():
                process.setenv(variable, value or "known in the cluster")
                if value and (text := mounted.get(Path(value))):
                    here = folder / "mounted" / Path(value).name
                    here.write_text(text)
                    process.setenv(variable, str(here))
            process.setenv("DAYBOOK_SECRETS_DIR", str(folder))
            settings = load_settings(of)
        assert settings, container.name


@pytest.mark.parametrize("name", CI_FILES)
def test_every_named_file_is_mounted(name):
    """A setting that names a file (…_FILE), and the folder of secrets itself, name what a volume puts there."""
    for container in rendered(name).containers():
        there = files(container, rendered(name))
        for variable, value in environment(container).items():
            if variable.endswith(("_FILE", "_CREDENTIALS")) and value:
                assert Path(value) in there, f"{container.name}: {variable}={value} is not mounted"
            if variable == "DAYBOOK_SECRETS_DIR":
                assert Path(value) in {path.parent for path in there}, f"{container.name}: {value} is not mounted"


def test_the_schema_of_a_retry_policy_is_the_programs():
    chart = json.loads((CHART / "values.schema.json").read_text())["definitions"]
    policy = _bounds(RetryPolicy.model_json_schema())
    [outcome] = policy.pop("$defs").values()
    policy["properties"]["outcomes"]["additionalProperties"] = {"$ref": "#/definitions/retriedOutcome"}
    # no policy at all is Daybook's own: what the program asks for is asked for of one that says anything
    assert policy.pop("required") == chart["retryPolicy"].pop("dependencies")["jitter"]
    assert (chart["retryPolicy"], chart["retriedOutcome"]) == (policy, outcome)


def _bounds(part):
    """A schema without what is said to people, and without defaults."""
    told = {"title", "description", "default"}
    return {name: _bounds(each) if isinstance(each, dict) else each for name, each in part.items() if name not in told}


def test_only_the_journal_is_given_the_key_encryption_key():
    """Promise 6: only the journal can decrypt."""
    holders = {
        (container.program, *(container.spec.get("args") or []))
        for name in CI_FILES
        for container in rendered(name).containers()
        if KEKS in secrets_mounted(container).values()
    }
    assert holders == {("journal", "serve"), ("journal", "retain")}


@pytest.mark.parametrize("name", CI_FILES)
def test_the_folder_of_key_encryption_keys_is_their_secret(name):
    holders = [each for each in rendered(name).containers() if "DAYBOOK_KEK_FOLDER" in environment(each)]
    assert len(holders) == 2
    for journal in holders:
        assert secrets_mounted(journal)[environment(journal)["DAYBOOK_KEK_FOLDER"]] == KEKS


def test_the_permissions_on_nats_are_those_of_the_code():
    assert (CHART / "files/nats-permissions.yaml").read_text() == as_yaml(), "Run: python -m chassis.nats_permissions"
