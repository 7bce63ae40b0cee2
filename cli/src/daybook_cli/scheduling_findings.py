"""The first question of the troubleshooting page: no calls are being scheduled. Pure."""

from datetime import datetime, timedelta

from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook_cli.findings import Finding, Question, Severity
from daybook_cli.observations import SCHEDULER, CronJob, Health, Observations, Place
from daybook_cli.wording import counted, moment, since, told

PERIODS_UNTIL_MISSING = 2
TICK_TAKES_AT_MOST = timedelta(minutes=2)
ANNOUNCED_WITHIN = timedelta(minutes=1)
WITHOUT_TICK = "Without the tick no calls are scheduled."

STANDINGS = {
    pb.WINDOW_STANDING_CALLED: "with today's call",
    pb.WINDOW_STANDING_CALLED_BY_ANOTHER: "whose day has its call from another window",
    pb.WINDOW_STANDING_OPTED_OUT: "of people who opted out",
    pb.WINDOW_STANDING_NO_CONSENT: "of people without consent",
    pb.WINDOW_STANDING_UNKNOWN_TIME_ZONE: "of people whose time zone is not known",
    pb.WINDOW_STANDING_DUE: "for the next tick",
    pb.WINDOW_STANDING_PASSED_BY: "without a call, which something that has changed since forbade",
}


def scheduling_findings(seen: Observations) -> list[Finding]:
    overview = seen.overview
    if overview is None:
        return [_scheduler_missing(seen), *_cron_job(seen, overdue=False)]
    tick = _tick(seen, overview)
    return [
        *_not_ready(seen),
        *tick,
        *_cron_job(seen, overdue=any(each.severity is Severity.FAILURE for each in tick)),
        *_people(overview.people),
        *_windows(seen, overview),
        *_announcements(seen, overview),
    ]


def _found(severity: Severity, term: str, sentence: str, next_step: str = "", alert: str = "") -> Finding:
    return Finding(Question.SCHEDULING, severity, term, sentence, next_step, alert)


def _scheduler_missing(seen: Observations) -> Finding:
    health = seen.process(SCHEDULER).health
    how = "does not answer" if health is Health.SILENT else "lives, and does not answer what it is asked"
    sentence = (
        f"window-scheduler (api) {how}. No dial is allowed without it, so scheduled calls are not made; nobody can be added or "
        "changed, and whether the tick runs cannot be asked."
    )
    return _found(Severity.FAILURE, "scheduler_missing", sentence, seen.look(SCHEDULER), "DaybookSchedulerMissing")


def _not_ready(seen: Observations) -> list[Finding]:
    process = seen.process(SCHEDULER)
    if process.health is Health.READY:
        return []
    what = (
        f"says that it cannot use {', '.join(process.failing)}"
        if process.failing
        else "does not say whether it is ready"
    )
    return [_found(Severity.WARNING, "scheduler_not_ready", f"window-scheduler (api) {what}.", seen.look(SCHEDULER))]


def _tick(seen: Observations, overview: pb.GetOverviewResponse) -> list[Finding]:
    period = timedelta(seconds=overview.tick_period_s)
    step = _tick_step(seen)
    if not overview.HasField("last_tick"):
        if overview.HasField("tick_began_at"):
            return [_unended(seen, moment(overview.tick_began_at))]
        if _just_started(seen, period):
            sentence = f"No tick has run yet; the first is due within {told(period)} of the start."
            return [
                _found(
                    Severity.INFO, "tick_awaited", sentence, "Or run one now: `daybook tick`." if _local(seen) else ""
                )
            ]
        return [
            _found(Severity.FAILURE, "tick_missing", f"No tick ever ran. {WITHOUT_TICK}", step, "DaybookTickMissing")
        ]
    last = overview.last_tick
    ended = moment(last.finished_at)
    if seen.now - ended > PERIODS_UNTIL_MISSING * period and not _just_started(seen, period):
        sentence = (
            f"The tick last succeeded {since(ended, seen.now)}, and is to run every {told(period)}. {WITHOUT_TICK}"
        )
        return [_found(Severity.FAILURE, "tick_missing", sentence, step, "DaybookTickMissing")]
    took = told(ended - moment(last.started_at))
    sentence = (
        f"The tick last succeeded {since(ended, seen.now)}, and took {took}: of {counted(last.found, 'due window')} it scheduled "
        f"{last.scheduled}, declined {last.declined} and found {last.missed} missed."
    )
    found = [_found(Severity.OK, "tick", sentence)]
    began = moment(overview.tick_began_at)
    if began > moment(last.started_at) and seen.now - began > TICK_TAKES_AT_MOST:
        found.append(_unended(seen, began))
    if last.missed:
        sentence = (
            f"The last tick found {counted(last.missed, 'window')} that had opened and closed before anybody looked."
        )
        step = "See when the ticks before it ran, and why not earlier: a tick that comes late misses short windows."
        found.append(_found(Severity.WARNING, "windows_missed", sentence, step, "DaybookWindowsMissed"))
    return found


def _unended(seen: Observations, began: datetime) -> Finding:
    sentence = (
        f"A tick began {since(began, seen.now)} and has not reached its end: it hangs, was killed, or NATS did not confirm. "
        "What it has scheduled is kept; what it has not waits for the next."
    )
    step = (
        "See `daybook logs window-scheduler-tick`." if _local(seen) else f"See {_jobs(seen)} and the log of the newest."
    )
    return _found(Severity.FAILURE, "tick_failing", sentence, step, "DaybookTickFailing")


