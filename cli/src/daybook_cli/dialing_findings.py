"""The second question of the troubleshooting page: calls are scheduled, not initiated. Pure."""

from collections.abc import Callable
from datetime import timedelta

from daybook.dispatcher.v1 import dispatcher_pb2 as pb
from daybook_cli.findings import Finding, Question, Severity
from daybook_cli.observations import DISPATCHER, Health, Observations, stalled_workers
from daybook_cli.wording import counted, moment, since, told

WAITED_TOO_LONG = timedelta(minutes=1)
UNKNOWN_TOO_LONG = timedelta(minutes=3)
STILL_GOING_ON = timedelta(hours=1)
RATE_REACHED = 0.9
STALLED_AFTER_S = 60.0
SCHEDULED_CONSUMER = "call-dispatcher-scheduled"
WITHDRAWN_CONSUMER = "call-dispatcher-withdrawn"

FAULTS = {
    "operator": "the account or its settings, which the operator is to mend",
    "person": "the numbers called, which are none that can be called",
    "later": "the numbers called, which cannot be reached for now",
    "blocked": "the networks, which label or block our calls",
    "transient": "a fault on the way",
}

POSTPONED = {
    "quiet_hours": "quiet hours where the person is",
    "window_not_open": "their window is not open yet",
    "window_closed": "their window, as it is booked now, is closed",
    "scheduler_unavailable": "window-scheduler does not say whether they may be made",
}


def dialing_findings(seen: Observations) -> list[Finding]:
    found = _dispatcher(seen)
    found += _consuming(seen)
    if seen.overview is not None:
        found += _undialed(seen, seen.overview.undialed)
    if seen.dials is not None:
        for look in LOOKS:
            found += look(seen, seen.dials)
    return found


def _found(severity: Severity, term: str, sentence: str, next_step: str = "", alert: str = "") -> Finding:
    return Finding(Question.DIALING, severity, term, sentence, next_step, alert)


def _dispatcher(seen: Observations) -> list[Finding]:
    process = seen.process(DISPATCHER)
    if process.health is Health.SILENT or seen.dials is None:
        how = "does not answer" if process.health is Health.SILENT else "lives, and does not answer what it is asked"
        sentence = f"call-dispatcher {how}. Calls are scheduled and never made; those whose window closes meanwhile are missed."
        return [
            _found(Severity.FAILURE, "dispatcher_missing", sentence, seen.look(DISPATCHER), "DaybookDispatcherMissing")
        ]
    stalled = stalled_workers(process.metrics, now=seen.now, within_s=STALLED_AFTER_S)
    if stalled:
        sentence = f"call-dispatcher lives, and of its loops these stand still: {', '.join(stalled)}."
        return [_found(Severity.FAILURE, "dispatcher_stuck", sentence, seen.look(DISPATCHER), "DaybookWorkerStuck")]
    if process.health is not Health.READY:
        what = f"cannot use {', '.join(process.failing)}" if process.failing else "does not say whether it is ready"
        sentence = f"call-dispatcher {what}: calls may be scheduled and not made."
        return [
            _found(
                Severity.WARNING, "dispatcher_not_ready", sentence, seen.look(DISPATCHER), "DaybookDispatcherMissing"
            )
        ]
    return [_found(Severity.OK, "dispatcher", "call-dispatcher is ready.")]


