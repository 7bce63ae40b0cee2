"""What Prometheus would have scraped from a whole Daybook, as signals over time, for promtool's tests.

Time is in seconds from the test's beginning, which promtool sets at Unix time 0. A signal tells a series' value at a moment, or
that there is none.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SCRAPE_S = 30
TICK_S = 300
RETENTION_S = 24 * 3600
PERIOD_S = 60
"""Of a process that always runs: two scrapes, which are longer than the 15 seconds of its slowest loop."""

MINUTE = 60
HOUR = 3600

SCHEDULER, DISPATCHER, GATEWAY, JOURNAL = "window-scheduler", "call-dispatcher", "voice-gateway", "journal"
PORTAL = "portal"
WORKERS: Mapping[str, tuple[str, ...]] = {
    SCHEDULER: ("announce", "figures", "sign-ins", "consumer:window-scheduler"),
    DISPATCHER: (
        "dialer",
        "relay",
        "sweep",
        "consumer:call-dispatcher-scheduled",
        "consumer:call-dispatcher-withdrawn",
        "consumer:call-dispatcher-progressed",
    ),
    GATEWAY: (),
    JOURNAL: ("consumer:journal-call-finished", "retention-figures", "describer"),
    PORTAL: ("sessions", "programs"),
}
DEPENDENCIES: Mapping[str, tuple[str, ...]] = {
    SCHEDULER: ("database", "nats"),
    DISPATCHER: ("database", "nats"),
    GATEWAY: ("nats",),
    JOURNAL: ("database", "nats", "object_store", "key"),
    PORTAL: ("database",),
}

Signal = Callable[[int], float | None]


def steady(value: float) -> Signal:
    return lambda _at: value


def beats(every: int, *, after: int = 0, until: float = math.inf) -> Signal:
    """The time of a last success that comes every so often, so long after the full period, up to a moment."""
    return lambda at: max(1, (min(at, until) - after) // every * every + 1 + after)


def counts(*moments: int, start: int = 0) -> Signal:
    """A counter that counts one at each moment."""
    return lambda at: start + sum(moment <= at for moment in moments)


def counts_every(every: float, *, start: int = 0, end: float = math.inf) -> Signal:
    """A counter that counts one every so often, from a moment up to another."""
    return lambda at: max(0, min(at, end) - start) // every


def before_and_after(before: Signal | float | None, moment: int, after: Signal | float | None) -> Signal:
    """One signal until a moment, another from it on; None is an end without a trace, as Prometheus sees a target that is gone."""
    return lambda at: _value(before if at < moment else after, at)


def for_a_while(value: float | None, *, begin: int, end: int, otherwise: Signal | float) -> Signal:
    return before_and_after(before_and_after(otherwise, begin, value), end, otherwise)


def _value(signal: Signal | float | None, at: int) -> float | None:
    return signal(at) if callable(signal) else signal


def _begun_anew(metric: str, signal: Signal, at: int) -> Signal:
    """What a new process tells from its first scrape on: what it counts begins anew, and its loops have not run yet."""
    if metric == "process_start_time_seconds":
        return steady(at - 10)
    if metric == "daybook_windows_total":  # it is read from the database, and told once it was
        return before_and_after(None, at + SCRAPE_S, signal)
    if metric.endswith(("_total", "_count", "_bucket")):
        return _less(signal, signal(at) or 0)
    if metric.endswith("_timestamp_seconds") or metric == "daybook_journal_kek_readable":
        return before_and_after(0, at + SCRAPE_S, signal)
    return signal


def _less(counter: Signal, by: float) -> Signal:
    def less(at: int) -> float | None:
        value = counter(at)
        return None if value is None else value - by

    return less


@dataclass
class World:
    """The series of a Daybook in which all is well, to be changed by a scenario.

    Attributes:
        pods: the pods of each service, by the last part of their address.
        series: (service, pod, metric, labels) → signal.
    """

    pods: dict[str, list[str]] = field(default_factory=lambda: {service: ["1"] for service in WORKERS})
    series: dict[tuple[str, str, str, tuple[tuple[str, str], ...]], Signal] = field(default_factory=dict)

    def set(self, service: str, metric: str, signal: Signal | float, *, pod: str | None = None, **labels: str) -> None:
        """Sets a series of one pod, or of all pods of a service."""
        for each in [pod] if pod else self.pods[service]:
            key = (service, each, metric, tuple(sorted(labels.items())))
            self.series[key] = signal if callable(signal) else steady(signal)

    def forget(self, service: str, metric: str | None = None, **labels: str) -> None:
        """As if it had never been scraped: a whole service, one of its metrics, or one series."""
        for key in [key for key in self.series if _matches(key, service, None, metric, labels)]:
            del self.series[key]

    def end(self, service: str, metric: str | None = None, *, at: int, pod: str | None = None, **labels: str) -> None:
        """Series that are there until a moment."""
        for key in [key for key in self.series if _matches(key, service, pod, metric, labels)]:
            self.series[key] = before_and_after(self.series[key], at, None)

    def unreachable(self, service: str, *, begin: int, end: int = 10**9, pod: str | None = None) -> None:
        """A target whose scrapes fail: `up` is 0, and everything else is stale."""
        for key in [key for key in self.series if _matches(key, service, pod, None, {})]:
            if self.series[key](begin) is None:
                continue
            failing = 0.0 if key[2] == "up" else None
            self.series[key] = before_and_after(
                before_and_after(self.series[key], begin, failing), end, self.series[key]
            )

    def replace(self, service: str, old: str, new: str, *, at: int, drains: int = SCRAPE_S) -> None:
        """A deploy puts a new pod in the place of another, which goes on for a while."""
        self.pods[service].append(new)
        for key in [key for key in self.series if key[:2] == (service, old)]:
            signal, metric = self.series[key], key[2]
            self.series[key] = before_and_after(signal, at + drains, None)
            self.series[key[0], new, metric, key[3]] = before_and_after(None, at, _begun_anew(metric, signal, at))

    def restart(self, service: str, *, at: int) -> None:
        """The container of each pod begins again: one scrape is missed."""
        back = at + SCRAPE_S
        for key in [key for key, signal in self.series.items() if key[0] == service and signal(at) is not None]:
            signal, metric = self.series[key], key[2]
            after = before_and_after(signal, back, _begun_anew(metric, signal, back))
            self.series[key] = for_a_while(0 if metric == "up" else None, begin=at, end=back, otherwise=after)

    def input_series(self, until: int) -> list[dict[str, str]]:
        """All of it as promtool's input."""
        return [{"series": _name(*key), "values": _values(signal, until)} for key, signal in self.series.items()]


