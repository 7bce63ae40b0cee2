"""The calls that are made now because somebody asked for one: a test call, or one that tells a code for signing in. Pure.

Such a call comes from no window and is not the call of its day: that one is made all the same. Whether it may be dialed is for
`dialing_rules` to say, here as at each dial. So what is promised here is refused then only if it holds no more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.errors import Conflict
from window_scheduler.calling_hours import CallingHours
from window_scheduler.dialing_rules import Allowed, DialingRules, DialQuestion, Refusal, may_dial

MADE_WITHIN = timedelta(minutes=10)
"""A test call."""

_REFUSED: Mapping[Refusal, str] = {
    Refusal.OPTED_OUT: (
        "They, or their number, opted out. Once they agree anew, send that consent by UpdatePerson "
        "(`daybook person change PERSON --consent`)."
    ),
    Refusal.NO_CONSENT: (
        "They have not consented to be called. Once they do, send that consent by UpdatePerson "
        "(`daybook person change PERSON --consent`)."
    ),
    Refusal.UNKNOWN_TIME_ZONE: (
        "Their time zone is not known any more, so nobody knows whether it is night there. Change it by UpdatePerson "
        "(`daybook person change PERSON --zone`)."
    ),
}


@dataclass(frozen=True)
class UnendedCall:
    """A call that was asked for and has no end on record. `dialed`: somebody was allowed to dial it."""

    call_id: UUID
    not_after: datetime
    dialed: bool


@dataclass(frozen=True)
class Asked:
    """Everything that bears on a call that is asked for, as it stands now.

    Attributes:
        zone: the person's; none where it is not known.
        calling_hours: the person's own; none where they have chosen none.
        in_quiet_hours: also in their quiet hours.
        unended: their calls of that kind that have no end on record.
        dialed_at: when calls of that kind dialed them of late; two days back are enough.
    """

    zone: ZoneInfo | None
    calling_hours: CallingHours | None
    consented: bool
    opted_out: bool
    in_quiet_hours: bool
    unended: Sequence[UnendedCall]
    dialed_at: tuple[datetime, ...]


def why_not(asked: Asked, rules: DialingRules, now: datetime) -> Refusal | UnendedCall | None:
    """What forbids a call at `now` (aware, UTC).

    Returns:
        The rule, or the call of its kind that is open still; none where the person may have it.
    """
    question = DialQuestion(
        local_day=now.date(),
        not_before=now,
        not_after=now + timedelta.resolution,  # until when it may be dialed decides nothing: this asks of now alone
        finished=False,
        window_id=None,
        windows={},
        in_quiet_hours=asked.in_quiet_hours,
        zone=asked.zone,
        calling_hours=asked.calling_hours,
        consented=asked.consented,
        opted_out=asked.opted_out,
        dialed_at=asked.dialed_at,
    )
    verdict = may_dial(question, rules, now)
    if not isinstance(verdict, Allowed):
        return verdict.refusal
    # nobody dials any more what was not dialed in its time
    return next((each for each in asked.unended if each.dialed or now < each.not_after), None)


def check_call_now(asked: Asked, rules: DialingRules, now: datetime) -> None:
    """Returns where a person may have a test call at `now` (aware, UTC).

    Raises:
        Conflict: they may not; the text says why, and what to do.
    """
    match why_not(asked, rules, now):
        case Refusal() as refusal:
            raise Conflict(f"No test call for this person. {_why(refusal, asked, rules, now)}")
        case UnendedCall(call_id):
            raise Conflict(
                f"No test call for this person. The one before, {call_id}, has not ended. Wait for its end; "
                "`daybook explain PERSON` tells how it stands."
            )
        case _:
            return


def _why(refusal: Refusal, asked: Asked, rules: DialingRules, now: datetime) -> str:
    match refusal:
        case Refusal.QUIET_HOURS:
            hours = asked.calling_hours or rules.calling_hours
            return (
                f"It is {now.astimezone(asked.zone):%H:%M} where they are, and they may be called from {hours}. Ask for it then; "
                "or, if they agree to be called now, set in_quiet_hours (`daybook call-me-now PERSON --in-quiet-hours`)."
            )
        case Refusal.DAILY_CAP:
            return (
                f"Test calls have dialed them {rules.dials_a_day} times today, and no more are made on one day "
                "(DAYBOOK_DIALS_A_DAY). Ask for it tomorrow."
            )
        case _:
            return _REFUSED[refusal]
