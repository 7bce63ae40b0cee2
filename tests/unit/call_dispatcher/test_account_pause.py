from datetime import UTC, datetime, timedelta

from call_dispatcher.account_pause import LONGEST_PAUSE, pause_after, paused_for


def test_each_pause_is_twice_the_one_before_and_none_longer_than_five_minutes():
    minutes = [pause_after(refusals) / timedelta(minutes=1) for refusals in range(1, 7)]
    assert minutes == [0.5, 1, 2, 4, 5, 5]
    assert pause_after(1_000_000) == LONGEST_PAUSE


def test_a_pause_lasts_until_it_is_over_and_no_longer_than_any_should_the_clock_be_set_back():
    now = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    assert paused_for(now + timedelta(seconds=30), now) == timedelta(seconds=30)
    assert paused_for(now + LONGEST_PAUSE, now) == LONGEST_PAUSE
    assert paused_for(now, now) is None
    assert paused_for(now + timedelta(hours=1), now) is None