def healthy(pods: Mapping[str, list[str]] | None = None) -> World:
    """Everything runs, a tick ends well every five minutes, and a call is made now and then."""
    world = World()
    world.pods.update(pods or {})
    for service, workers in WORKERS.items():
        world.set(service, "up", 1)
        world.set(service, "process_start_time_seconds", -HOUR)
        for worker in workers:
            world.set(service, "daybook_worker_last_success_timestamp_seconds", beats(15), worker=worker)
        for dependency in DEPENDENCIES[service]:
            world.set(service, "daybook_dependency_up", 1, dependency=dependency)
    _healthy_scheduler(world)
    _healthy_dispatcher(world)
    _healthy_conversations(world)
    _healthy_portal(world)
    _healthy_cluster(world)
    return world


def _healthy_scheduler(world: World) -> None:
    world.set(SCHEDULER, "daybook_tick_last_start_timestamp_seconds", beats(TICK_S))
    # a tick takes 20 seconds, its pod's start included
    world.set(SCHEDULER, "daybook_tick_last_success_timestamp_seconds", beats(TICK_S, after=20))
    world.set(SCHEDULER, "daybook_windows_overdue", 0)
    for result in ("due", "scheduled", "declined"):
        world.set(SCHEDULER, "daybook_windows_total", counts_every(HOUR), result=result)
    world.set(SCHEDULER, "daybook_windows_total", 3, result="missed")
    world.set(SCHEDULER, "daybook_calls_undialed", 0)
    world.set(SCHEDULER, "daybook_calls_undialed_oldest_timestamp_seconds", 0)
    world.set(SCHEDULER, "daybook_scheduler_outbox_oldest_timestamp_seconds", 0)
    world.set(SCHEDULER, "daybook_dials_asked_total", counts_every(HOUR), answer="allowed")
    for consumer in (
        "call-dispatcher-scheduled",
        "call-dispatcher-withdrawn",
        "call-dispatcher-progressed",
        "window-scheduler",
        "journal-call-finished",
    ):
        world.set(SCHEDULER, "daybook_consumer_waiting", 0, consumer=consumer)
    for subject in ("call.scheduled", "call.withdrawn", "call.progressed", "call.finished"):
        world.set(SCHEDULER, "daybook_dead_letters", 0, subject=subject)
    world.set(SCHEDULER, "daybook_events_handled_total", counts_every(HOUR), subject="call.finished", result="handled")


