import asyncio
import time

import pytest

from emulators.twilio.scaled_time import ScaledTime


def test_a_factor_shortens_waits_and_leaves_the_app_its_ten_seconds():
    scaled = ScaledTime(20)
    assert scaled.network_timeout_s(15) == 10
    assert scaled.network_timeout_s(0.2) == pytest.approx(0.2)
    assert scaled.network_timeout_s(400) == 20
    assert ScaledTime(1).network_timeout_s(15) == 15
    assert scaled.at_least(0.6, real_s=0.1) == 2
    assert ScaledTime(1).at_least(0.6, real_s=0.1) == pytest.approx(0.6)


@pytest.mark.parametrize(("factor", "stands_still"), [(20, True), (1, False)])
async def test_what_is_faster_than_life_stands_still_with_its_process(factor, stands_still):
    scaled = ScaledTime(factor)
    async with scaled.running():
        await asyncio.sleep(0)  # it looks from now on
        before = scaled.now()
        time.sleep(0.3)  # noqa: ASYNC251 - nothing else has a turn
        await scaled.sleep(0.04 * factor)
        passed_s = (scaled.now() - before) / factor
    # how much longer a busy machine takes is not known
    assert (passed_s < 0.3) == stands_still


async def test_who_waits_for_a_moment_waits_on_where_time_stood_still():
    scaled = ScaledTime(20)
    async with scaled.running():
        moment = scaled.now() + 4.0
        waiting = asyncio.create_task(scaled.until(moment))
        await asyncio.sleep(0)
        time.sleep(0.3)  # noqa: ASYNC251 - nothing else has a turn
        await waiting
        assert scaled.now() >= moment
