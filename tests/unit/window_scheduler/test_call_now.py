"""A test call: when it may be had, and when it may be dialed."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from chassis.errors import Conflict
from chassis.time_zones import zone_named
from window_scheduler.call_now import MADE_WITHIN, Asked, UnendedCall, check_call_now
from window_scheduler.calling_hours import CallingHours
from window_scheduler.dialing_rules import Allowed, DialingRules, DialQuestion, Refusal, Refused, may_dial
from window_scheduler.windows import OneOff, WindowTimes

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # 09:00 in Vienna
NIGHT = NOW.replace(hour=21)  # 22:00
RULES = DialingRules(CallingHours(time(8), time(21)), dials_a_day=3)
BEFORE = UUID(int=1)
GOOD = Asked(
    zone=zone_named("Europe/Vienna"),
    calling_hours=None,
    consented=True,
    opted_out=False,
    in_quiet_hours=False,
    unended=(),
    dialed_at=(),
)
DIAL = DialQuestion(
    local_day=date(2026, 11, 24),
    not_before=NOW,
    not_after=NOW + MADE_WITHIN,
    finished=False,
    window_id=None,
    windows={},
    in_quiet_hours=False,
    zone=GOOD.zone,
    calling_hours=None,
    consented=True,
    opted_out=False,
    dialed_at=(),
)


def ask(now=NOW, **changes):
    check_call_now(replace(GOOD, **changes), RULES, now)


def dial(now=NOW, **changes):
    return may_dial(replace(DIAL, **changes), RULES, now)


def test_who_may_be_called_has_one_without_any_window():
    ask()
    assert dial() == Allowed()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"opted_out": True}, r"opted out\. Once they agree anew, .*--consent"),
        ({"consented": False}, r"not consented.*--consent"),
        ({"zone": None}, r"time zone is not known any more.*--zone"),
        ({"now": NIGHT}, r"It is 22:00 where they are.*from 08:00 to 21:00.*in_quiet_hours .*--in-quiet-hours"),
        ({"calling_hours": CallingHours(time(10), time(12))}, r"It is 09:00 where they are.*from 10:00 to 12:00"),
        ({"dialed_at": (NOW - timedelta(hours=1),) * 3}, r"dialed them 3 times today.*DAYBOOK_DIALS_A_DAY.*tomorrow"),
        ({"unended": [UnendedCall(BEFORE, NOW + timedelta(seconds=1), dialed=False)]}, f"{BEFORE}, has not ended"),
        ({"unended": [UnendedCall(BEFORE, NOW - timedelta(hours=1), dialed=True)]}, f"{BEFORE}, has not ended"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(changes, says):
    with pytest.raises(Conflict, match=says):
        ask(**changes)


def test_what_nobody_dialed_in_its_time_holds_up_no_other():
    ask(unended=[UnendedCall(BEFORE, NOW, dialed=False)])


def test_what_was_dialed_yesterday_does_not_count():
    ask(dialed_at=(NOW - timedelta(days=1),) * 3)


def test_who_asks_for_it_in_quiet_hours_is_called_in_them():
    ask(now=NIGHT, in_quiet_hours=True)
    night = {"now": NIGHT, "not_before": NIGHT, "not_after": NIGHT + MADE_WITHIN}
    assert dial(**night, in_quiet_hours=True) == Allowed()
    assert dial(**night) == Refused(Refusal.QUIET_HOURS)


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (Refusal.CALL_FINISHED, {"finished": True}),
        (Refusal.OPTED_OUT, {"opted_out": True}),
        (Refusal.NO_CONSENT, {"consented": False}),
        (Refusal.UNKNOWN_TIME_ZONE, {"zone": None}),
        (Refusal.WINDOW_CLOSED, {"now": NOW + MADE_WITHIN}),
        (Refusal.DAILY_CAP, {"dialed_at": (NOW,) * 3}),
    ],
)
def test_each_rule_but_the_windows_holds_when_it_is_dialed(refusal, changes):
    assert dial(**changes) == Refused(refusal)


def test_a_window_of_the_day_neither_holds_it_up_nor_lets_it_pass():
    tomorrow = {UUID(int=2): WindowTimes(time(9), time(11), OneOff(date(2026, 11, 25)))}
    assert dial(windows=tomorrow) == Allowed()
    today = {UUID(int=2): WindowTimes(time(9), time(11), OneOff(date(2026, 11, 24)))}
    assert dial(windows=today, now=NOW + MADE_WITHIN) == Refused(Refusal.WINDOW_CLOSED)
