"""The tick's loop looks at the clock as cron does: at whole multiples of its period, whenever it was started."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from window_scheduler.repeating import EPOCH, until_next

FIVE_MINUTES = timedelta(minutes=5)


def test_it_waits_for_the_next_whole_period():
    assert until_next(datetime(2026, 11, 24, 9, 3, 20, tzinfo=UTC), FIVE_MINUTES) == timedelta(minutes=1, seconds=40)


def test_on_a_whole_period_it_waits_for_the_one_after():
    assert until_next(datetime(2026, 11, 24, 9, 5, tzinfo=UTC), FIVE_MINUTES) == FIVE_MINUTES


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - aware by `timezones`
    st.timedeltas(timedelta(seconds=1), timedelta(days=1)),
)
def test_it_waits_some_time_and_no_longer_than_a_period(now, period):
    wait = until_next(now, period)
    assert timedelta() < wait <= period
    assert (now + wait - EPOCH) % period == timedelta()
