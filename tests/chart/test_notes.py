"""What `helm install` says at its end: it names what is there, warns of what is not for real, and its commands exist."""

import re

import pytest
import typer.main
from chart.rendering import CHART, CI_FILES, helm, rendered

from daybook_cli.app import app


def notes(name):
    # Helm 4 alone renders them without a cluster
    said = helm(
        "helm4",
        "install",
        "daybook",
        str(CHART),
        "--namespace=daybook",
        "--dry-run=client",
        f"--values={CI_FILES[name]}",
    )
    return said.partition("NOTES:")[2]


@pytest.fixture(params=CI_FILES)
def name(request):
    return request.param


def test_they_tell_three_steps_to_workloads_that_are_there(name):
    said = notes(name)
    assert all(f"\n{step}. " in said for step in (1, 2, 3))
    for kind, called in re.findall(r"\b(deploy|cronjob|secret)/? ?(daybook[a-z-]+)", said):
        assert rendered(name).named({"deploy": "Deployment", "cronjob": "CronJob", "secret": "Secret"}[kind], called), (
            called
        )


def test_they_warn_of_what_is_emulated_and_of_a_key_that_was_made():
    assert "EMULATED" in notes("evaluation")
    assert "KEEP A COPY" in notes("evaluation")
    assert not {"EMULATED", "KEEP A COPY"} & set(re.findall(r"EMULATED|KEEP A COPY", notes("production")))


def test_their_commands_are_commands(name):
    for words in re.findall(r"-- daybook ([a-z-]+(?: [a-z]+)?)", notes(name)):
        command = typer.main.get_command(app)
        for word in words.split():
            command = command.commands[word]
