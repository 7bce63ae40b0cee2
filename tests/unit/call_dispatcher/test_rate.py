from call_dispatcher.rate import CallRate


class Seconds:
    """A monotonic clock that only a sleep moves."""

    def __init__(self) -> None:
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_slots_are_evenly_spaced() -> None:
    seconds = Seconds()
    rate = CallRate(2, now=lambda: seconds.now, sleep=seconds.sleep)
    taken_at = []
    for _ in range(4):
        await rate.take()
        taken_at.append(seconds.now)
    assert taken_at == [0.0, 0.5, 1.0, 1.5]


async def test_idle_time_saves_up_no_burst() -> None:
    seconds = Seconds()
    rate = CallRate(1, now=lambda: seconds.now, sleep=seconds.sleep)
    await rate.take()
    seconds.now = 60.0
    await rate.take()
    assert seconds.now == 60.0
    await rate.take()
    assert seconds.now == 61.0


async def test_a_slot_given_back_is_the_next_one() -> None:
    seconds = Seconds()
    rate = CallRate(1, now=lambda: seconds.now, sleep=seconds.sleep)
    await rate.take()
    rate.give_back()
    await rate.take()
    assert seconds.now == 0.0


async def test_it_is_told_whether_a_slot_had_to_be_waited_for() -> None:
    seconds = Seconds()
    rate = CallRate(2, now=lambda: seconds.now, sleep=seconds.sleep)
    held = [await rate.take(), await rate.take()]
    seconds.now += 10.0
    assert [*held, await rate.take()] == [False, True, False]
