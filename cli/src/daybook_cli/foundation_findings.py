"""What all of Daybook stands on: NATS, PostgreSQL, and in a cluster what Kubernetes tells of the workloads. Pure."""

from daybook_cli.findings import Finding, Question, Severity
from daybook_cli.observations import SERVICES, Health, Observations, Place

WITHOUT_NATS = (
    "Calls are scheduled and kept, and none is announced, dialed or reported; nothing of it is lost, and all of it goes out as "
    "soon as NATS is back."
)
WITHOUT_POSTGRESQL = (
    "No call is scheduled, none is dialed, and nothing that is said is kept: a call that is answered now is told so and "
    "ends."
)


def foundation_findings(seen: Observations) -> list[Finding]:
    return [*_nats(seen), *_postgresql(seen), *_workloads(seen)]


def _found(severity: Severity, term: str, sentence: str, next_step: str = "", alert: str = "") -> Finding:
    return Finding(Question.FOUNDATIONS, severity, term, sentence, next_step, alert)


def _nats(seen: Observations) -> list[Finding]:
    if seen.streams is None:
        step = (
            "See `daybook status` and `daybook logs nats`."
            if seen.place is Place.LOCAL
            else _workload_step(seen, "nats")
        )
        return [
            _found(
                Severity.FAILURE, "nats_missing", f"NATS does not answer. {WITHOUT_NATS}", step, "DaybookNatsTrouble"
            )
        ]
    if seen.streams.calls is None:
        return [
            _found(
                Severity.FAILURE,
                "stream_missing",
                f"NATS answers, and has no stream CALLS. {WITHOUT_NATS}",
                f"window-scheduler makes it when it starts: {seen.look('window-scheduler')}",
            )
        ]
    return [_found(Severity.OK, "nats", f"NATS answers; the stream CALLS holds {seen.streams.calls} events.")]


def _workload_step(seen: Observations, component: str) -> str:
    name = f"{seen.fullname}-{component}"
    return (
        f"See `kubectl describe statefulset/{name}` and `kubectl logs statefulset/{name}`; where it is not the chart's own, "
        "see to the one that the values name."
    )


def _postgresql(seen: Observations) -> list[Finding]:
    told_down = [service for service in SERVICES if _database_is_down(seen, service)]
    if told_down:
        step = (
            "See `daybook status` and `daybook logs postgres`."
            if seen.place is Place.LOCAL
            else _workload_step(seen, "postgresql")
        )
        sentence = f"PostgreSQL does not answer, say {', '.join(told_down)}. {WITHOUT_POSTGRESQL}"
        return [_found(Severity.FAILURE, "postgresql_missing", sentence, step, "DaybookDatabaseTrouble")]
    if any(seen.process(service).health is Health.READY for service in SERVICES if service != "voice-gateway"):
        return [_found(Severity.OK, "postgresql", "PostgreSQL answers.")]
    return []


def _database_is_down(seen: Observations, service: str) -> bool:
    process = seen.process(service)
    if "database" in process.failing:
        return True
    return process.metrics is not None and process.metrics.value("daybook_dependency_up", dependency="database") == 0


def _workloads(seen: Observations) -> list[Finding]:
    """What Kubernetes tells of the workloads that no question of the page is about; those have findings of their own."""
    if seen.cluster is None:
        if seen.place is Place.CLUSTER:
            return [
                _found(
                    Severity.WARNING,
                    "kubernetes_silent",
                    "The API of Kubernetes does not answer, or does not let the toolbox look: whether the CronJob is suspended "
                    "and which pods are missing is not known.",
                    f"See the Role of the service account {seen.fullname}-toolbox, and the NetworkPolicy of the toolbox.",
                )
            ]
        return []
    short = [each for each in seen.cluster.deployments if each.ready < each.wanted]
    return [
        _found(
            Severity.FAILURE if each.ready == 0 else Severity.WARNING,
            "replicas_missing",
            f"{each.name} has {each.ready} of {each.wanted} pods ready.",
            f"See `kubectl get pods` and `kubectl describe deploy/{each.name}`.",
        )
        for each in short
    ]
