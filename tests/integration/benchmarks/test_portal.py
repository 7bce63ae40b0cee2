"""The portal benchmark in small: what it measures is there to be measured."""

import os

import pytest

from benchmarks.portal.__main__ import read, read_bare
from benchmarks.portal.house import running_portal
from benchmarks.servers import Server


@pytest.mark.endurance
async def test_each_page_is_opened_and_none_fails(postgres_url, nats_url, tmp_path):
    postgres, nats = Server(postgres_url, os.getpid()), Server(nats_url, os.getpid())
    async with running_portal(postgres, postgres_url, nats, tmp_path, 2) as house:
        reading = await read(house, 6, thinks_s=0.1)
    assert set(reading.of_page) == {"today", "windows", "a window", "journal", "an entry", "me"}
    assert reading.failed == 0
    assert reading.cpu_ms_a_page["portal"] > 0


async def test_the_bare_page_is_opened():
    reading = await read_bare(2, 4, thinks_s=0.1)
    assert (set(reading.of_page), reading.failed) == ({"bare"}, 0)
