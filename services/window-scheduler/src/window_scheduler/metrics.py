"""What `api` tells Prometheus. A tick is over before anyone could ask it, so its rows are read (`figures.py`)."""

from collections.abc import Iterable, Mapping

from prometheus_client import REGISTRY, Counter, Gauge
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from daybook.events.v1.events_pb2 import CALL_OUTCOME_UNSPECIFIED, CallOutcome
from daybook.scheduler.v1.scheduler_pb2 import DIAL_REFUSAL_UNSPECIFIED, DialRefusal
from window_scheduler.dialing_rules import Refusal
from window_scheduler.sign_in import NotCalled

tick_last_start = Gauge(
    "daybook_tick_last_start_timestamp_seconds", "When the newest tick began (Unix time); 0 where none has."
)
tick_last_success = Gauge(
    "daybook_tick_last_success_timestamp_seconds", "When the last tick reached its end (Unix time); 0 where none has."
)
tick_duration = Gauge("daybook_tick_duration_seconds", "How long the last tick took.")
tick_windows = Gauge("daybook_tick_windows", "What became of the windows that the last tick found due.", ["result"])
windows_overdue = Gauge("daybook_windows_overdue", "Windows that have opened and no tick has looked at yet.")
calls_undialed = Gauge(
    "daybook_calls_undialed", "Unfinished calls whose window is open and that nobody ever asked to dial."
)
calls_undialed_oldest = Gauge(
    "daybook_calls_undialed_oldest_timestamp_seconds", "Since when the oldest of them may be dialed; 0: there is none."
)
outbox_unpublished = Gauge(
    "daybook_scheduler_outbox_unpublished",
    "Events of scheduled and withdrawn calls that are stored and not yet announced.",
)
outbox_oldest = Gauge(
    "daybook_scheduler_outbox_oldest_timestamp_seconds", "Since when the oldest of them waits; 0: there is none."
)
people = Gauge("daybook_people", "People, by what stands in the way of calling them; one may be in several.", ["state"])
consumer_waiting = Gauge(
    "daybook_consumer_waiting", "Events in the stream CALLS that a consumer has not finished.", ["consumer"]
)
dead_letters = Gauge(
    "daybook_dead_letters", "Events that could not be handled and were put aside, by their subject.", ["subject"]
)
dials_asked = Counter(
    "daybook_dials_asked_total", "Dials asked for, by the answer: allowed, or the rule against it.", ["answer"]
)
calls_announced_again = Counter(
    "daybook_calls_announced_again_total",
    "Announcements of calls that were made once more, since nobody asked to dial them.",
)
SIGN_IN_CALLED, SIGN_IN_TOO_OFTEN = "called", "too_often"
sign_ins = Counter(
    "daybook_sign_ins_total",
    "Calls for signing in that were asked for, by what came of it: called, or why nobody is.",
    ["decision"],
)
sign_in_codes = Counter("daybook_sign_in_codes_total", "Codes that were checked, by the answer.", ["answer"])
calls_finished = Counter("daybook_scheduled_calls_ended_total", "Calls that came to their end.", ["outcome"])


def term_of(refusal: DialRefusal.ValueType) -> str:
    """A refusal as a label and a term of the log."""
    return DialRefusal.Name(refusal).removeprefix("DIAL_REFUSAL_").lower()


class WindowTotals(Collector):
    """`daybook_windows_total`: a counter that is kept in the database, since a tick's process is gone before it is scraped.

    Every replica tells the same. Before the figures were first read it tells nothing: a 0 would look like a reset, and what
    follows like as many new windows.
    """

    def __init__(self) -> None:
        self._totals: Mapping[str, int] = {}

    def set(self, totals: Mapping[str, int]) -> None:
        self._totals = totals

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "daybook_windows", "Windows that were found due, and what became of them.", labels=["result"]
        )
        for result, count in self._totals.items():
            family.add_metric([result], count)
        yield family


windows_total = WindowTotals()
REGISTRY.register(windows_total)

for _answer in (
    "allowed",
    *(term_of(refusal) for refusal in DialRefusal.values() if refusal != DIAL_REFUSAL_UNSPECIFIED),
):
    dials_asked.labels(_answer)
for _decision in (SIGN_IN_CALLED, SIGN_IN_TOO_OFTEN, *NotCalled, *Refusal):
    sign_ins.labels(_decision)
for _code in ("right", "wrong"):
    sign_in_codes.labels(_code)
for _outcome in CallOutcome.values():
    if _outcome != CALL_OUTCOME_UNSPECIFIED:
        calls_finished.labels(CallOutcome.Name(_outcome))
