"""The programs of a benchmark: how one is chosen, and that what it measures is there to be measured."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.tick.daybook import measure
from benchmarks.tick.floor import store
from benchmarks.tick.population import TooFewWindows, fill, make_due
from benchmarks.tick.scan import scan

ROOT = Path(__file__).parents[3]


def bench(*arguments, on=()):
    argv = [*on, sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)


def test_without_a_name_the_benchmarks_are_listed():
    ended = bench()
    assert ended.returncode == 0
    assert "tick" in ended.stdout


def test_an_unknown_name_is_told_with_those_there_are():
    ended = bench("tock")
    assert ended.returncode == 2
    assert (
        ended.stderr
        == "There is no benchmark named tock. There are: calls, dispatch, gap, journal, overload, portal, search, tick.\n"
    )


def test_what_cannot_be_measured_is_told():
    ended = bench("gap", on=("taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))))
    assert ended.returncode == 2
    assert ended.stderr == "Two cores are needed: one for the server, one for the carrier.\n"


async def test_a_tick_finds_stores_and_publishes_all_that_was_made_due(postgres_url, nats_url):
    now = datetime.now(UTC)
    await fill(postgres_url, 1000)
    task = {"database_url": postgres_url, "nats_url": nats_url, "servers": {}, "now": now.isoformat()}
    idle = await measure({**task, "due": 0})
    assert idle["start_cpu_ms"] > idle["look_cpu_ms"] > 0

    await make_due(postgres_url, 100, now=now)
    tick = await measure({**task, "due": 100})
    assert tick["windows"] == 100
    assert 80 <= tick["calls"] <= 100  # two windows of one person bring one call
    assert tick["rows_written"] > 3 * tick["calls"]  # window, call, announcement
    assert (await measure({**task, "due": 100}))["windows"] == 0

    await make_due(postgres_url, 50, now=now)
    assert (await store(task | {"servers": {"postgres": os.getpid()}}))["windows"] == 50

    assert (await scan(task))["looked_at"] == 1000


async def test_more_windows_than_there_are_cannot_be_made_due(postgres_url):
    await fill(postgres_url, 100)
    with pytest.raises(TooFewWindows, match="Take a larger size"):
        await make_due(postgres_url, 101, now=datetime.now(UTC))