def _tick_step(seen: Observations) -> str:
    if _local(seen):
        return "Run one: `daybook tick`. `daybook up` ticks by itself: see `daybook logs supervisor`, or `daybook down` and `up`."
    return f"See `kubectl get cronjob {seen.fullname}-window-scheduler-tick` and {_jobs(seen)}."


def _jobs(seen: Observations) -> str:
    return f"`kubectl get jobs -l app.kubernetes.io/component=window-scheduler-tick` of {seen.fullname}"


def _local(seen: Observations) -> bool:
    return seen.place is Place.LOCAL


def _just_started(seen: Observations, period: timedelta) -> bool:
    metrics = seen.process(SCHEDULER).metrics
    started = metrics.started_at if metrics else None
    return started is not None and seen.now - started <= PERIODS_UNTIL_MISSING * period


def _cron_job(seen: Observations, *, overdue: bool) -> list[Finding]:
    if seen.cluster is None:
        return []
    job, name = seen.cluster.tick, f"{seen.fullname}-window-scheduler-tick"
    if job is None:
        if any(each.name == name for each in seen.cluster.deployments):
            return []  # it ticks as a Deployment
        sentence = f"There is no CronJob {name}. {WITHOUT_TICK}"
        step = "Install it again: `helm upgrade` with the values of this release."
        return [_found(Severity.FAILURE, "cron_job_missing", sentence, step, "DaybookTickMissing")]
    if job.suspended:
        sentence = f"The CronJob {name} is suspended. {WITHOUT_TICK}"
        step = f'Resume it: `kubectl patch cronjob {name} -p \'{{"spec":{{"suspend":false}}}}\'`, and in the values.'
        return [_found(Severity.FAILURE, "cron_job_suspended", sentence, step, "DaybookTickMissing")]
    return _runs_of(seen, job, name, overdue=overdue)


def _runs_of(seen: Observations, job: CronJob, name: str, *, overdue: bool) -> list[Finding]:
    scheduled = "never" if job.last_scheduled_at is None else since(job.last_scheduled_at, seen.now)
    succeeded = "never" if job.last_succeeded_at is None else since(job.last_succeeded_at, seen.now)
    sentence = f"The CronJob {name} ({job.schedule}) was last started {scheduled}, and last succeeded {succeeded}"
    if job.failed_jobs:
        severity = Severity.FAILURE if overdue else Severity.WARNING
        sentence = f"{sentence}; {counted(job.failed_jobs, 'Job')} of it failed."
        return [
            _found(severity, "tick_jobs_failing", sentence, f"See {_jobs(seen)} and the log.", "DaybookTickFailing")
        ]
    return [_found(Severity.OK, "cron_job", f"{sentence}.")]


def _people(people: pb.PeopleCounts) -> list[Finding]:
    if not people.all:
        step = "Add somebody: `daybook person add --consent`, then `daybook window add`."
        return [_found(Severity.INFO, "nobody", "There are no people, so nobody is to be called.", step)]
    if not people.with_windows:
        sentence = f"Of {counted(people.all, 'person', 'people')} nobody has a call window, so no tick finds any due."
        return [
            _found(
                Severity.WARNING,
                "no_windows",
                sentence,
                "Book one: `daybook window add PERSON --from … --to … --days …`.",
            )
        ]
    sentence = (
        f"{counted(people.all, 'person', 'people')}: {people.with_windows} with windows, {people.opted_out} opted out, "
        f"{people.without_consent} without consent."
    )
    if people.opted_out >= people.all or people.without_consent >= people.all:
        step = "See `daybook person list`: who opted out, or never consented, is not called."
        return [_found(Severity.WARNING, "nobody_may_be_called", f"{sentence} So nobody may be called.", step)]
    return [_found(Severity.OK, "people", sentence)]


def _windows(seen: Observations, overview: pb.GetOverviewResponse) -> list[Finding]:
    windows = overview.open_windows
    found: list[Finding] = []
    if overview.overdue_windows:
        sentence = f"{counted(overview.overdue_windows, 'window')} opened, and no tick has looked at it yet."
        found.append(_found(Severity.WARNING, "windows_overdue", sentence, _tick_step(seen), "DaybookWindowsOverdue"))
    if not windows.open:
        sentence = "No window is open at this moment in its person's own time zone."
        step = "When one opens next: `daybook explain PERSON`." if overview.people.with_windows else ""
        return [*found, _found(Severity.INFO, "no_window_open", sentence, step)]
    parts = [f"{each.windows} {STANDINGS.get(each.standing, 'otherwise')}" for each in windows.standings]
    many = f"More than {windows.open} windows" if windows.more else counted(windows.open, "window")
    sentence = f"{many} open now: {', '.join(parts)}."
    without_reason = [each for each in windows.standings if each.standing == pb.WINDOW_STANDING_PASSED_BY]
    step = "Why one of them has no call: `daybook explain PERSON`." if without_reason else ""
    return [*found, _found(Severity.INFO if without_reason else Severity.OK, "windows_open", sentence, step)]


def _announcements(seen: Observations, overview: pb.GetOverviewResponse) -> list[Finding]:
    if not overview.unpublished:
        return []
    oldest = moment(overview.oldest_unpublished_at)
    if seen.now - oldest <= ANNOUNCED_WITHIN:
        return []
    sentence = (
        f"{counted(overview.unpublished, 'event')} of scheduled and withdrawn calls not announced, the oldest "
        f"{since(oldest, seen.now)}: NATS does not confirm them, so call-dispatcher does not know of them."
    )
    return [
        _found(
            Severity.FAILURE,
            "outbox_growing",
            sentence,
            f"See {seen.logs(SCHEDULER)} and NATS.",
            "DaybookOutboxGrowing",
        )
    ]