def _healthy_dispatcher(world: World) -> None:
    world.set(DISPATCHER, "daybook_dials_total", counts_every(HOUR), answer="Accepted")
    for answer in ("Rejected", "TurnedAway", "OutcomeUnknown"):
        world.set(DISPATCHER, "daybook_dials_total", 0, answer=answer)
    world.set(
        DISPATCHER,
        "daybook_calls_finished_total",
        counts_every(HOUR),
        outcome="reflected",
        reason="reflection_completed",
    )
    world.set(DISPATCHER, "daybook_calls_finished_total", 0, outcome="missed", reason="window_closed")
    world.set(DISPATCHER, "daybook_attempts_unknown_oldest_timestamp_seconds", 0)
    world.set(DISPATCHER, "daybook_dispatcher_outbox_oldest_timestamp_seconds", 0)
    world.set(DISPATCHER, "daybook_rate_wait_seconds_total", 0)
    world.set(DISPATCHER, "daybook_carrier_account_refusals", 0)
    world.set(
        DISPATCHER, "daybook_events_handled_total", counts_every(HOUR), subject="call.scheduled", result="handled"
    )
    # a call an hour: rung, picked up, who picked up, the reflection's beginning and end, the call's end
    progressed = counts_every(HOUR / 6, start=MINUTE)
    world.set(DISPATCHER, "daybook_events_handled_total", progressed, subject="call.progressed", result="handled")


def _healthy_conversations(world: World) -> None:
    world.set(GATEWAY, "daybook_draining", 0)
    for surface in ("voice", "status", "amd", "resume", "gather", "stream"):
        world.set(GATEWAY, "daybook_forged_requests_total", 0, surface=surface)
    world.set(GATEWAY, "daybook_conversations_total", counts_every(HOUR), outcome="completed")
    for outcome in ("failed", "broken"):
        world.set(GATEWAY, "daybook_conversations_total", 0, outcome=outcome)
    for reason in ("AioRpcError", "Unavailable", "token_forged"):
        world.set(GATEWAY, "daybook_refused_streams_total", 0, reason=reason)
    world.set(GATEWAY, "daybook_refused_webhooks_total", 0, reason="Unavailable")
    world.set(GATEWAY, "daybook_turn_gap_seconds_count", counts_every(6 * MINUTE))
    world.set(GATEWAY, "daybook_turn_gap_seconds_bucket", counts_every(6 * MINUTE), le="1.0")
    world.set(GATEWAY, "daybook_verdicts_total", counts_every(10 * MINUTE), verdict="answered")
    world.set(GATEWAY, "daybook_verdicts_total", counts_every(HOUR), verdict="none")
    world.set(GATEWAY, "daybook_unspoken_prompts_total", 0, purpose="greeting")
    world.set(GATEWAY, "daybook_speech_restarts_total", counts_every(20 * MINUTE), reason="changed")
    world.set(GATEWAY, "daybook_speech_restarts_total", 0, reason="unavailable")
    world.set(JOURNAL, "daybook_journal_store_failures_total", 0, operation="put")
    for kind in ("turn", "audio.person"):
        world.set(JOURNAL, "daybook_journal_records_damaged_total", 0, kind=kind)
    world.set(JOURNAL, "daybook_journal_kek_readable", 1)
    world.set(JOURNAL, "daybook_journal_descriptions_ended_total", counts_every(HOUR), outcome="described")
    world.set(JOURNAL, "daybook_journal_descriptions_ended_total", 0, outcome="given_up")
    world.set(JOURNAL, "daybook_journal_description_tries_failed_total", counts_every(HOUR), reason="timeout")
    world.set(JOURNAL, "daybook_journal_retention_last_success_timestamp_seconds", beats(RETENTION_S))
    world.set(JOURNAL, "daybook_journal_retention_unopened", 0)
    world.set(JOURNAL, "daybook_events_handled_total", counts_every(HOUR), subject="call.finished", result="handled")


