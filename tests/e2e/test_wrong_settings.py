"""A wrong setting stops a program at its start, with the name of the variable and what it is to be."""

import subprocess
import sys

import pytest

COMPLETE = {
    "DAYBOOK_DATABASE_URL": "postgresql://nobody:hidden@127.0.0.1:1/none",
    "DAYBOOK_NATS_URL": "nats://127.0.0.1:1",
    "DAYBOOK_KEK_FOLDER": "/nowhere/keks",
    "DAYBOOK_OBJECT_STORE_URL": "memory:///",
    "DAYBOOK_PEOPLE_KEY_FILE": "/nowhere/people",
    "DAYBOOK_SCHEDULER_TARGET": "127.0.0.1:1",
    "DAYBOOK_JOURNAL_TARGET": "127.0.0.1:1",
    **{f"DAYBOOK_{whose}_SECRET": whose * 32 for whose in ("JOURNAL", "VOICE_GATEWAY", "PORTAL", "TOOLBOX")},
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "hidden",
    "TWILIO_FROM_NUMBER": "+15005550006",
    "PUBLIC_URL": "https://calls.example.org",
    "GEMINI_API_KEY": "hidden",
}
MISUSED = 2


def ended(argv, **changed):
    environment = {**COMPLETE, **changed}
    return subprocess.run([sys.executable, "-m", *argv], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("argv", "variable", "value"),
    [
        (["journal", "serve"], "DAYBOOK_OBJECT_STORE_URL", ""),
        (["window_scheduler", "api"], "DAYBOOK_CALLING_HOURS_START", "eight"),
        (["window_scheduler", "tick"], "DAYBOOK_NATS_URL", "http://127.0.0.1"),
        (["call_dispatcher", "serve"], "TWILIO_FROM_NUMBER", "0660 123"),
        (["voice_gateway", "serve"], "DAYBOOK_ORCHESTRATOR", "best"),
        (["emulators.twilio"], "DAYBOOK_EMULATOR_TIME_FACTOR", "-1"),
        (["emulators.google_speech"], "DAYBOOK_EMULATOR_ENGINE", "ears"),
    ],
)
def test_it_is_named(argv, variable, value):
    program = ended(argv, **{variable: value})
    assert program.returncode == MISUSED
    assert variable in program.stderr
    assert "hidden" not in program.stderr
    assert "Traceback" not in program.stderr
