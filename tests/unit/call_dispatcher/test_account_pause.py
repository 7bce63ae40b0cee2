from datetime import timedelta

from call_dispatcher.account_pause import LONGEST_PAUSE, pause_after


def test_each_pause_is_twice_the_one_before_and_none_longer_than_five_minutes():
    minutes = [pause_after(refusals) / timedelta(minutes=1) for refusals in range(1, 7)]
    assert minutes == [0.5, 1, 2, 4, 5, 5]
    assert pause_after(1_000_000) == LONGEST_PAUSE
