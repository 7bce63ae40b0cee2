"""What goes wrong, and which alerts tell it; and what looks like it and is nothing.

A scenario changes a healthy Daybook. Where alerts are to fire, they and no others fire at that moment; where none is to fire,
none does from beginning to end.
"""

from collections.abc import Callable
from dataclasses import dataclass

from alerts.timeline import (
    CLUSTER,
    DISPATCHER,
    GATEWAY,
    HOUR,
    JOURNAL,
    MINUTE,
    OF_RETENTION,
    PERIOD_S,
    PORTAL,
    SCHEDULER,
    SCRAPE_S,
    TICK_S,
    WORKERS,
    World,
    beats,
    before_and_after,
    counts,
    counts_every,
    for_a_while,
    healthy_retention,
    steady,
)

HEARTBEAT = "daybook_worker_last_success_timestamp_seconds"
DEPENDENCY = "daybook_dependency_up"
STARTED = "process_start_time_seconds"
TICK_STARTED, TICK_ENDED = "daybook_tick_last_start_timestamp_seconds", "daybook_tick_last_success_timestamp_seconds"
CRON_SUCCEEDED = "kube_cronjob_status_last_successful_time"

AT = 10 * MINUTE
"""When things go wrong, where nothing else is said."""

QUIET = 28 * MINUTE
"""Long enough for what could fire, where nothing else is said."""

TOLD = AT + 2 * PERIOD_S
"""Two periods of a process that always runs."""


@dataclass(frozen=True)
class Firing:
    """An alert that is to fire; `labels` are those that choose one of its rules, or fill in a label that varies."""

    alert: str
    labels: dict[str, str]


def firing(alert: str, **labels: str) -> Firing:
    return Firing(alert, labels)


@dataclass(frozen=True)
class Scenario:
    """
    Attributes:
        alert: which alert it is about.
        story: what happens.
        change: to a healthy world.
        at: when it is looked at, seconds.
        fire: what fires then; empty where nothing ever does.
        pods: where not each service has one.
        settings: of the chart.
    """

    alert: str
    story: str
    change: Callable[[World], object]
    at: int
    fire: tuple[Firing, ...] = ()
    pods: dict[str, list[str]] | None = None
    settings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.alert}: {self.story}"


def all_of(*changes: Callable[[World], object]) -> Callable[[World], object]:
    def change(world: World) -> None:
        for each in changes:
            each(world)

    return change


def hangs(service: str, worker: str, *, pod: str | None = None) -> Callable[[World], object]:
    return lambda w: w.set(service, HEARTBEAT, beats(15, until=AT), worker=worker, pod=pod)


def sets(service: str, metric: str, *signals: object, **labels: str) -> Callable[[World], object]:
    [signal] = signals
    return lambda w: w.set(service, metric, signal, **labels)  # type: ignore[arg-type]  # a number or a signal


def ends(
    service: str, metric: str | None = None, *, pod: str | None = None, **labels: str
) -> Callable[[World], object]:
    return lambda w: w.end(service, metric, at=AT, pod=pod, **labels)


def _workers() -> list[Scenario]:
    scenarios = []
    for service, alert in (
        (SCHEDULER, "DaybookSchedulerMissing"),
        (DISPATCHER, "DaybookDispatcherMissing"),
        (JOURNAL, "DaybookJournalMissing"),
    ):
        gone, hung = firing(alert, how="gone"), firing(alert, how="hung")
        scenarios += [
            Scenario(alert, "never scraped", lambda w, s=service: w.forget(s), 2 * PERIOD_S, (gone,)),
            Scenario(alert, "the pod is gone", ends(service), TOLD, (gone,)),
            Scenario(alert, "it does not answer", lambda w, s=service: w.unreachable(s, begin=AT), TOLD, (gone,)),
            Scenario(
                alert,
                "both replicas are gone",
                ends(service),
                TOLD,
                (gone,),
                pods={service: ["1", "2"]},
            ),
            *(Scenario(alert, f"{worker} hangs", hangs(service, worker), TOLD, (hung,)) for worker in WORKERS[service]),
            *(
                Scenario(
                    alert,
                    f"{worker} never had a good round",
                    all_of(
                        sets(service, STARTED, 0),
                        sets(service, HEARTBEAT, 0, worker=worker),
                    ),
                    2 * PERIOD_S,
                    (hung,),
                )
                for worker in WORKERS[service]
            ),
            Scenario(
                alert,
                "it runs and tells nothing of a loop",
                ends(service, HEARTBEAT, worker=WORKERS[service][0]),
                TOLD,
                (gone,),
            ),
            Scenario(
                alert, "one missed scrape", lambda w, s=service: w.unreachable(s, begin=AT, end=AT + SCRAPE_S), QUIET
            ),
            Scenario(
                alert,
                "it restarts, and its loops begin at nothing",
                lambda w, s=service: restarts(w, s),
                QUIET,
            ),
            Scenario(alert, "one of two replicas is gone", ends(service, pod="2"), QUIET, pods={service: ["1", "2"]}),
            Scenario(
                alert,
                "a loop waits for NATS for a while, which another alert tells",
                all_of(
                    hangs_for(service, WORKERS[service][0], 5 * MINUTE),
                    *(
                        sets(
                            each,
                            DEPENDENCY,
                            for_a_while(0, begin=AT, end=AT + 5 * MINUTE, otherwise=1),
                            dependency="nats",
                        )
                        for each in WORKERS
                    ),
                ),
                AT + 4 * MINUTE,
                (firing("DaybookNatsTrouble"),),
            ),
        ]
    return scenarios


