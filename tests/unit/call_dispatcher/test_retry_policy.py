"""The retry policy: what it says, and what is said of a file that is none."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import call_dispatcher
from call_dispatcher.calls import Outcome
from call_dispatcher.retry_policy import RetryPolicy
from call_dispatcher.retry_policy_file import COMES_WITH_DAYBOOK, read_retry_policy

SCHEMA = Path(call_dispatcher.__file__).with_name("retry_policy.schema.json")
POLICY = RetryPolicy.model_validate(
    {"jitter": 0.2, "outcomes": {"busy": {"attempts": 5, "delays_s": [100, 200, 300]}}},
)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "policy.yaml"


@pytest.mark.parametrize(("attempts", "delay_s"), [(1, 100), (2, 200), (3, 300), (4, 300)])
def test_the_last_delay_holds_for_all_that_follow(attempts, delay_s):
    steady = POLICY.model_copy(update={"jitter": 0.0})
    assert steady.delay_after(Outcome.BUSY, attempts, "call.1") == timedelta(seconds=delay_s)


def test_there_is_no_delay_after_the_last_attempt_or_an_outcome_that_is_not_named():
    assert POLICY.delay_after(Outcome.BUSY, 5, "call.5") is None
    assert POLICY.delay_after(Outcome.NO_ANSWER, 1, "call.1") is None
    assert POLICY.delay_after(Outcome.REFLECTED, 1, "call.1") is None


@given(st.uuids(), st.integers(1, 4))
def test_a_delay_is_drawn_by_the_attempt_from_within_the_jitter(call_id, attempts):
    attempt_id = f"{call_id}.{attempts}"
    delay = POLICY.delay_after(Outcome.BUSY, attempts, attempt_id)
    steady_s = min(attempts, 3) * 100
    assert timedelta(seconds=0.8 * steady_s) <= delay <= timedelta(seconds=1.2 * steady_s)
    assert delay == POLICY.delay_after(Outcome.BUSY, attempts, attempt_id)


def test_the_draws_are_spread():
    delays = [POLICY.delay_after(Outcome.BUSY, 1, f"{number}.1").total_seconds() for number in range(1000)]
    for lower in (80, 90, 100, 110):
        assert 150 < sum(lower <= delay < lower + 10 for delay in delays) < 350


def test_a_file_is_read(file):
    file.write_text("outcomes:\n  voicemail: {attempts: 2, delays_s: [900]}\n")
    policy = read_retry_policy(file)
    assert policy.delay_after(Outcome.VOICEMAIL, 1, "call.1") == timedelta(minutes=15)
    assert policy.retried(Outcome.VOICEMAIL)
    assert not policy.retried(Outcome.BUSY)


def test_a_file_may_say_that_nothing_is_tried_again(file):
    file.write_text("outcomes: {}\n")
    assert not any(map(read_retry_policy(file).retried, Outcome))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", r"no retry policy. The file: Input should be"),
        ("- busy", r"no retry policy. The file: Input should be"),
        ("outcomes: [", r"is no YAML: .*line 1"),
        ("outcomes: 2026-99-99", r"is no YAML: month must be in 1..12"),
        ("[" * 5000, r"is no YAML: "),
        ("jitter: 0.1", r"outcomes: Field required\."),
        ("outcomes: {}\nattempts: 3", r"attempts: Extra inputs are not permitted\."),
        ("outcomes: {}\njitter: 0.6", r"jitter: Input should be less than or equal to 0.5\."),
        ("outcomes: {}\njitter: .nan", r"jitter: Input should be a finite number\."),
        ("outcomes: {reflected: {attempts: 2, delays_s: [60]}}", r"outcomes.reflected.*: Input should be .*'busy'"),
        ("outcomes: {busy: {attempts: 0, delays_s: [60]}}", r"outcomes.busy.attempts: Input should be greater than"),
        ("outcomes: {busy: {attempts: 11, delays_s: [60]}}", r"outcomes.busy.attempts: Input should be less than"),
        ("outcomes: {busy: {attempts: 2, delays_s: []}}", r"outcomes.busy.delays_s: Tuple should have at least 1 item"),
        ("outcomes: {busy: {attempts: 2, delays_s: [0]}}", r"outcomes.busy.delays_s.0: Input should be greater than 0"),
        ("outcomes: {busy: {attempts: 2, delays_s: [90000]}}", r"outcomes.busy.delays_s.0: Input should be less than"),
        (
            "outcomes: {busy: {attempts: 2, delays_s: [5m]}}",
            r"outcomes.busy.delays_s.0: Input should be a valid number",
        ),
        ("#" * 70_000, r"is longer than 65536 bytes. Is it the retry policy\?"),
    ],
)
def test_a_file_that_does_not_fit_is_told_with_the_place(file, written, told):
    file.write_text(written)
    with pytest.raises(ValueError, match=told) as refused:
        read_retry_policy(file)
    assert str(refused.value).startswith(str(file))


def test_a_file_that_is_not_there_is_told(file):
    with pytest.raises(ValueError, match=r"policy.yaml cannot be read: No such file or directory. Name a file"):
        read_retry_policy(file)


def test_the_policy_that_comes_with_daybook_names_every_outcome_that_may_be_tried_again():
    retried = {outcome for outcome in Outcome if COMES_WITH_DAYBOOK.retried(outcome)}
    assert retried == {
        Outcome.BUSY,
        Outcome.NO_ANSWER,
        Outcome.FAILED,
        Outcome.VOICEMAIL,
        Outcome.ANSWERED_SILENT,
    }


def test_the_schema_beside_it_is_the_one_that_the_program_prints():
    argv = [sys.executable, "-m", "call_dispatcher", "retry-policy-schema"]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout == SCHEMA.read_text()
