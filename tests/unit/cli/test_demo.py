from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from daybook_cli.demo import DAY_BEGINS, DAY_ENDS, window_open_now, zone_at_day

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@given(INSTANTS)
def test_it_is_day_somewhere_at_any_hour_of_any_year(now):
    assert DAY_BEGINS <= now.astimezone(zone_at_day(now)).hour < DAY_ENDS


@given(INSTANTS)
def test_the_window_is_open_and_stays_so_for_a_while(now):
    zone = zone_at_day(now)
    times = window_open_now(now, zone)
    local = now.astimezone(zone)
    assert times.one_off.date == local.date().isoformat()
    assert times.starts_at <= f"{local:%H:%M}" < f"{local + timedelta(hours=1):%H:%M}" < times.ends_at