def restarts(world: World, service: str) -> None:
    """One missed scrape, a new process, and a scrape before its loops had their first round."""
    world.unreachable(service, begin=AT, end=AT + SCRAPE_S)
    world.set(service, STARTED, before_and_after(-HOUR, AT + SCRAPE_S, AT + 10))
    for worker in WORKERS[service]:
        first_round = AT + 2 * SCRAPE_S
        starting = for_a_while(0, begin=AT + SCRAPE_S, end=first_round, otherwise=beats(15))
        world.set(
            service,
            HEARTBEAT,
            before_and_after(before_and_after(beats(15), AT, None), AT + SCRAPE_S, starting),
            worker=worker,
        )


def hangs_for(service: str, worker: str, seconds: int) -> Callable[[World], object]:
    until = AT + seconds
    return lambda w: w.set(
        service, HEARTBEAT, lambda at: beats(15, until=AT)(at) if at < until else beats(15)(at), worker=worker
    )


def _tick() -> list[Scenario]:
    ours, kubernetes = (
        firing("DaybookTickMissing", told_by="daybook"),
        firing("DaybookTickMissing", told_by="kubernetes"),
    )
    failing = firing("DaybookTickFailing")
    last_end = 320  # the tick that began at 300 ended
    stops = last_end + 1
    told = last_end + 2 * TICK_S
    ended = beats(TICK_S, after=20, until=stops)
    cron_ended = beats(TICK_S, after=25, until=stops + 5)
    return [
        Scenario(
            "DaybookTickMissing",
            "never since the installation, and the api has just started",
            all_of(
                sets(SCHEDULER, TICK_ENDED, 0),
                sets(SCHEDULER, TICK_STARTED, 0),
                sets(SCHEDULER, STARTED, 0),
                lambda w: w.forget(CLUSTER, CRON_SUCCEEDED),
                sets(CLUSTER, "kube_cronjob_created", 0),
            ),
            2 * TICK_S,
            (ours, kubernetes),
        ),
        Scenario(
            "DaybookTickMissing",
            "the ticks stopped",
            all_of(
                sets(SCHEDULER, TICK_ENDED, ended),
                sets(SCHEDULER, TICK_STARTED, beats(TICK_S, until=stops)),
                sets(CLUSTER, CRON_SUCCEEDED, cron_ended),
            ),
            told + 30,
            (ours, kubernetes),
        ),
        Scenario(
            "DaybookTickMissing",
            "the ticks stopped, and kube-state-metrics does not see it",
            all_of(sets(SCHEDULER, TICK_ENDED, ended), sets(SCHEDULER, TICK_STARTED, beats(TICK_S, until=stops))),
            told,
            (ours,),
        ),
        Scenario(
            "DaybookTickMissing",
            "the ticks stopped, and the api's figures do not show it",
            sets(CLUSTER, CRON_SUCCEEDED, cron_ended),
            told,
            (kubernetes,),
        ),
        Scenario(
            "DaybookTickMissing",
            "the api tells nothing of ticks",
            ends(SCHEDULER, TICK_ENDED),
            TOLD,
            (ours,),
        ),
        Scenario(
            "DaybookTickMissing",
            "the CronJob is deleted",
            all_of(
                lambda w: [
                    w.end(CLUSTER, metric, at=AT)
                    for metric in [key[2] for key in w.series if key[2].startswith("kube_cronjob")]
                ],
                healthy_retention,
            ),
            TOLD,
            (kubernetes,),
        ),
        Scenario(
            "DaybookTickMissing",
            "the CronJob never was",
            all_of(
                lambda w: [
                    w.forget(CLUSTER, metric)
                    for metric in [key[2] for key in w.series if key[2].startswith("kube_cronjob")]
                ],
                healthy_retention,
            ),
            2 * TICK_S,
            (kubernetes,),
        ),
        Scenario(
            "DaybookTickMissing",
            "the CronJob is suspended",
            sets(CLUSTER, "kube_cronjob_spec_suspend", before_and_after(0, AT, 1)),
            TOLD,
            (kubernetes,),
        ),
        Scenario(
            "DaybookTickFailing",
            "a tick hangs for longer than a period",
            all_of(
                sets(SCHEDULER, TICK_ENDED, ended),
                sets(SCHEDULER, TICK_STARTED, beats(TICK_S, until=AT)),
            ),
            AT + TICK_S + 30,
            (failing, ours),
        ),
        Scenario(
            "DaybookTickFailing",
            "ticks begin on time and fail",
            sets(SCHEDULER, TICK_ENDED, ended),
            told,
            (failing, ours),
        ),
        Scenario(
            "DaybookTickFailing",
            "the very first tick hangs",
            all_of(sets(SCHEDULER, TICK_ENDED, 0), sets(SCHEDULER, TICK_STARTED, 100), sets(SCHEDULER, STARTED, 0)),
            100 + TICK_S + 30,
            (failing,),
        ),
        Scenario(
            "DaybookTickFailing",
            "each tick fails once, and its Job tries again at once",
            all_of(
                sets(SCHEDULER, TICK_STARTED, lambda at: beats(TICK_S)(at) + (40 if at % TICK_S >= 40 else 0)),
                sets(SCHEDULER, TICK_ENDED, beats(TICK_S, after=60)),
            ),
            2 * HOUR,
        ),
        Scenario(
            "DaybookTickFailing",
            "the very first tick is at work",
            all_of(
                sets(SCHEDULER, TICK_STARTED, before_and_after(0, TICK_S, beats(TICK_S))),
                sets(SCHEDULER, TICK_ENDED, lambda at: 0 if at < TICK_S + 20 else beats(TICK_S)(at - 20) + 20),
                sets(SCHEDULER, STARTED, 0),
            ),
            QUIET,
        ),
        Scenario(
            "DaybookTickMissing",
            "ticks that take four minutes",
            all_of(
                sets(SCHEDULER, TICK_ENDED, beats(TICK_S, after=240)),
                sets(CLUSTER, CRON_SUCCEEDED, beats(TICK_S, after=245)),
            ),
            2 * HOUR,
        ),
        Scenario(
            "DaybookTickMissing",
            "installed just now",
            all_of(
                sets(SCHEDULER, TICK_ENDED, 0),
                sets(SCHEDULER, TICK_STARTED, 0),
                sets(SCHEDULER, STARTED, 0),
                lambda w: w.forget(CLUSTER, CRON_SUCCEEDED),
                sets(CLUSTER, "kube_cronjob_created", 0),
            ),
            TICK_S,
        ),
    ]


