"""`daybook run`, `up`, `status` and `down`, as a newcomer types them (what `make run` and its kin call)."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import httpx2
import pytest

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def home():
    with TemporaryDirectory(prefix="daybook-run-") as folder:
        yield folder


def surroundings(home, **settings):
    return {
        **os.environ,
        "DAYBOOK_HOME": f"{home}/.daybook",
        "DAYBOOK_VOICES": "wordcode",
        "DAYBOOK_TIME_FACTOR": "10",
        "DAYBOOK_PERSONA": "brief",
        "COLUMNS": "200",
        **settings,
    }


def typed(home, *words, **settings):
    argv = [sys.executable, "-m", "daybook_cli", *words]
    environment = surroundings(home, **settings)
    return subprocess.run(argv, env=environment, cwd=home, capture_output=True, text=True, check=False)


@contextmanager
def begun(home, *words):
    """A command that goes on, and is ended however the test ends."""
    argv = [sys.executable, "-m", "daybook_cli", *words]
    with subprocess.Popen(argv, env=surroundings(home), cwd=home, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)


def assert_a_call_was_shown(said):
    """From its schedule to its entry, and its trace."""
    kinds = [
        "scheduled",
        "dialed",
        "ringing",
        "answered",
        "reflection",
        "daybook",
        "person",
        "verdict",
        "finished",
        "saved",
    ]
    places = [said.index(f"  {kind}") for kind in kinds]
    assert places == sorted(places)
    entry = said[said.index("The journal entry, decrypted by the journal") :]
    assert "I baked bread in the evening." in entry
    assert re.search(r"title +It was a quiet day", entry)
    assert "recording" in entry
    assert re.search(r"\nThe portal: http://127\.0\.0\.1:\d+\n", said)
    for service in ("window-scheduler", "call-dispatcher", "voice-gateway", "journal"):
        assert service in said[said.index("Trace ") :]


@pytest.mark.endurance
def test_run_once_shows_the_call_and_its_entry_and_ends_well(home):
    run = typed(home, "run", "--once", "--trace")
    assert run.returncode == 0, run.stderr
    assert_a_call_was_shown(run.stdout)
    assert "sign-in" not in run.stdout  # it is gone when the run ends


def test_run_shows_the_call_and_lets_the_demo_person_into_the_portal_and_stays_up(home):
    with begun(home, "run", "--trace") as run:
        said = ""
        while "another: " not in said:
            line = run.stdout.readline()
            assert line, said
            said += line
        assert_a_call_was_shown(said)
        link = re.search(r"in the portal: (http://127\.0\.0\.1:\d+/sign-in/link/\S+)\n", said)[1]
        page = httpx2.get(link, trust_env=False)
        assert page.status_code == 200
        again = re.search(r"another: \.venv/bin/daybook (sign-in-link \S+)\n", said)[1].split()
        assert typed(home, *again).stdout.rpartition("/")[0] == link.rpartition("/")[0]
        run.send_signal(signal.SIGINT)
        assert "Stopped." in run.stdout.read()
        assert run.wait() == 0


@pytest.mark.endurance
def test_run_once_fails_where_the_call_does_and_says_why(home):
    run = typed(home, "run", "--once", DAYBOOK_PERSONA="invalid_number")
    assert run.returncode == 1
    assert "The demo call failed: it ended as CALL_OUTCOME_FAILED" in run.stderr
    assert "More in " in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.endurance
def test_run_once_fails_where_a_process_cannot_start_and_names_its_log(home):
    run = typed(home, "run", "--once", DAYBOOK_PERSONA="nobody at all")
    assert run.returncode == 1
    assert "Starting emulator-twilio failed: it ended with status 2" in run.stderr
    assert "emulator-twilio.log" in run.stderr


def test_half_an_account_is_refused_before_anything_starts(home):
    run = typed(home, "run", "--once", TWILIO_ACCOUNT_SID="AC1")
    assert run.returncode == 1
    assert "which needs TWILIO_AUTH_TOKEN, TWILIO_FROM_NUMBER, PUBLIC_URL, PHONE as well" in run.stderr


@pytest.mark.endurance
def test_up_status_and_down_with_a_prometheus(home):
    assert typed(home, "status").returncode == 1
    up = typed(home, "up", "--observe")
    assert up.returncode == 0, up.stderr
    assert "Prometheus: http://127.0.0.1:" in up.stdout
    try:
        again = typed(home, "up")
        assert "Daybook runs here already" in again.stderr
        status = typed(home, "status")
        assert status.returncode == 0, status.stdout
        assert status.stdout.count("ready") == 13
        portal = re.search(r"The portal: (http://127\.0\.0\.1:\d+)\n", up.stdout)[1]
        assert f"The portal: {portal}\n" in status.stdout
        assert "Prometheus: http://127.0.0.1:" in status.stdout
    finally:
        assert typed(home, "down").returncode == 0
    assert "not running" in typed(home, "down").stdout
