"""The journal benchmark in small: what it measures is there to be measured."""

import os

import pytest

from benchmarks.journal.__main__ import measure_keeping
from benchmarks.journal.house import make_schema, running_journal
from benchmarks.journal.rotation import fill, measure_rotation
from benchmarks.journal.sessions import hold, measure_first_byte, measure_sessions
from benchmarks.journal.sound import segments_of
from benchmarks.servers import Server


@pytest.fixture
async def house(postgres_url, nats_url, tmp_path):
    await make_schema(postgres_url)
    await fill(postgres_url, 250)
    here = os.getpid()
    async with running_journal(Server(postgres_url, here), postgres_url, Server(nats_url, here), tmp_path) as running:
        yield running


@pytest.mark.endurance
async def test_a_journal_keeps_reads_and_rotates(house):
    kept = await hold(house, turns=2, seconds=2, sound=segments_of(2, 6400))
    assert kept.entry_id
    cost = await measure_sessions(house, 2, at_once=2)
    assert cost.journal_cpu_s > 0
    first_byte = await measure_first_byte(house, 1, times=1)
    assert min(first_byte.from_start_ms, first_byte.from_middle_ms) > 0
    rotated = await measure_rotation(house, 250)
    assert rotated.journal_cpu_s > 0


async def test_each_keeps_the_same_segments():
    found = await measure_keeping(6400, rounds=1, segments=40, with_tink=False)
    assert found.tink is None
    for contestant in (found.raw, found.alone, found.many):
        assert len(contestant.stored_us) == len(contestant.sealed_us) == 1
        assert contestant.stored_us > contestant.sealed_us > [0]
