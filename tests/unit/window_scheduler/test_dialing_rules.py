from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.time_zones import zone_named
from daybook.scheduler.v1.scheduler_pb2 import DialRefusal
from window_scheduler.calling_hours import CallingHours
from window_scheduler.dialing_rules import Allowed, DialingRules, DialQuestion, Refusal, Refused, may_dial
from window_scheduler.windows import OneOff, Weekly, WindowTimes

OPENS = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # 09:00 in Vienna
CLOSES = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
NOW = OPENS + timedelta(minutes=5)
RULES = DialingRules(CallingHours(time(8), time(21)), dials_a_day=3)
DAILY = Weekly(frozenset(range(1, 8)))
WINDOW, ANOTHER = UUID(int=2), UUID(int=3)
GOOD = DialQuestion(
    local_day=date(2026, 11, 24),
    not_before=OPENS,
    not_after=CLOSES,
    finished=False,
    window_id=WINDOW,
    windows={WINDOW: WindowTimes(time(9), time(11), DAILY)},
    in_quiet_hours=False,
    zone=zone_named("Europe/Vienna"),
    calling_hours=None,
    consented=True,
    opted_out=False,
    dialed_at=(),
)


def answer(now=NOW, rules=RULES, **changes):
    return may_dial(replace(GOOD, **changes), rules, now)


def test_inside_the_window_with_consent_it_is_allowed():
    assert answer() == Allowed()
    assert answer(now=OPENS) == Allowed()


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (Refusal.CALL_FINISHED, {"finished": True}),
        (Refusal.OPTED_OUT, {"opted_out": True}),
        (Refusal.NO_CONSENT, {"consented": False}),
        (Refusal.WINDOW_DELETED, {"windows": {}}),
        (Refusal.UNKNOWN_TIME_ZONE, {"zone": None}),
        (Refusal.WINDOW_CLOSED, {"now": CLOSES}),
        (Refusal.WINDOW_CLOSED, {"not_after": NOW}),
        (Refusal.WINDOW_CLOSED, {"windows": {WINDOW: WindowTimes(time(9), time(11), OneOff(date(2026, 11, 25)))}}),
        (Refusal.WINDOW_CLOSED, {"windows": {WINDOW: WindowTimes(time(8), time(9), DAILY)}}),
        (Refusal.WINDOW_CLOSED, {"windows": {WINDOW: WindowTimes(time(12), time(13), DAILY)}}),
        (Refusal.WINDOW_CLOSED, {"zone": zone_named("America/New_York")}),
        (Refusal.DAILY_CAP, {"dialed_at": (OPENS, OPENS, OPENS)}),
    ],
)
def test_each_rule_forbids_for_good(refusal, changes):
    assert answer(**changes) == Refused(refusal)


def test_before_the_window_it_is_to_be_asked_again_when_it_opens():
    assert answer(now=OPENS - timedelta(seconds=1)) == Refused(Refusal.WINDOW_NOT_OPEN, retry_at=OPENS)


def test_a_window_moved_later_is_not_open_yet():
    later = WindowTimes(time(9, 30), time(11), DAILY)
    assert answer(windows={WINDOW: later}) == Refused(Refusal.WINDOW_NOT_OPEN, retry_at=OPENS + timedelta(minutes=30))


def test_a_window_that_touches_takes_over_what_the_first_has_left():
    both = {WINDOW: WindowTimes(time(9), time(9, 5), DAILY), ANOTHER: WindowTimes(time(9, 5), time(11), DAILY)}
    assert answer(windows=both) == Allowed()
    assert answer(windows={ANOTHER: both[ANOTHER]}) == Allowed()


def test_another_window_that_does_not_overlap_what_was_promised_allows_nothing():
    later = {ANOTHER: WindowTimes(time(11), time(12), DAILY)}
    assert answer(windows=later) == Refused(Refusal.WINDOW_DELETED)


def test_in_quiet_hours_it_waits_for_their_end_inside_the_window():
    rules = DialingRules(CallingHours(time(10), time(21)), dials_a_day=3)
    assert answer(rules=rules) == Refused(Refusal.QUIET_HOURS, retry_at=OPENS + timedelta(hours=1))


def test_quiet_hours_that_outlast_the_window_forbid_for_good():
    assert answer(rules=DialingRules(CallingHours(time(12), time(21)), 3)) == Refused(Refusal.QUIET_HOURS)
    assert answer(rules=DialingRules(CallingHours(time(6), time(9)), 3)) == Refused(Refusal.QUIET_HOURS)


def test_a_persons_own_hours_hold_in_place_of_the_operators():
    assert answer(calling_hours=CallingHours(time(9, 30), time(21))) == Refused(
        Refusal.QUIET_HOURS, retry_at=OPENS + timedelta(minutes=30)
    )
    strict = DialingRules(CallingHours(time(12), time(13)), dials_a_day=3)
    assert answer(rules=strict, calling_hours=CallingHours(time(9), time(9))) == Allowed()


def test_hours_over_midnight_hold_on_both_of_its_sides():
    night = {
        "not_before": OPENS.replace(hour=20),
        "not_after": OPENS.replace(hour=20) + timedelta(hours=8),
        "windows": {WINDOW: WindowTimes(time(21), time(5), DAILY, ends_next_day=True)},
        "calling_hours": CallingHours(time(22), time(2)),
    }
    assert answer(now=OPENS.replace(hour=20), **night) == Refused(Refusal.QUIET_HOURS, retry_at=OPENS.replace(hour=21))
    assert answer(now=OPENS.replace(hour=21), **night) == Allowed()
    assert answer(now=datetime(2026, 11, 25, 0, 59, tzinfo=UTC), **night) == Allowed()
    assert answer(now=datetime(2026, 11, 25, 1, 0, tzinfo=UTC), **night) == Refused(Refusal.QUIET_HOURS)


def test_yesterdays_dials_do_not_count():
    assert answer(dialed_at=(OPENS - timedelta(days=1),) * 5 + (OPENS,) * 2) == Allowed()


@given(
    st.integers(-24 * 60, 24 * 60).map(lambda minutes: OPENS + timedelta(minutes=minutes)),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.lists(st.integers(0, 48).map(lambda hours: OPENS - timedelta(hours=hours)), max_size=6),
)
def test_what_is_allowed_breaks_no_rule(now, consented, opted_out, finished, dialed_at):
    verdict = answer(now=now, consented=consented, opted_out=opted_out, finished=finished, dialed_at=tuple(dialed_at))
    if verdict == Allowed():
        assert OPENS <= now < CLOSES
        assert consented
        assert not opted_out
        assert not finished
    elif verdict.retry_at is not None:
        assert now < verdict.retry_at < CLOSES


def test_every_refusal_has_its_name_in_the_contract():
    named = {name.removeprefix("DIAL_REFUSAL_") for name in DialRefusal.keys()}  # noqa: SIM118 - an enum, no dict
    assert {refusal.name for refusal in Refusal} == named - {"UNSPECIFIED", "UNKNOWN_CALL"}