def _consuming(seen: Observations) -> list[Finding]:
    if seen.streams is None or seen.streams.calls is None:
        return []
    consumer = seen.streams.consumers.get(SCHEDULED_CONSUMER)
    if consumer is None:
        sentence = f"call-dispatcher never asked for call.scheduled: NATS has no consumer {SCHEDULED_CONSUMER}."
        return [_found(Severity.WARNING, "not_consuming", sentence, seen.look(DISPATCHER), "DaybookDispatcherMissing")]
    if not consumer.listening and consumer.waiting:
        sentence = f"{counted(consumer.waiting, 'scheduled call')} wait in the stream, and nobody fetches them."
        return [_found(Severity.FAILURE, "not_consuming", sentence, seen.look(DISPATCHER), "DaybookEventsWaiting")]
    withdrawn = seen.streams.consumers.get(WITHDRAWN_CONSUMER)
    if withdrawn is not None and not withdrawn.listening and withdrawn.waiting:
        sentence = (
            f"Withdrawn calls that wait in the stream and nobody fetches: {withdrawn.waiting}. What rings at the carrier, of "
            "people who opted out, rings on."
        )
        return [_found(Severity.FAILURE, "not_withdrawing", sentence, seen.look(DISPATCHER), "DaybookEventsWaiting")]
    return []


def _undialed(seen: Observations, undialed: int) -> list[Finding]:
    if not undialed or seen.overview is None:
        return []
    oldest = moment(seen.overview.oldest_undialed_at)
    if seen.now - oldest <= WAITED_TOO_LONG:
        return []
    sentence = (
        f"{counted(undialed, 'call')} may be made and nobody has asked to dial, the oldest for {told(seen.now - oldest)}: "
        "call-dispatcher does not know of them, or cannot keep up."
    )
    return [_found(Severity.FAILURE, "calls_not_dialed", sentence, seen.look(DISPATCHER), "DaybookCallsNotDialed")]


def _waiting(seen: Observations, dials: pb.GetOverviewResponse) -> list[Finding]:
    sentence = f"{counted(dials.pending, 'call')} pending, {dials.due} of them due now; {dials.live} under way."
    if not dials.due or seen.now - moment(dials.oldest_due_at) <= WAITED_TOO_LONG:
        return [_found(Severity.OK, "pending", sentence)]
    waits = f"{sentence} The oldest has been due for {told(seen.now - moment(dials.oldest_due_at))}."
    if dials.dialed_last_minute >= RATE_REACHED * 60 * dials.calls_per_second:
        sentence = f"{waits} The rate limit is reached: {dials.dialed_last_minute} dials in the last minute."
        step = (
            f"Raise DAYBOOK_CALLS_PER_SECOND ({dials.calls_per_second:g} now) as far as the carrier's account allows, or "
            "spread the windows."
        )
        return [_found(Severity.WARNING, "rate_limit", sentence, step, "DaybookRateLimitSaturated")]
    return [_found(Severity.WARNING, "calls_wait", waits, f"See {seen.logs(DISPATCHER)}.", "DaybookCallsNotDialed")]


def _carrier(seen: Observations, dials: pb.GetOverviewResponse) -> list[Finding]:
    return [_carrier_failure(seen, failure) for failure in dials.failures]


def _carrier_failure(seen: Observations, failure: pb.CarrierFailure) -> Finding:
    last_at = moment(failure.last_at)
    going_on = seen.now - last_at <= STILL_GOING_ON
    code = (
        f"error {failure.error_code}"
        if failure.error_code
        else f"SIP {failure.sip_code}"
        if failure.sip_code
        else "no code"
    )
    did = "refused" if failure.state == "rejected" else "could not bring through"
    cause = FAULTS.get(failure.fault, "a cause that is not known")
    sentence = (
        f"In the last day the carrier {did} {counted(failure.attempts, 'attempt')} ({code}), the newest "
        f"{since(last_at, seen.now)}. The cause is {cause}."
    )
    if failure.fault == "operator":
        severity = Severity.FAILURE if going_on else Severity.WARNING
        step = (
            f"Look {code} up in the carrier's list of errors, and see the account: credentials, verified numbers, geographic "
            "permissions, PUBLIC_URL."
        )
        return _found(severity, "carrier_refuses", sentence, step, "DaybookCarrierRefusing")
    if failure.fault in {"person", "later"}:
        step = "Ask those people for their number: `daybook person change PERSON --phone …`."
        return _found(Severity.INFO, "numbers_unreachable", sentence, step)
    severity = Severity.WARNING if going_on else Severity.INFO
    step = f"See {seen.logs(DISPATCHER)} and the carrier's status page."
    return _found(severity, "carrier_fails", sentence, step, "DaybookCarrierRefusing")


