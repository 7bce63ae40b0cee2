"""What `daybook doctor` and `daybook status` have seen, before anything is concluded from it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.scheduler.v1 import scheduler_pb2 as scheduler

SCHEDULER, DISPATCHER, GATEWAY, JOURNAL = "window-scheduler", "call-dispatcher", "voice-gateway", "journal"
PORTAL = "portal"
SERVICES = (SCHEDULER, DISPATCHER, GATEWAY, JOURNAL, PORTAL)


class Place(StrEnum):
    LOCAL = "local"
    """Here, started by `daybook up` or `daybook run`."""
    CLUSTER = "cluster"


class Health(StrEnum):
    READY = "ready"
    NOT_READY = "not_ready"
    """It answers, and says that a part it needs is not usable."""
    SLOW = "slow"
    """It lives, and does not say in time whether it is ready: a part it needs keeps it waiting."""
    SILENT = "silent"
    """It does not answer at all."""


@dataclass(frozen=True)
class Metrics:
    """What a process tells at /metrics: the value of each sample by its name and labels."""

    samples: Mapping[tuple[str, frozenset[tuple[str, str]]], float] = field(default_factory=dict)

    def value(self, name: str, **labels: str) -> float | None:
        return self.samples.get((name, frozenset(labels.items())))

    def by_label(self, name: str, label: str) -> dict[str, float]:
        """The values of one metric, added up by one of its labels."""
        found: dict[str, float] = {}
        for (sample, labels), value in self.samples.items():
            told = dict(labels).get(label)
            if sample == name and told is not None:
                found[told] = found.get(told, 0.0) + value
        return found

    @property
    def started_at(self) -> datetime | None:
        """When the process started."""
        seconds = self.value("process_start_time_seconds")
        return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)


@dataclass(frozen=True)
class Process:
    """How a service stands.

    Attributes:
        failing: of one that is not ready, each part that is not usable.
        metrics: none where it did not tell.
    """

    health: Health
    failing: Sequence[str] = ()
    metrics: Metrics | None = None


@dataclass(frozen=True)
class Consumer:
    """A durable consumer of the stream CALLS.

    Attributes:
        waiting: messages that it has not been given yet.
        in_hand: messages that it was given and has not finished.
        listening: somebody asks it for messages now.
    """

    waiting: int
    in_hand: int
    listening: bool


@dataclass(frozen=True)
class Streams:
    """What NATS tells of the streams. `calls` is none where the stream is not there."""

    calls: int | None
    consumers: Mapping[str, Consumer]
    dead_letters: Mapping[str, int]


@dataclass(frozen=True)
class CronJob:
    """The tick as Kubernetes knows it."""

    suspended: bool
    schedule: str
    last_scheduled_at: datetime | None
    last_succeeded_at: datetime | None
    failed_jobs: int


@dataclass(frozen=True)
class Deployment:
    name: str
    wanted: int
    ready: int


@dataclass(frozen=True)
class Cluster:
    """What Kubernetes tells.

    Attributes:
        tick: none where there is no CronJob; a Deployment may tick instead.
        deployments: those of Daybook, StatefulSets included.
    """

    tick: CronJob | None
    deployments: Sequence[Deployment]


@dataclass(frozen=True)
class Observations:
    """Everything that was seen. What could not be had is none: its party did not answer in time.

    Attributes:
        outside: outside party → "real" or "emulated", as far as it is known.
        alerts: names of the alerts that fire; none where no Prometheus is known or it does not answer.
        cluster: none also where this is no cluster.
        fullname: what the names of a cluster's workloads begin with.
    """

    now: datetime
    place: Place
    processes: Mapping[str, Process]
    overview: scheduler.GetOverviewResponse | None = None
    dials: dispatcher.GetOverviewResponse | None = None
    streams: Streams | None = None
    cluster: Cluster | None = None
    alerts: Sequence[str] | None = None
    outside: Mapping[str, str] = field(default_factory=dict)
    fullname: str = "daybook"

    def process(self, service: str) -> Process:
        return self.processes.get(service, Process(Health.SILENT))

    def logs(self, service: str) -> str:
        """The command that shows a service's log."""
        if self.place is Place.LOCAL:
            return f"`daybook logs {service}`"
        return f"`kubectl logs deploy/{self.fullname}-{service} --tail=50`"

    def look(self, service: str) -> str:
        """The commands that show why a service does not run."""
        if self.place is Place.LOCAL:
            return f"See `daybook status` and {self.logs(service)}; `daybook down` and `daybook up` start it afresh."
        return f"See `kubectl describe deploy/{self.fullname}-{service}` and {self.logs(service)}."


def stalled_workers(metrics: Metrics | None, *, now: datetime, within_s: float) -> list[str]:
    """The loops of a process that have not come through a round for so long."""
    if metrics is None or metrics.started_at is None:
        return []
    began = metrics.started_at.timestamp()
    beats = metrics.by_label("daybook_worker_last_success_timestamp_seconds", "worker")
    return sorted(worker for worker, at in beats.items() if now.timestamp() - max(at, began) > within_s)