def _gateway_and_metrics() -> list[Scenario]:
    missing = firing("DaybookGatewayMissing")
    return [
        Scenario("DaybookGatewayMissing", "never scraped", lambda w: w.forget(GATEWAY), 2 * PERIOD_S, (missing,)),
        Scenario("DaybookGatewayMissing", "the pod is gone", ends(GATEWAY), TOLD, (missing,)),
        Scenario(
            "DaybookGatewayMissing", "it does not answer", lambda w: w.unreachable(GATEWAY, begin=AT), TOLD, (missing,)
        ),
        Scenario(
            "DaybookGatewayMissing",
            "the last one drains",
            sets(GATEWAY, "daybook_draining", before_and_after(0, AT, 1)),
            TOLD,
            (missing,),
        ),
        Scenario(
            "DaybookGatewayMissing",
            "one drains for an hour, another takes the new calls",
            sets(GATEWAY, "daybook_draining", before_and_after(0, AT, 1), pod="1"),
            2 * HOUR,
            pods={GATEWAY: ["1", "2"]},
        ),
        Scenario(
            "DaybookGatewayMissing",
            "one missed scrape",
            lambda w: w.unreachable(GATEWAY, begin=AT, end=AT + SCRAPE_S),
            QUIET,
        ),
        Scenario(
            "DaybookWorkerStuck",
            "a loop of one of two replicas hangs",
            hangs(DISPATCHER, "dialer", pod="2"),
            AT + 10 * MINUTE,
            (firing("DaybookWorkerStuck", service="daybook-call-dispatcher"),),
            pods={DISPATCHER: ["1", "2"]},
        ),
        Scenario(
            "DaybookWorkerStuck",
            "a replica is taken away",
            ends(DISPATCHER, pod="2"),
            QUIET,
            pods={DISPATCHER: ["1", "2"]},
        ),
        Scenario(
            "DaybookMetricsMissing",
            "one of two replicas does not answer",
            lambda w: w.unreachable(JOURNAL, begin=AT, pod="2"),
            AT + 6 * MINUTE,
            (firing("DaybookMetricsMissing", service="daybook-journal"),),
            pods={JOURNAL: ["1", "2"]},
        ),
        Scenario(
            "DaybookMetricsMissing",
            "a replica does not answer for two minutes",
            lambda w: w.unreachable(JOURNAL, begin=AT, end=AT + 2 * MINUTE, pod="2"),
            QUIET,
            pods={JOURNAL: ["1", "2"]},
        ),
        Scenario(
            "DaybookKubeStateMetricsMissing",
            "it does not answer",
            lambda w: w.unreachable(CLUSTER, begin=AT),
            AT + 6 * MINUTE,
            (firing("DaybookKubeStateMetricsMissing"),),
        ),
        Scenario(
            "DaybookKubeStateMetricsMissing",
            "never scraped",
            lambda w: w.forget(CLUSTER),
            10 * MINUTE,
            (firing("DaybookKubeStateMetricsMissing"),),
        ),
        Scenario(
            "DaybookKubeStateMetricsMissing",
            "it restarts",
            lambda w: w.unreachable(CLUSTER, begin=AT, end=AT + 3 * MINUTE),
            QUIET,
        ),
    ]