def _account(seen: Observations, dials: pb.GetOverviewResponse) -> list[Finding]:
    if not dials.account_refusals:
        return []
    times = counted(dials.account_refusals, "time")
    sentence = (
        f"The carrier has refused the account {times}, whoever was called, and nobody is dialed but for one call now and then "
        f"that shows whether it still does; the next {_tried(moment(dials.paused_until) - seen.now)}."
    )
    step = (
        "See the account: credentials, the number that calls come from, PUBLIC_URL. Calls go on by themselves once it is "
        "mended."
    )
    return [_found(Severity.FAILURE, "account_refused", sentence, step, "DaybookCarrierAccountRefused")]


def _tried(after: timedelta) -> str:
    return f"in {told(after)}" if after > timedelta(0) else "with the next call that is due"


def _postponed(seen: Observations, dials: pb.GetOverviewResponse) -> list[Finding]:
    found: list[Finding] = []
    for each in dials.postponements:
        why = POSTPONED.get(each.reason, each.reason.replace("_", " "))
        sentence = f"{counted(each.calls, 'waiting call')} put off: {why}."
        if each.reason == "scheduler_unavailable":
            step = seen.look("window-scheduler")
            found.append(_found(Severity.WARNING, each.reason, sentence, step, "DaybookSchedulerMissing"))
        else:
            found.append(_found(Severity.INFO, each.reason, sentence))
    return found


def _unknown(seen: Observations, dials: pb.GetOverviewResponse) -> list[Finding]:
    if not dials.unknown:
        return []
    oldest = moment(dials.oldest_unknown_at)
    if seen.now - oldest <= UNKNOWN_TOO_LONG:
        return []
    sentence = (
        f"{counted(dials.unknown, 'attempt')} with an unknown outcome, the oldest for {told(seen.now - oldest)}: the carrier "
        "has not said whether it took them, and nobody is dialed again on a doubt."
    )
    step = f"See {seen.logs(DISPATCHER)}: the carrier's list of calls is asked every 15 seconds. Are the credentials valid?"
    return [_found(Severity.WARNING, "outcomes_unknown", sentence, step, "DaybookOutcomesUnknown")]


def _outbox(seen: Observations, dials: pb.GetOverviewResponse) -> list[Finding]:
    if not dials.unpublished or seen.streams is not None:
        return []
    sentence = (
        f"{counted(dials.unpublished, 'event')} of call-dispatcher wait for NATS; nobody hears how these calls went on."
    )
    return [_found(Severity.WARNING, "dispatcher_outbox", sentence, "See to NATS first.", "DaybookOutboxGrowing")]


def _endings(_seen: Observations, dials: pb.GetOverviewResponse) -> list[Finding]:
    if not dials.endings:
        return []
    how = ", ".join(f"{each.calls} {each.outcome} ({each.reason})" for each in dials.endings)
    found = [_found(Severity.OK, "endings", f"Calls of the last day ended: {how}.")]
    missed = sum(each.calls for each in dials.endings if each.outcome == "missed")
    if missed:
        sentence = f"{counted(missed, 'call')} of the last day missed: the window closed before anybody was dialed."
        step = "Why one was: `daybook explain PERSON`. Was call-dispatcher away, or the rate limit reached?"
        found.append(_found(Severity.WARNING, "calls_missed", sentence, step, "DaybookWindowsMissed"))
    return found


LOOKS: tuple[Callable[[Observations, pb.GetOverviewResponse], list[Finding]], ...] = (
    _waiting,
    _account,
    _carrier,
    _postponed,
    _unknown,
    _outbox,
    _endings,
)
