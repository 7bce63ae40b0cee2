from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from window_scheduler.planning import Declined, DueWindow, call_id_of, plan
from window_scheduler.windows import Occurrence, OneOff, Weekly, WindowTimes

PERIOD = timedelta(minutes=5)
DAY = date(2026, 11, 24)
OPENS = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PERSON = UUID(int=1)
DUE = DueWindow(
    window_id=UUID(int=2),
    person_id=PERSON,
    times=WindowTimes(time(9), time(10), Weekly(frozenset(range(1, 8)))),
    time_zone="Europe/Vienna",
    consented=True,
    opted_out=False,
    occurrence=Occurrence(DAY, OPENS, OPENS + timedelta(hours=1)),
)


def planned(now=OPENS, **changes):
    return plan(replace(DUE, **changes), now=now, until=now + PERIOD)


def test_a_window_that_is_open_brings_its_call_and_is_due_again_tomorrow():
    result = planned()
    assert result.call is not None
    assert (result.call.call_id, result.call.occurrence) == (call_id_of(PERSON, DAY), DUE.occurrence)
    assert result.next is not None
    assert result.next.local_day == DAY + timedelta(days=1)
    assert (result.missed, result.declined) == ((), None)


def test_a_one_off_window_is_never_due_again():
    result = planned(times=replace(DUE.times, days=OneOff(DAY)))
    assert result.call is not None
    assert result.next is None


def test_a_window_that_is_over_was_missed():
    result = planned(now=DUE.occurrence.closes_at)
    assert (result.call, result.missed) == (None, (DUE.occurrence,))
    assert result.next is not None
    assert result.next.local_day == DAY + timedelta(days=1)


def test_after_days_away_the_missed_are_told_and_the_open_one_is_called():
    result = planned(now=OPENS + timedelta(days=3))
    assert [each.local_day for each in result.missed] == [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]
    assert result.call is not None
    assert result.call.occurrence.local_day == DAY + timedelta(days=3)


def test_who_is_not_to_be_called_misses_nothing():
    later = OPENS + timedelta(days=3)
    assert planned(now=later, consented=False).declined is Declined.NO_CONSENT
    assert planned(now=later, opted_out=True).declined is Declined.OPTED_OUT
    assert planned(now=later, opted_out=True).missed == ()


def test_without_a_zone_nothing_is_known_and_nothing_is_planned():
    result = planned(time_zone="Europe/Atlantis")
    assert (result.call, result.next, result.declined) == (None, None, Declined.UNKNOWN_TIME_ZONE)


def test_a_call_has_the_same_id_whoever_computes_it():
    assert call_id_of(PERSON, DAY) == UUID("b3528fb4-0bfd-5027-bb6c-02736cfe1ba7")
    assert call_id_of(PERSON, DAY) != call_id_of(PERSON, DAY + timedelta(days=1))


@given(st.integers(0, 20 * 24 * 60), st.booleans(), st.booleans())
def test_every_opening_is_called_missed_or_declined_and_what_follows_lies_ahead(minutes, consented, opted_out):
    now = OPENS - PERIOD + timedelta(minutes=minutes)
    result = planned(now=now, consented=consented, opted_out=opted_out)
    assert all(missed.closes_at <= now for missed in result.missed)
    if result.call is not None:
        assert consented
        assert not opted_out
        assert result.call.occurrence.opens_at <= now + PERIOD
        assert result.call.occurrence.closes_at > now
    assert result.next is not None
    assert result.next.opens_at > now + PERIOD