def _healthy_portal(world: World) -> None:
    # a page every ten seconds; one in a hundred takes long, and one fails now and then
    world.set(PORTAL, "daybook_portal_page_seconds_count", counts_every(10), route="/", status="2xx")
    world.set(PORTAL, "daybook_portal_page_seconds_bucket", counts_every(10.1), route="/", status="2xx", le="1.0")
    world.set(PORTAL, "daybook_portal_failed_pages_total", counts_every(20 * MINUTE))
    world.set(PORTAL, "daybook_portal_sign_ins_total", counts_every(HOUR), way="account")
    world.set(PORTAL, "daybook_portal_provider_failures_total", counts_every(HOUR), reason="no_answer")


CLUSTER = "kube-state-metrics"
OF_RETENTION = {"cronjob": "daybook-journal-retention"}


def _healthy_cluster(world: World) -> None:
    world.pods[CLUSTER] = ["1"]
    world.set(CLUSTER, "up", 1)
    world.set(CLUSTER, "kube_cronjob_info", 1)
    world.set(CLUSTER, "kube_cronjob_created", -HOUR)
    world.set(CLUSTER, "kube_cronjob_spec_suspend", 0)
    world.set(CLUSTER, "kube_cronjob_status_last_successful_time", beats(TICK_S, after=25))
    healthy_retention(world)


def healthy_retention(world: World) -> None:
    """The CronJob of retention, as kube-state-metrics tells it; that of the tick has no label here."""
    world.set(CLUSTER, "kube_cronjob_info", 1, **OF_RETENTION)
    world.set(CLUSTER, "kube_cronjob_created", -HOUR, **OF_RETENTION)
    world.set(CLUSTER, "kube_cronjob_spec_suspend", 0, **OF_RETENTION)
    world.set(CLUSTER, "kube_cronjob_status_last_successful_time", beats(RETENTION_S), **OF_RETENTION)


def _matches(
    key: tuple[str, str, str, tuple[tuple[str, str], ...]],
    service: str,
    pod: str | None,
    metric: str | None,
    labels: Mapping[str, str],
) -> bool:
    return (
        key[0] == service
        and pod in {None, key[1]}
        and metric in {None, key[2]}
        and labels.items() <= dict(key[3]).items()
    )


def _name(service: str, pod: str, metric: str, labels: tuple[tuple[str, str], ...]) -> str:
    if service == CLUSTER:
        target = {
            "job": CLUSTER,
            "namespace": "monitoring" if metric == "up" else "daybook",
            "instance": "10.0.9.1:8080",
        }
        if metric != "up":
            target[metric.split("_")[1]] = "daybook-window-scheduler-tick"
    else:
        address = f"10.0.0.{pod}:8080"
        target = {
            "job": f"daybook-{service}",
            "namespace": "daybook",
            "instance": address,
            "pod": f"daybook-{service}-{pod}",
        }
    pairs = ",".join(f'{name}="{value}"' for name, value in {**target, **dict(labels)}.items())
    return f"{metric}{{{pairs}}}"


def _values(signal: Signal, until: int) -> str:
    told = []
    there = False
    for at in range(0, until + 1, SCRAPE_S):
        value = signal(at)
        if value is None:
            told.append("stale" if there else "_")
        else:
            told.append(f"{value:.10g}")
        there = value is not None
    return " ".join(told)
