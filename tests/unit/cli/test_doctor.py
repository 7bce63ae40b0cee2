"""Every answer of the troubleshooting page, from what was seen to what is said of it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook_cli.doctor import diagnose
from daybook_cli.findings import Question, Severity, exit_status
from daybook_cli.observations import (
    DISPATCHER,
    GATEWAY,
    JOURNAL,
    PORTAL,
    SCHEDULER,
    SERVICES,
    Cluster,
    Consumer,
    CronJob,
    Deployment,
    Health,
    Metrics,
    Observations,
    Place,
    Process,
    Streams,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TICK = "daybook-window-scheduler-tick"


def ago(**by):
    return NOW - timedelta(**by)


def metrics(*, up=timedelta(days=1), **values):
    """`name` or `name__label_value__label_value` → value."""
    samples = {("process_start_time_seconds", frozenset()): (NOW - up).timestamp()}
    for key, value in values.items():
        name, *labels = key.split("__")
        samples[f"daybook_{name}", frozenset(tuple(label.split("_", 1)) for label in labels)] = value
    return Metrics(samples)


def overview(**changes):
    told = scheduler.GetOverviewResponse(
        last_tick=scheduler.Tick(found=3, scheduled=2, declined=1),
        tick_period_s=300,
        people=scheduler.PeopleCounts(all=5, with_windows=4, opted_out=1),
        open_windows=scheduler.OpenWindows(
            open=1,
            standings=[scheduler.StandingCount(standing=scheduler.WINDOW_STANDING_CALLED, windows=1)],
        ),
    )
    told.tick_began_at.FromDatetime(ago(minutes=2))
    told.last_tick.started_at.FromDatetime(ago(minutes=2))
    told.last_tick.finished_at.FromDatetime(ago(minutes=2))
    return changed(told, changes)


def dials(**changes):
    return changed(dispatcher.GetOverviewResponse(calls_per_second=1, orchestrator="enhanced"), changes)


def changed(message, changes):
    for field, value in changes.items():
        if isinstance(value, datetime):
            getattr(message, field).FromDatetime(value)
        elif value is None:
            message.ClearField(field)
        elif hasattr(value, "DESCRIPTOR"):
            getattr(message, field).CopyFrom(value)
        elif isinstance(value, list):
            message.ClearField(field)
            getattr(message, field).extend(value)
        else:
            setattr(message, field, value)
    return message


def tick_at(at):
    told = scheduler.Tick()
    told.started_at.FromDatetime(at)
    told.finished_at.FromDatetime(at)
    return told


HEALTHY = Observations(
    now=NOW,
    place=Place.LOCAL,
    processes={
        **{service: Process(Health.READY, metrics=metrics()) for service in SERVICES},
        GATEWAY: Process(
            Health.READY, metrics=metrics(orchestrator_configured__orchestrator_enhanced__reason_default=1)
        ),
    },
    overview=overview(),
    dials=dials(),
    streams=Streams(
        calls=12,
        consumers={
            name: Consumer(waiting=0, in_hand=0, listening=True)
            for name in ("window-scheduler", "call-dispatcher-scheduled", "journal-call-finished")
        },
        dead_letters={},
    ),
)
IN_CLUSTER = replace(
    HEALTHY,
    place=Place.CLUSTER,
    cluster=Cluster(
        tick=CronJob(
            suspended=False,
            schedule="*/5 * * * *",
            last_scheduled_at=ago(minutes=2),
            last_succeeded_at=ago(minutes=2),
            failed_jobs=0,
        ),
        deployments=[Deployment("daybook-journal", wanted=1, ready=1)],
    ),
)


def with_process(service, process, seen=HEALTHY):
    return replace(seen, processes={**seen.processes, service: process})


def with_metrics(service, seen=HEALTHY, **values):
    return with_process(service, Process(Health.READY, metrics=metrics(**values)), seen)


def with_tick(**changes):
    return replace(IN_CLUSTER, cluster=replace(IN_CLUSTER.cluster, tick=replace(IN_CLUSTER.cluster.tick, **changes)))


def with_consumer(name, consumer):
    streams = HEALTHY.streams
    return replace(HEALTHY, streams=replace(streams, consumers={**streams.consumers, name: consumer}))


def failure(state="rejected", *, fault, last_at=None, **codes):
    told = dispatcher.CarrierFailure(state=state, fault=fault, attempts=4, **codes)
    told.last_at.FromDatetime(last_at or ago(minutes=3))
    return dials(failures=[told])


SILENT = Process(Health.SILENT)


@pytest.mark.parametrize("seen", [HEALTHY, IN_CLUSTER])
def test_a_healthy_daybook_has_nothing_to_see_to(seen):
    findings = diagnose(seen)
    assert {finding.severity for finding in findings} == {Severity.OK}
    assert exit_status(findings) == 0
    assert [finding.question for finding in findings] == sorted(
        (finding.question for finding in findings), key=list(Question).index
    )


@pytest.mark.parametrize(
    ("seen", "term", "severity", "follows"),
    [
        # what all of it stands on
        (replace(HEALTHY, streams=None), "nats_missing", Severity.FAILURE, "none is announced"),
        (replace(HEALTHY, streams=Streams(None, {}, {})), "stream_missing", Severity.FAILURE, "no stream CALLS"),
        (
            with_process(SCHEDULER, Process(Health.NOT_READY, failing=["database"])),
            "postgresql_missing",
            Severity.FAILURE,
            "No call is scheduled",
        ),
        (
            with_metrics(JOURNAL, dependency_up__dependency_database=0),
            "postgresql_missing",
            Severity.FAILURE,
            "say journal",
        ),
        (replace(IN_CLUSTER, cluster=None), "kubernetes_silent", Severity.WARNING, "not known"),
        (
            replace(IN_CLUSTER, cluster=replace(IN_CLUSTER.cluster, deployments=[Deployment("daybook-journal", 2, 1)])),
            "replicas_missing",
            Severity.WARNING,
            "1 of 2 pods",
        ),
        # 1. no calls are being scheduled
        (
            replace(with_process(SCHEDULER, SILENT), overview=None),
            "scheduler_missing",
            Severity.FAILURE,
            "scheduled calls are not made",
        ),
        (
            replace(HEALTHY, overview=overview(last_tick=tick_at(ago(minutes=11)), tick_began_at=ago(minutes=11))),
            "tick_missing",
            Severity.FAILURE,
            "Without the tick no calls are scheduled",
        ),
        (
            replace(HEALTHY, overview=overview(last_tick=None, tick_began_at=None)),
            "tick_missing",
            Severity.FAILURE,
            "No tick ever ran",
        ),
        (
            replace(
                with_process(SCHEDULER, Process(Health.READY, metrics=metrics(up=timedelta(minutes=3)))),
                overview=overview(last_tick=None, tick_began_at=None),
            ),
            "tick_awaited",
            Severity.INFO,
            "No tick has run yet",
        ),
        (
            replace(HEALTHY, overview=overview(tick_began_at=ago(minutes=3), last_tick=tick_at(ago(minutes=8)))),
            "tick_failing",
            Severity.FAILURE,
            "has not reached its end",
        ),
        (with_tick(suspended=True), "cron_job_suspended", Severity.FAILURE, "suspended"),
        (with_tick(failed_jobs=2), "tick_jobs_failing", Severity.WARNING, "2 Jobs of it failed"),
        (
            replace(IN_CLUSTER, cluster=replace(IN_CLUSTER.cluster, tick=None)),
            "cron_job_missing",
            Severity.FAILURE,
            TICK,
        ),
        (
            replace(HEALTHY, overview=overview(people=scheduler.PeopleCounts())),
            "nobody",
            Severity.INFO,
            "There are no people",
        ),
        (
            replace(HEALTHY, overview=overview(people=scheduler.PeopleCounts(all=3))),
            "no_windows",
            Severity.WARNING,
            "nobody has a call window",
        ),
        (
            replace(HEALTHY, overview=overview(people=scheduler.PeopleCounts(all=3, with_windows=3, opted_out=3))),
            "nobody_may_be_called",
            Severity.WARNING,
            "3 opted out",
        ),
        (
            replace(HEALTHY, overview=overview(open_windows=scheduler.OpenWindows())),
            "no_window_open",
            Severity.INFO,
            "in its person's own time zone",
        ),
        (
            replace(HEALTHY, overview=overview(overdue_windows=2)),
            "windows_overdue",
            Severity.WARNING,
            "2 windows opened",
        ),
        (
            replace(HEALTHY, overview=overview(unpublished=2, oldest_unpublished_at=ago(minutes=4))),
            "outbox_growing",
            Severity.FAILURE,
            "call-dispatcher does not know of them",
        ),
        # 2. calls are scheduled, not initiated
        (
            replace(with_process(DISPATCHER, SILENT), dials=None),
            "dispatcher_missing",
            Severity.FAILURE,
            "Calls are scheduled and never made",
        ),
        (
            with_metrics(DISPATCHER, worker_last_success_timestamp_seconds__worker_dialer=ago(minutes=2).timestamp()),
            "dispatcher_stuck",
            Severity.FAILURE,
            "dialer",
        ),
        (
            with_consumer("call-dispatcher-scheduled", Consumer(waiting=4, in_hand=0, listening=False)),
            "not_consuming",
            Severity.FAILURE,
            "4 scheduled calls wait in the stream",
        ),
        (
            with_consumer("call-dispatcher-withdrawn", Consumer(waiting=1, in_hand=0, listening=False)),
            "not_withdrawing",
            Severity.FAILURE,
            "nobody fetches: 1. What rings",
        ),
        (
            replace(HEALTHY, overview=overview(undialed=3, oldest_undialed_at=ago(minutes=5))),
            "calls_not_dialed",
            Severity.FAILURE,
            "nobody has asked to dial",
        ),
        (
            replace(HEALTHY, dials=dials(pending=9, due=7, oldest_due_at=ago(minutes=5), dialed_last_minute=58)),
            "rate_limit",
            Severity.WARNING,
            "The rate limit is reached",
        ),
        (
            replace(HEALTHY, dials=dials(pending=9, due=7, oldest_due_at=ago(minutes=5))),
            "calls_wait",
            Severity.WARNING,
            "due for 5 min",
        ),
        (
            replace(HEALTHY, dials=dials(account_refusals=2, paused_until=ago(minutes=-3))),
            "account_refused",
            Severity.FAILURE,
            "the next in 3 min",
        ),
        (
            replace(HEALTHY, dials=failure(fault="operator", error_code=21210)),
            "carrier_refuses",
            Severity.FAILURE,
            "error 21210",
        ),
        (
            replace(HEALTHY, dials=failure(fault="operator", error_code=21210, last_at=ago(hours=5))),
            "carrier_refuses",
            Severity.WARNING,
            "5 h ago",
        ),
        (
            replace(HEALTHY, dials=failure(fault="person", error_code=21211)),
            "numbers_unreachable",
            Severity.INFO,
            "the numbers called",
        ),
        (
            replace(HEALTHY, dials=failure("failed", fault="blocked", sip_code=603)),
            "carrier_fails",
            Severity.WARNING,
            "SIP 603",
        ),
        (
            replace(HEALTHY, dials=dials(postponements=[dispatcher.Postponement(reason="quiet_hours", calls=2)])),
            "quiet_hours",
            Severity.INFO,
            "quiet hours where the person is",
        ),
        (
            replace(HEALTHY, dials=dials(unknown=1, oldest_unknown_at=ago(minutes=10))),
            "outcomes_unknown",
            Severity.WARNING,
            "nobody is dialed again on a doubt",
        ),
        (
            replace(
                HEALTHY, dials=dials(endings=[dispatcher.Ending(outcome="missed", reason="window_closed", calls=2)])
            ),
            "calls_missed",
            Severity.WARNING,
            "the window closed",
        ),
        # 3. calls are initiated, but not through Google
        (with_process(GATEWAY, SILENT), "gateway_missing", Severity.FAILURE, "Calls are made and nobody speaks"),
        (with_metrics(GATEWAY, draining=1), "gateway_draining", Severity.INFO, "takes no new call"),
        (
            with_metrics(GATEWAY, orchestrator_configured__orchestrator_standard__reason_DAYBOOK_ORCHESTRATOR=1),
            "orchestrator_standard",
            Severity.INFO,
            "by DAYBOOK_ORCHESTRATOR",
        ),
        (
            with_metrics(GATEWAY, orchestrator_chosen_total__orchestrator_standard__reason_stream_broke_twice=2),
            "fell_back",
            Severity.WARNING,
            "the media stream broke twice",
        ),
        (
            with_metrics(GATEWAY, orchestrator_chosen_total__orchestrator_standard__reason_full=1),
            "fell_back",
            Severity.WARNING,
            "the gateways were full",
        ),
        (
            with_metrics(GATEWAY, speech_restarts_total__reason_unauthenticated=3),
            "speech_restarts",
            Severity.WARNING,
            "unauthenticated 3",
        ),
        (
            with_metrics(GATEWAY, unspoken_prompts_total__purpose_greeting=1),
            "prompts_unspoken",
            Severity.WARNING,
            "Text-to-Speech",
        ),
        (
            with_metrics(
                GATEWAY, unspoken_prompts_total__purpose_greeting=1, conversations_total__outcome_completed=90
            ),
            "prompts_unspoken",
            Severity.INFO,
            "1 prompt",
        ),
        (
            with_metrics(GATEWAY, verdicts_total__verdict_none=6, verdicts_total__verdict_complete=2),
            "verdicts_missing",
            Severity.WARNING,
            "Gemini",
        ),
        (
            with_metrics(GATEWAY, forged_requests_total__surface_voice=4),
            "signature_failures",
            Severity.WARNING,
            "without the carrier's signature",
        ),
        # 4. calls are answered, nothing reaches the journal
        (with_process(JOURNAL, SILENT), "journal_missing", Severity.FAILURE, "Nothing that is said is kept"),
        (
            with_process(JOURNAL, Process(Health.NOT_READY, failing=["key"])),
            "key_unreadable",
            Severity.FAILURE,
            "key-encryption key",
        ),
        (
            with_metrics(JOURNAL, journal_kek_readable=0),
            "key_unreadable",
            Severity.FAILURE,
            "once the journal restarts it does not serve",
        ),
        (
            with_metrics(JOURNAL, dependency_up__dependency_object_store=0),
            "storage_unwritable",
            Severity.FAILURE,
            "recordings are not kept",
        ),
        (
            with_process(JOURNAL, Process(Health.NOT_READY, failing=["nats"])),
            "journal_not_ready",
            Severity.WARNING,
            "It keeps what is said",
        ),
        (with_process(JOURNAL, Process(Health.SLOW)), "journal_not_ready", Severity.FAILURE, "may not be kept"),
        (
            with_metrics(JOURNAL, journal_records_damaged_total__kind_turn=1),
            "records_damaged",
            Severity.FAILURE,
            "did not open",
        ),
        (
            with_metrics(
                JOURNAL,
                IN_CLUSTER,
                journal_retention_last_success_timestamp_seconds=(NOW - timedelta(days=3)).timestamp(),
            ),
            "retention_late",
            Severity.WARNING,
            "retention last reached its end 3 days ago",
        ),
        (
            with_metrics(JOURNAL, journal_retention_unopened=2),
            "retention_unopened",
            Severity.WARNING,
            "The audio of 2 entries is kept for longer than wished",
        ),
        (
            with_metrics(JOURNAL, journal_descriptions_ended_total__outcome_given_up=1),
            "entries_not_described",
            Severity.WARNING,
            "1 entry got no title and no summary",
        ),
        (
            with_metrics(JOURNAL, journal_description_tries_failed_total__reason_refused=5),
            "entries_not_described",
            Severity.WARNING,
            "5 tries to have one of Gemini came to nothing",
        ),
        (
            with_consumer("journal-call-finished", Consumer(waiting=2, in_hand=1, listening=False)),
            "events_waiting",
            Severity.WARNING,
            "3 events wait in the stream for journal-call-finished",
        ),
        (
            replace(HEALTHY, streams=replace(HEALTHY.streams, dead_letters={"call.finished": 2})),
            "dead_letters",
            Severity.WARNING,
            "2 events (call.finished)",
        ),
        # 5. people do not reach their pages
        (with_process(PORTAL, SILENT), "portal_missing", Severity.FAILURE, "nobody can sign in"),
        (
            with_process(PORTAL, Process(Health.NOT_READY, failing=["database"])),
            "portal_not_ready",
            Severity.FAILURE,
            "cannot use database",
        ),
        (
            with_metrics(
                PORTAL,
                portal_page_seconds_count__route_none__status_2xx=90,
                portal_page_seconds_count__route_none__status_5xx=10,
            ),
            "pages_failing",
            Severity.WARNING,
            "Of 100 pages that people asked of the portal since its start, 10 failed: now, or long ago.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" in value else "",
)
def test_what_is_wrong_is_named_with_what_follows_and_what_to_do(seen, term, severity, follows):
    [finding] = [each for each in diagnose(seen) if each.term == term]
    assert finding.severity is severity
    assert follows in finding.sentence
    assert finding.next_step or term in {"quiet_hours", "no_window_open"}
    assert exit_status(diagnose(seen)) >= {Severity.WARNING: 1, Severity.FAILURE: 2}.get(severity, 0)


def test_of_very_many_open_windows_it_is_told_that_there_are_more():
    called = scheduler.StandingCount(standing=scheduler.WINDOW_STANDING_CALLED, windows=20_000)
    many = scheduler.OpenWindows(open=20_000, more=True, standings=[called])
    [finding] = [
        each for each in diagnose(replace(HEALTHY, overview=overview(open_windows=many))) if each.term == "windows_open"
    ]
    assert finding.sentence == "More than 20000 windows open now: 20000 with today's call."


def test_what_does_not_answer_keeps_nothing_else_from_being_told():
    nothing = Observations(now=NOW, place=Place.LOCAL, processes={})
    terms = {finding.term for finding in diagnose(nothing)}
    assert {"nats_missing", "scheduler_missing", "dispatcher_missing", "gateway_missing", "journal_missing"} <= terms


def test_without_a_portal_nothing_is_told_of_it():
    seen = replace(HEALTHY, processes={name: it for name, it in HEALTHY.processes.items() if name != PORTAL})
    assert Question.VISITING not in {finding.question for finding in diagnose(seen)}
    assert exit_status(diagnose(seen)) == 0


def test_a_few_failed_pages_of_many_are_no_finding():
    pages = {"portal_page_seconds_count__route_none__status_2xx": 9_990.0}
    seen = with_metrics(PORTAL, **pages, portal_page_seconds_count__route_none__status_5xx=10)
    assert exit_status(diagnose(seen)) == 0


def test_the_steps_are_those_of_the_place():
    [here] = [each for each in diagnose(with_process(JOURNAL, SILENT)) if each.term == "journal_missing"]
    there = next(each for each in diagnose(with_process(JOURNAL, SILENT, IN_CLUSTER)) if each.term == "journal_missing")
    assert "`daybook logs journal`" in here.next_step
    assert "`kubectl logs deploy/daybook-journal" in there.next_step
    assert there.runbook == "docs/runbooks/DaybookJournalMissing.md"


def test_which_orchestrator_is_set_and_which_was_used_are_told_apart():
    seen = with_metrics(
        GATEWAY,
        orchestrator_configured__orchestrator_enhanced__reason_default=1,
        orchestrator_chosen_total__orchestrator_enhanced__reason_default=5,
        orchestrator_chosen_total__orchestrator_standard__reason_stream_broke_twice=2,
    )
    [told] = [each for each in diagnose(seen) if each.term == "orchestrator"]
    assert told.sentence == (
        "The orchestrator is set to enhanced (by default). Calls were answered 5 by enhanced, 2 by standard."
    )


def test_a_tick_that_runs_as_a_deployment_needs_no_cron_job():
    ticking = replace(IN_CLUSTER.cluster, tick=None, deployments=[Deployment(TICK, wanted=1, ready=1)])
    assert exit_status(diagnose(replace(IN_CLUSTER, cluster=ticking))) == 0


def test_every_alert_that_a_finding_names_is_one_of_the_chart_and_has_its_runbook():
    root = Path(__file__).parents[3]
    named = {
        name
        for module in (root / "cli/src/daybook_cli").glob("*_findings.py")
        for name in re.findall(r'"(Daybook[A-Z]\w+)"', module.read_text())
    }
    there = {
        name
        for rules in (root / "deploy/helm/daybook/alerts").glob("*.yaml")
        for name in re.findall(r'(?:alert: *|"alert" ")(Daybook\w+)', rules.read_text())
    }
    assert len(named) > 10
    assert named <= there
    assert not [name for name in named if not (root / "docs" / "runbooks" / f"{name}.md").exists()]
