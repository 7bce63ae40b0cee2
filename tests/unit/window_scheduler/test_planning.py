from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from chassis.time_zones import zone_named
from window_scheduler.planning import Decision, DueWindow, StandingCall, call_id_of, plan, settle, why_over
from window_scheduler.windows import Occurrence, OneOff, Weekly, WindowTimes

PERIOD = timedelta(minutes=5)
DAY = date(2026, 11, 24)
OPENS = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PERSON = UUID(int=1)
DUE = DueWindow(
    window_id=UUID(int=2),
    person_id=PERSON,
    times=WindowTimes(time(9), time(10), Weekly(frozenset(range(1, 8)))),
    zone=zone_named("Europe/Vienna"),
    consented=True,
    opted_out=False,
    occurrence=Occurrence(DAY, OPENS, OPENS + timedelta(hours=1)),
    rules_changed=False,
    others={},
)


def planned(now=OPENS, **changes):
    return plan(replace(DUE, **changes), now=now, until=now + PERIOD)


def test_a_window_that_is_open_brings_its_call_and_is_due_again_tomorrow():
    result = planned()
    assert result.call is not None
    assert (result.call.call_id, result.call.occurrence) == (call_id_of(PERSON, DAY), DUE.occurrence)
    assert result.next is not None
    assert result.next.local_day == DAY + timedelta(days=1)
    assert (result.over, result.declined) == ((), None)


def test_a_one_off_window_is_never_due_again():
    result = planned(times=replace(DUE.times, days=OneOff(DAY)))
    assert result.call is not None
    assert result.next is None


def test_a_window_that_is_over_was_missed():
    result = planned(now=DUE.occurrence.closes_at)
    assert (result.call, result.over) == (None, (DUE.occurrence,))
    assert result.next is not None
    assert result.next.local_day == DAY + timedelta(days=1)


def test_after_days_away_the_missed_are_told_and_the_open_one_is_called():
    result = planned(now=OPENS + timedelta(days=3))
    assert [each.local_day for each in result.over] == [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]
    assert result.call is not None
    assert result.call.occurrence.local_day == DAY + timedelta(days=3)


def test_who_is_not_to_be_called_is_declined_whatever_is_over():
    later = OPENS + timedelta(days=3)
    assert planned(now=later, consented=False).declined is Decision.NO_CONSENT
    assert planned(now=later, opted_out=True).declined is Decision.OPTED_OUT
    assert planned(now=later, opted_out=True).call is None


def test_without_a_zone_nothing_is_known_and_nothing_is_planned():
    result = planned(zone=None)
    assert (result.call, result.next, result.declined) == (None, None, Decision.UNKNOWN_TIME_ZONE)


def test_a_call_has_the_same_id_whoever_computes_it():
    assert call_id_of(PERSON, DAY) == UUID("b3528fb4-0bfd-5027-bb6c-02736cfe1ba7")
    assert call_id_of(PERSON, DAY) != call_id_of(PERSON, DAY + timedelta(days=1))


@given(st.integers(0, 20 * 24 * 60), st.booleans(), st.booleans())
def test_every_opening_is_called_missed_or_declined_and_what_follows_lies_ahead(minutes, consented, opted_out):
    now = OPENS - PERIOD + timedelta(minutes=minutes)
    result = planned(now=now, consented=consented, opted_out=opted_out)
    assert all(over.closes_at <= now for over in result.over)
    if result.call is not None:
        assert consented
        assert not opted_out
        assert result.call.occurrence.opens_at <= now + PERIOD
        assert result.call.occurrence.closes_at > now
    assert result.next is not None
    assert result.next.opens_at > now + PERIOD


def at(hour, minute=0):
    """A moment of that day, by Vienna's clocks."""
    return OPENS + timedelta(hours=hour - 9, minutes=minute)


def from_to(starts_at, ends_at):
    return WindowTimes(time.fromisoformat(starts_at), time.fromisoformat(ends_at), Weekly(frozenset(range(1, 8))))


def test_windows_that_overlap_or_touch_are_one_chance_and_others_are_not():
    others = {UUID(int=3): from_to("09:30", "10:30"), UUID(int=4): from_to("10:30", "11:00")}
    call = planned(others={**others, UUID(int=5): from_to("11:01", "12:00")}).call
    assert (call.chance.opens_at, call.chance.closes_at) == (at(9), at(11))
    assert call.chance.window_ids == (UUID(int=2), UUID(int=3), UUID(int=4))
    assert [(other.opens_at, other.closes_at) for other in call.other_chances] == [(at(11, 1), at(12))]


def test_new_rules_of_the_zone_hold_for_the_opening_that_is_due():
    an_hour_off = Occurrence(DAY, OPENS - timedelta(hours=1), OPENS)
    assert planned(occurrence=an_hour_off, rules_changed=True).current == DUE.occurrence
    early = planned(now=at(8), occurrence=an_hour_off, rules_changed=True)
    assert (early.call, early.next) == (None, DUE.occurrence)


STANDING = StandingCall(
    call_id=call_id_of(PERSON, DAY),
    window_id=DUE.window_id,
    not_before=at(9),
    not_after=at(10),
    dialed=False,
    finished=False,
    revision=0,
)


def settled(now=OPENS, others=None, **changes):
    call = planned(now=now, others=others or {}).call
    assert call is not None
    return settle(call, replace(STANDING, **changes), now=now)


def test_the_very_call_that_stands_is_no_news():
    assert settled() is None
    assert settled(dialed=True) is None


def test_a_call_for_both_windows_is_merged():
    others = {UUID(int=3): from_to("09:30", "10:30")}
    assert settled(others=others, window_id=UUID(int=3), not_after=at(10, 30)) is Decision.MERGED


def test_what_was_dialed_is_never_moved():
    assert settled(dialed=True, not_before=at(7), not_after=at(8)) is Decision.CALLED_ALREADY
    assert settled(dialed=True, finished=True, not_before=at(7), not_after=at(8)) is Decision.CALLED_ALREADY


def test_a_call_that_nobody_dialed_moves_to_the_next_chance_once_its_own_is_over():
    assert settled(not_before=at(7), not_after=at(8)) is Decision.MOVED
    assert settled(finished=True) is Decision.MOVED


def test_a_call_whose_own_chance_comes_still_stays_there():
    others = {UUID(int=3): from_to("12:00", "13:00")}
    assert settled(others=others, not_before=at(12), not_after=at(13)) is Decision.CALLED_ALREADY


def test_a_call_whose_own_chance_is_gone_moves():
    assert settled(not_before=at(12), not_after=at(13)) is Decision.MOVED


def test_a_chance_that_has_grown_takes_its_call_along():
    assert settled(others={UUID(int=3): from_to("10:00", "11:00")}) is Decision.MOVED


def test_an_opening_that_is_over_was_missed_by_ticks_that_failed_or_for_want_of_one():
    def why(*ticks, called=False):
        return why_over(DUE.occurrence, called=called, ticks=ticks, period=PERIOD)

    assert why(at(8, 54), at(10)) is Decision.MISSED_NO_TICK
    assert why(at(8, 55)) is Decision.MISSED_TICK_FAILED
    assert why(at(9, 59)) is Decision.MISSED_TICK_FAILED
    assert why(at(9, 30), called=True) is Decision.CALLED_ALREADY