def _calls() -> list[Scenario]:
    undialed, undialed_since = "daybook_calls_undialed", "daybook_calls_undialed_oldest_timestamp_seconds"
    not_dialed = firing("DaybookCallsNotDialed")
    missed_windows = firing("DaybookWindowsMissed", service="window-scheduler-tick")
    missed_calls = firing("DaybookWindowsMissed", service="call-dispatcher")
    refusing, refusing_many = (
        firing("DaybookCarrierRefusing", severity="page"),
        firing("DaybookCarrierRefusing", severity="ticket"),
    )
    asks_every_minute = sets(SCHEDULER, "daybook_dials_asked_total", counts_every(MINUTE), answer="allowed")

    def rejected(*moments: int) -> Callable[[World], object]:
        return sets(DISPATCHER, "daybook_dials_total", counts(*moments), answer="Rejected")

    no_dial_taken = sets(DISPATCHER, "daybook_dials_total", 0, answer="Accepted")
    return [
        Scenario(
            "DaybookCallsNotDialed",
            "a window opens, and nobody asks",
            all_of(
                sets(SCHEDULER, undialed, before_and_after(0, AT, 1)),
                sets(SCHEDULER, undialed_since, before_and_after(0, AT, AT)),
            ),
            AT + 3 * MINUTE,
            (not_dialed,),
        ),
        Scenario(
            "DaybookCallsNotDialed",
            "one call is left out while others are dialed",
            all_of(
                asks_every_minute,
                sets(SCHEDULER, undialed, before_and_after(0, AT, 1)),
                sets(SCHEDULER, undialed_since, before_and_after(0, AT, AT)),
            ),
            AT + 12 * MINUTE,
            (not_dialed,),
        ),
        Scenario(
            "DaybookCallsNotDialed",
            "a window that has long been open is booked, and dialed within the minute",
            all_of(
                sets(SCHEDULER, undialed, for_a_while(1, begin=AT, end=AT + SCRAPE_S, otherwise=0)),
                sets(SCHEDULER, undialed_since, for_a_while(1, begin=AT, end=AT + SCRAPE_S, otherwise=0)),
            ),
            QUIET,
        ),
        Scenario(
            "DaybookCallsNotDialed",
            "many windows open at once, and are dialed one after the other",
            all_of(
                asks_every_minute,
                sets(SCHEDULER, undialed, for_a_while(20, begin=AT, end=AT + 8 * MINUTE, otherwise=0)),
                sets(SCHEDULER, undialed_since, for_a_while(AT, begin=AT, end=AT + 8 * MINUTE, otherwise=0)),
            ),
            QUIET,
        ),
        Scenario(
            "DaybookWindowsOverdue",
            "ticks end well and leave a window out",
            sets(SCHEDULER, "daybook_windows_overdue", before_and_after(0, AT, 1)),
            AT + TICK_S + MINUTE,
            (firing("DaybookWindowsOverdue"),),
        ),
        Scenario(
            "DaybookWindowsOverdue",
            "a tick comes two minutes late",
            sets(SCHEDULER, "daybook_windows_overdue", for_a_while(7, begin=AT, end=AT + 2 * MINUTE, otherwise=0)),
            QUIET,
        ),
        Scenario(
            "DaybookWindowsMissed",
            "a tick finds a window that has closed",
            sets(SCHEDULER, "daybook_windows_total", before_and_after(3, 2 * HOUR, 4), result="missed"),
            2 * HOUR + MINUTE,
            (missed_windows,),
        ),
        Scenario(
            "DaybookWindowsMissed",
            "in the first hour of an installation",
            sets(SCHEDULER, "daybook_windows_total", before_and_after(0, AT, 2), result="missed"),
            AT + MINUTE,
            (missed_windows,),
        ),
        Scenario(
            "DaybookWindowsMissed",
            "a call's window closes before it is dialed",
            sets(DISPATCHER, "daybook_calls_finished_total", counts(AT), outcome="missed", reason="window_closed"),
            AT + MINUTE,
            (missed_calls,),
        ),
        Scenario(
            "DaybookWindowsMissed",
            "the api restarts, and tells 0 before it has looked into the database",
            sets(
                SCHEDULER,
                "daybook_windows_total",
                for_a_while(0, begin=2 * HOUR, end=2 * HOUR + SCRAPE_S, otherwise=3),
                result="missed",
            ),
            4 * HOUR,
        ),
        Scenario(
            "DaybookOutcomesUnknown",
            "the carrier cannot be asked about a dial",
            sets(DISPATCHER, "daybook_attempts_unknown_oldest_timestamp_seconds", before_and_after(0, AT, AT)),
            AT + 12 * MINUTE,
            (firing("DaybookOutcomesUnknown"),),
        ),
        Scenario(
            "DaybookOutcomesUnknown",
            "a doubt is settled after five minutes",
            sets(
                DISPATCHER,
                "daybook_attempts_unknown_oldest_timestamp_seconds",
                for_a_while(AT, begin=AT, end=AT + 5 * MINUTE, otherwise=0),
            ),
            QUIET,
        ),
        Scenario(
            "DaybookCarrierAccountRefused",
            "the auth token was changed with the carrier, and not here",
            sets(DISPATCHER, "daybook_carrier_account_refusals", before_and_after(0, AT, 1)),
            AT + 2 * MINUTE,
            (firing("DaybookCarrierAccountRefused"),),
        ),
        Scenario(
            "DaybookCarrierAccountRefused",
            "the next call, half a minute later, was taken",
            sets(
                DISPATCHER,
                "daybook_carrier_account_refusals",
                for_a_while(1, begin=AT, end=AT + MINUTE // 2, otherwise=0),
            ),
            QUIET,
        ),
        Scenario(
            "DaybookCarrierRefusing",
            "all three tries of a call are refused",
            all_of(no_dial_taken, rejected(AT, AT + 70, AT + 140)),
            AT + 200,
            (refusing,),
        ),
        Scenario(
            "DaybookCarrierRefusing",
            "the carrier turns all dials away",
            all_of(
                no_dial_taken, sets(DISPATCHER, "daybook_dials_total", counts(AT, AT + 5, AT + 10), answer="TurnedAway")
            ),
            AT + MINUTE,
            (refusing,),
        ),
        Scenario(
            "DaybookCarrierRefusing",
            "many calls are refused between others that are taken",
            rejected(*range(30 * MINUTE, 90 * MINUTE, 5 * MINUTE)),
            95 * MINUTE,
            (refusing_many,),
        ),
        Scenario(
            "DaybookCarrierRefusing",
            "a number that cannot be reached is tried twice",
            all_of(no_dial_taken, rejected(AT, AT + 70)),
            2 * HOUR,
        ),
        Scenario(
            "DaybookRateLimitSaturated",
            "more is due than the rate lets through",
            sets(DISPATCHER, "daybook_rate_wait_seconds_total", counts_every(1, start=AT)),
            AT + 16 * MINUTE,
            (firing("DaybookRateLimitSaturated"),),
        ),
        Scenario(
            "DaybookRateLimitSaturated",
            "a burst of five minutes",
            sets(DISPATCHER, "daybook_rate_wait_seconds_total", counts_every(1, start=AT, end=AT + 5 * MINUTE)),
            QUIET,
        ),
    ]


def _events() -> list[Scenario]:
    scenarios = []
    for consumer, service, subject in (
        ("call-dispatcher-scheduled", DISPATCHER, "call.scheduled"),
        ("call-dispatcher-withdrawn", DISPATCHER, "call.withdrawn"),
        ("call-dispatcher-progressed", DISPATCHER, "call.progressed"),
        ("window-scheduler", SCHEDULER, "call.finished"),
        ("journal-call-finished", JOURNAL, "call.finished"),
    ):
        waits = firing("DaybookEventsWaiting", consumer=consumer)
        handles = sets(service, "daybook_events_handled_total", counts_every(20), subject=subject, result="handled")
        scenarios += [
            Scenario(
                "DaybookEventsWaiting",
                f"{consumer} handles nothing",
                all_of(
                    sets(service, "daybook_events_handled_total", 0, subject=subject, result="handled"),
                    sets(SCHEDULER, "daybook_consumer_waiting", before_and_after(0, AT, 2), consumer=consumer),
                ),
                AT + 6 * MINUTE,
                (waits,),
            ),
            Scenario(
                "DaybookEventsWaiting",
                f"{consumer} falls behind",
                all_of(
                    handles, sets(SCHEDULER, "daybook_consumer_waiting", counts_every(0.2, start=AT), consumer=consumer)
                ),
                AT + 12 * MINUTE,
                (waits,),
            ),
            Scenario(
                "DaybookEventsWaiting",
                f"{consumer} is busy",
                all_of(
                    handles, sets(SCHEDULER, "daybook_consumer_waiting", before_and_after(0, AT, 5), consumer=consumer)
                ),
                40 * MINUTE,
            ),
        ]
    for service, metric, severity in (
        (SCHEDULER, "daybook_scheduler_outbox_oldest_timestamp_seconds", "page"),
        (DISPATCHER, "daybook_dispatcher_outbox_oldest_timestamp_seconds", "ticket"),
    ):
        scenarios += [
            Scenario(
                "DaybookOutboxGrowing",
                f"nothing of {service} is confirmed",
                sets(service, metric, before_and_after(0, AT, AT)),
                AT + 4 * MINUTE,
                (firing("DaybookOutboxGrowing", severity=severity),),
            ),
            Scenario(
                "DaybookOutboxGrowing",
                f"{service} waits a minute for NATS",
                sets(service, metric, for_a_while(AT, begin=AT, end=AT + MINUTE, otherwise=0)),
                QUIET,
            ),
        ]
    return [
        *scenarios,
        Scenario(
            "DaybookDeadLetters",
            "an event is put aside",
            sets(SCHEDULER, "daybook_dead_letters", before_and_after(0, AT, 1), subject="call.progressed"),
            AT + 2 * MINUTE,
            (firing("DaybookDeadLetters"),),
        ),
        Scenario(
            "DaybookDeadLetters",
            "old ones are still there, and some are removed",
            sets(SCHEDULER, "daybook_dead_letters", before_and_after(5, AT, 2), subject="call.progressed"),
            QUIET,
        ),
        Scenario(
            "DaybookDeadLetters",
            "all were removed, and one comes after that",
            sets(
                SCHEDULER,
                "daybook_dead_letters",
                before_and_after(before_and_after(5, AT, 0), AT + 5 * MINUTE, 1),
                subject="call.progressed",
            ),
            AT + 7 * MINUTE,
            (firing("DaybookDeadLetters"),),
        ),
    ]


def _conversations() -> list[Scenario]:
    def gateway(metric: str, *moments: int, **labels: str) -> Callable[[World], object]:
        return sets(GATEWAY, metric, counts(*moments), **labels)

    slow = [AT + 20 * number for number in range(6)]
    return [
        Scenario(
            "DaybookCallbacksMissing",
            "the dial of a call is taken, and no callback comes",
            all_of(
                sets(DISPATCHER, "daybook_dials_total", counts(AT), answer="Accepted"),
                sets(DISPATCHER, "daybook_events_handled_total", 0, subject="call.progressed", result="handled"),
            ),
            AT + 5 * MINUTE,
            (firing("DaybookCallbacksMissing"),),
        ),
        Scenario(
            "DaybookCallbacksMissing",
            "nobody picks up, and the carrier tells so",
            all_of(
                sets(DISPATCHER, "daybook_dials_total", counts(AT), answer="Accepted"),
                sets(
                    DISPATCHER,
                    "daybook_events_handled_total",
                    counts(AT + 2, AT + 4, AT + 32),
                    subject="call.progressed",
                    result="handled",
                ),
            ),
            40 * MINUTE,
        ),
        Scenario(
            "DaybookSignatureFailures",
            "the token of the account was changed",
            gateway("daybook_forged_requests_total", *range(AT, AT + 5 * MINUTE, 60), surface="status"),
            AT + 6 * MINUTE,
            (firing("DaybookSignatureFailures"),),
        ),
        Scenario(
            "DaybookSignatureFailures",
            "somebody tries the address now and then",
            gateway("daybook_forged_requests_total", *range(AT, 3 * HOUR, 10 * MINUTE), surface="voice"),
            3 * HOUR,
        ),
        Scenario(
            "DaybookConversationsFailing",
            "one after the other breaks off",
            gateway("daybook_conversations_total", AT, AT + 120, AT + 240, outcome="broken"),
            AT + 5 * MINUTE,
            (firing("DaybookConversationsFailing"),),
        ),
        Scenario(
            "DaybookConversationsFailing",
            "three of many break off",
            all_of(
                gateway("daybook_conversations_total", AT, AT + 120, AT + 240, outcome="broken"),
                sets(GATEWAY, "daybook_conversations_total", counts_every(20), outcome="completed"),
            ),
            QUIET,
        ),
        Scenario(
            "DaybookConversationsFailing",
            "a pod is killed under two calls",
            gateway("daybook_conversations_total", AT, AT + 1, outcome="broken"),
            QUIET,
        ),
        Scenario(
            "DaybookConversationsNotBegun",
            "the journal refuses the gateway",
            gateway("daybook_refused_streams_total", AT, AT + 9, AT + 18, reason="AioRpcError"),
            AT + MINUTE,
            (firing("DaybookConversationsNotBegun"),),
        ),
        Scenario(
            "DaybookConversationsNotBegun",
            "window-scheduler does not answer the gateway",
            gateway("daybook_refused_webhooks_total", AT, AT + 9, AT + 18, reason="Unavailable"),
            AT + MINUTE,
            (firing("DaybookConversationsNotBegun"),),
        ),
        Scenario(
            "DaybookConversationsNotBegun",
            "somebody tries to open streams without a token of ours",
            gateway("daybook_refused_streams_total", *range(AT, AT + HOUR, 30), reason="token_forged"),
            QUIET,
        ),
        Scenario(
            "DaybookTurnGapSlow",
            "the prompts of a call come late",
            all_of(
                gateway("daybook_turn_gap_seconds_count", *slow),
                sets(GATEWAY, "daybook_turn_gap_seconds_bucket", 0, le="1.0"),
            ),
            AT + 3 * MINUTE,
            (firing("DaybookTurnGapSlow"),),
        ),
        Scenario(
            "DaybookTurnGapSlow",
            "four prompts of a call come late",
            all_of(
                gateway("daybook_turn_gap_seconds_count", *slow[:4]),
                sets(GATEWAY, "daybook_turn_gap_seconds_bucket", 0, le="1.0"),
            ),
            QUIET,
        ),
        Scenario(
            "DaybookPromptsUnspoken",
            "text-to-speech is away",
            gateway("daybook_unspoken_prompts_total", AT, AT + 10, AT + 20, purpose="greeting"),
            AT + MINUTE,
            (firing("DaybookPromptsUnspoken"),),
        ),
        Scenario(
            "DaybookPromptsUnspoken",
            "two prompts of a day",
            gateway("daybook_unspoken_prompts_total", AT, AT + 3 * HOUR, purpose="greeting"),
            4 * HOUR,
        ),
        Scenario(
            "DaybookStandardTakesOver",
            "every gateway is full",
            gateway("daybook_orchestrator_chosen_total", AT, AT + 10, AT + 20, orchestrator="standard", reason="full"),
            AT + MINUTE,
            (firing("DaybookStandardTakesOver"),),
        ),
        Scenario(
            "DaybookStandardTakesOver",
            "the standard orchestrator is set",
            gateway(
                "daybook_orchestrator_chosen_total",
                *range(AT, AT + 3 * MINUTE, 30),
                orchestrator="standard",
                reason="DAYBOOK_ORCHESTRATOR",
            ),
            QUIET,
        ),
        Scenario(
            "DaybookVerdictsMissing",
            "Gemini does not answer during a call",
            gateway("daybook_verdicts_total", *range(AT, AT + 3 * MINUTE, 30), verdict="none"),
            AT + 4 * MINUTE,
            (firing("DaybookVerdictsMissing"),),
        ),
        Scenario(
            "DaybookVerdictsMissing",
            "some of many come too late",
            all_of(
                gateway("daybook_verdicts_total", *range(AT, AT + 3 * MINUTE, 30), verdict="none"),
                sets(GATEWAY, "daybook_verdicts_total", counts_every(10), verdict="answered"),
            ),
            QUIET,
        ),
        Scenario(
            "DaybookSpeechRestarts",
            "Google Speech ends every stream at once",
            gateway("daybook_speech_restarts_total", *range(AT, AT + MINUTE, 2), reason="unavailable"),
            AT + 2 * MINUTE,
            (firing("DaybookSpeechRestarts"),),
        ),
        Scenario(
            "DaybookSpeechRestarts",
            "streams are changed as they grow old",
            gateway("daybook_speech_restarts_total", *range(AT, HOUR, 30), reason="changed"),
            QUIET,
        ),
    ]


def _journal() -> list[Scenario]:
    not_stored = firing("DaybookRecordingsNotStored")
    unreadable = firing("DaybookKekUnreadable")
    tries = counts(*range(AT, AT + 5 * MINUTE, 30))
    return [
        Scenario(
            "DaybookRecordingsNotStored",
            "writes fail",
            sets(JOURNAL, "daybook_journal_store_failures_total", counts(AT, AT + 10, AT + 20), operation="put"),
            AT + 2 * MINUTE,
            (not_stored,),
        ),
        Scenario(
            "DaybookRecordingsNotStored",
            "the store does not answer, and nobody calls",
            sets(JOURNAL, DEPENDENCY, before_and_after(1, AT, 0), dependency="object_store"),
            TOLD,
            (not_stored,),
        ),
        Scenario(
            "DaybookRecordingsNotStored",
            "a write fails and is repeated",
            sets(JOURNAL, "daybook_journal_store_failures_total", counts(AT, AT + HOUR), operation="put"),
            2 * HOUR,
        ),
        Scenario(
            "DaybookWordsWaiting",
            "the journal takes nothing for two minutes",
            sets(GATEWAY, "daybook_spooled_bytes", before_and_after(0, AT, 3_000_000)),
            AT + 2 * MINUTE,
            (firing("DaybookWordsWaiting"),),
        ),
        Scenario(
            "DaybookWordsWaiting",
            "what was just said is on its way",
            sets(GATEWAY, "daybook_spooled_bytes", before_and_after(0, AT, 60_000)),
            QUIET,
        ),
        Scenario(
            "DaybookRecordsDamaged",
            "a turn does not open",
            sets(JOURNAL, "daybook_journal_records_damaged_total", counts(AT), kind="turn"),
            AT + MINUTE,
            (firing("DaybookRecordsDamaged"),),
        ),
        Scenario(
            "DaybookRecordsDamaged",
            "one that was told yesterday",
            sets(JOURNAL, "daybook_journal_records_damaged_total", 1, kind="turn"),
            QUIET,
        ),
        Scenario(
            "DaybookJournalAccessRefused",
            "a caller has another secret",
            sets(JOURNAL, "daybook_journal_accesses_refused_total", counts(AT), reason="token_forged"),
            AT + MINUTE,
            (firing("DaybookJournalAccessRefused"),),
        ),
        Scenario(
            "DaybookJournalAccessRefused",
            "somebody who tried yesterday",
            sets(JOURNAL, "daybook_journal_accesses_refused_total", 3, reason="another_person"),
            QUIET,
        ),
        Scenario(
            "DaybookEntriesNotDescribed",
            "an entry is given up",
            sets(JOURNAL, "daybook_journal_descriptions_ended_total", counts(AT), outcome="given_up"),
            AT + MINUTE,
            (firing("DaybookEntriesNotDescribed"),),
        ),
        Scenario(
            "DaybookEntriesNotDescribed",
            "the key of Gemini is revoked",
            all_of(
                sets(JOURNAL, "daybook_journal_descriptions_ended_total", 1, outcome="described"),
                sets(JOURNAL, "daybook_journal_description_tries_failed_total", tries, reason="refused"),
            ),
            AT + 5 * MINUTE,
            (firing("DaybookEntriesNotDescribed"),),
        ),
        Scenario(
            "DaybookEntriesNotDescribed",
            "Gemini is slow for some minutes, and describes others meanwhile",
            all_of(
                sets(JOURNAL, "daybook_journal_descriptions_ended_total", counts_every(MINUTE), outcome="described"),
                sets(JOURNAL, "daybook_journal_description_tries_failed_total", tries, reason="timeout"),
            ),
            QUIET,
        ),
        Scenario(
            "DaybookKekUnreadable",
            "the file is replaced under one of two replicas",
            sets(JOURNAL, "daybook_journal_kek_readable", before_and_after(1, AT, 0), pod="2"),
            AT + 2 * MINUTE,
            (unreadable,),
            pods={JOURNAL: ["1", "2"]},
        ),
        Scenario(
            "DaybookKekUnreadable",
            "a journal that has just started",
            sets(JOURNAL, "daybook_journal_kek_readable", for_a_while(0, begin=AT, end=AT + SCRAPE_S, otherwise=1)),
            QUIET,
        ),
    ]


RETAINS_S = 10 * MINUTE
RETAINS_OFTEN = (f"journal.retention.periodSeconds={RETAINS_S}", "journal.retention.activeDeadlineSeconds=60")
"""So that two periods are no two days."""
RETENTION_ENDED = "daybook_journal_retention_last_success_timestamp_seconds"


def _retention() -> list[Scenario]:
    ours, kubernetes = (
        firing("DaybookRetentionLate", told_by="daybook"),
        firing("DaybookRetentionLate", told_by="kubernetes"),
    )
    runs = all_of(
        sets(JOURNAL, RETENTION_ENDED, beats(RETAINS_S, after=20)),
        sets(CLUSTER, CRON_SUCCEEDED, beats(RETAINS_S, after=25), **OF_RETENTION),
    )
    last = RETAINS_S + 20
    told = last + 2 * RETAINS_S

    def scenario(story: str, change: Callable[[World], object], at: int, *fire: Firing) -> Scenario:
        return Scenario("DaybookRetentionLate", story, change, at, fire, settings=RETAINS_OFTEN)

    return [
        scenario("it runs as it should", runs, 2 * HOUR),
        scenario(
            "the runs stopped",
            all_of(
                sets(JOURNAL, RETENTION_ENDED, beats(RETAINS_S, after=20, until=last)),
                sets(CLUSTER, CRON_SUCCEEDED, beats(RETAINS_S, after=25, until=last + 5), **OF_RETENTION),
            ),
            told + SCRAPE_S,
            ours,
            kubernetes,
        ),
        scenario(
            "never since the installation",
            all_of(
                sets(JOURNAL, RETENTION_ENDED, 0),
                sets(JOURNAL, STARTED, 0),
                lambda w: w.forget(CLUSTER, CRON_SUCCEEDED, **OF_RETENTION),
                sets(CLUSTER, "kube_cronjob_created", 0, **OF_RETENTION),
            ),
            2 * RETAINS_S,
            ours,
            kubernetes,
        ),
        scenario(
            "installed just now",
            all_of(
                sets(JOURNAL, RETENTION_ENDED, 0),
                sets(JOURNAL, STARTED, 0),
                lambda w: w.forget(CLUSTER, CRON_SUCCEEDED, **OF_RETENTION),
                sets(CLUSTER, "kube_cronjob_created", 0, **OF_RETENTION),
            ),
            RETAINS_S + 5 * MINUTE,
        ),
        scenario(
            "the CronJob is deleted",
            all_of(
                runs,
                lambda w: [
                    w.end(CLUSTER, metric, at=AT, **OF_RETENTION)
                    for metric in [key[2] for key in w.series if key[2].startswith("kube_cronjob")]
                ],
            ),
            TOLD,
            kubernetes,
        ),
        scenario(
            "the CronJob is suspended",
            all_of(runs, sets(CLUSTER, "kube_cronjob_spec_suspend", before_and_after(0, AT, 1), **OF_RETENTION)),
            TOLD,
            kubernetes,
        ),
        Scenario(
            "DaybookRetentionLate",
            "entries that it cannot open",
            sets(JOURNAL, "daybook_journal_retention_unopened", before_and_after(0, AT, 2)),
            AT + MINUTE,
            (firing("DaybookRetentionLate", how="unopened"),),
        ),
    ]


def _dependencies() -> list[Scenario]:
    scenarios = []
    for alert, dependency, services in (
        ("DaybookNatsTrouble", "nats", (SCHEDULER, DISPATCHER, GATEWAY, JOURNAL)),
        ("DaybookDatabaseTrouble", "database", (SCHEDULER, DISPATCHER, JOURNAL, PORTAL)),
    ):
        told = firing(alert)
        away = before_and_after(1, AT + SCRAPE_S, 0)
        scenarios += [
            Scenario(
                alert,
                "it is gone",
                all_of(*(sets(service, DEPENDENCY, away, dependency=dependency) for service in services)),
                TOLD,
                (told,),
            ),
            Scenario(
                alert,
                "one service cannot reach it",
                sets(JOURNAL, DEPENDENCY, away, dependency=dependency),
                TOLD,
                (told,),
            ),
            Scenario(
                alert,
                "no process is left to tell of it",
                all_of(*(ends(service, DEPENDENCY, dependency=dependency) for service in services)),
                TOLD,
                (told,),
            ),
            Scenario(
                alert,
                "it restarts",
                all_of(
                    *(
                        sets(
                            service,
                            DEPENDENCY,
                            for_a_while(0, begin=AT, end=AT + SCRAPE_S, otherwise=1),
                            dependency=dependency,
                        )
                        for service in services
                    )
                ),
                QUIET,
            ),
            Scenario(
                alert,
                "one of two replicas cannot reach it",
                sets(JOURNAL, DEPENDENCY, away, pod="2", dependency=dependency),
                QUIET,
                pods={JOURNAL: ["1", "2"]},
            ),
        ]
    return scenarios


def _certificates() -> list[Scenario]:
    metric, days = "daybook_certificate_expires_timestamp_seconds", 24 * HOUR
    alert = "DaybookCertificateExpiring"
    return [
        Scenario(alert, "one of them ends soon", sets(JOURNAL, metric, steady(13 * days)), AT, (firing(alert),)),
        Scenario(alert, "they hold for a month", sets(JOURNAL, metric, steady(30 * days)), QUIET),
        Scenario(alert, "gRPC goes in clear, and there is none", sets(JOURNAL, metric, steady(0)), QUIET),
    ]


def _portal() -> list[Scenario]:
    missing, failing, slow = (firing(f"DaybookPortal{what}") for what in ("Missing", "Failing", "Slow"))
    failed, seconds = "daybook_portal_failed_pages_total", "daybook_portal_page_seconds_bucket"
    provider, came = firing("DaybookProviderFailing"), "daybook_portal_sign_ins_total"
    refused = sets(PORTAL, "daybook_portal_provider_failures_total", counts_every(5 * MINUTE), reason="client_refused")
    page = {"route": "/", "status": "2xx", "le": "1.0"}
    return [
        Scenario(missing.alert, "never scraped", lambda w: w.forget(PORTAL), 2 * PERIOD_S, (missing,)),
        Scenario(missing.alert, "the pod is gone", ends(PORTAL), TOLD, (missing,)),
        Scenario(missing.alert, "it does not answer", lambda w: w.unreachable(PORTAL, begin=AT), TOLD, (missing,)),
        Scenario(
            missing.alert,
            "one missed scrape",
            lambda w: w.unreachable(PORTAL, begin=AT, end=AT + SCRAPE_S),
            QUIET,
        ),
        Scenario(missing.alert, "one of two is gone", ends(PORTAL, pod="2"), QUIET, pods={PORTAL: ["1", "2"]}),
        Scenario(missing.alert, "it restarts", lambda w: w.restart(PORTAL, at=AT), QUIET),
        Scenario(failing.alert, "a page a minute fails", sets(PORTAL, failed, counts_every(MINUTE)), HOUR, (failing,)),
        Scenario(
            failing.alert,
            "a few fail in a moment when the database is moved",
            sets(PORTAL, failed, counts(*[AT + 5 * number for number in range(4)])),
            HOUR,
        ),
        Scenario(
            failing.alert,
            "many fail, and many more are shown",
            all_of(
                sets(PORTAL, failed, counts_every(2 * MINUTE)),
                sets(PORTAL, "daybook_portal_page_seconds_count", counts_every(1), route="/", status="2xx"),
                sets(PORTAL, seconds, counts_every(1.01), **page),
            ),
            HOUR,
        ),
        Scenario(slow.alert, "a fifth takes long", sets(PORTAL, seconds, counts_every(12.5), **page), HOUR, (slow,)),
        Scenario(
            provider.alert,
            "nobody comes back",
            all_of(refused, sets(PORTAL, came, steady(3), way="account")),
            HOUR,
            (provider,),
        ),
        Scenario(
            provider.alert,
            "others come back",
            all_of(refused, sets(PORTAL, came, counts_every(10 * MINUTE), way="account")),
            HOUR,
        ),
        Scenario(slow.alert, "one in twenty takes long", sets(PORTAL, seconds, counts_every(10.5), **page), HOUR),
    ]


SCENARIOS: list[Scenario] = [
    *_workers(),
    *_tick(),
    *_gateway_and_metrics(),
    *_calls(),
    *_events(),
    *_conversations(),
    *_journal(),
    *_retention(),
    *_dependencies(),
    *_certificates(),
    *_portal(),
]
