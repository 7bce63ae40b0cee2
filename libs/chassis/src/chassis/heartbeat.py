"""When each loop of a process last did what it is for. One that hangs or fails beats no more, and an alert names it."""

from prometheus_client import Gauge

from chassis.clock import Clock

last_success = Gauge(
    "daybook_worker_last_success_timestamp_seconds",
    "When a loop last came through a round, with or without anything to do (Unix time); 0 before the first.",
    ["worker"],
)


class Heartbeat:
    """The beat of one loop: `beat()` at the end of each good round, and at no other time."""

    def __init__(self, worker: str, clock: Clock) -> None:
        self._last = last_success.labels(worker)
        self._clock = clock

    def beat(self) -> None:
        self._last.set(self._clock.now().timestamp())
