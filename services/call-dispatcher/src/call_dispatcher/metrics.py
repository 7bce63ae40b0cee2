"""What this service counts. Labels are stable terms, never ids."""

from prometheus_client import Counter, Gauge, Histogram

dials = Counter("daybook_dials_total", "Calls handed to the carrier, by its answer.", ["answer"])
dial_delay = Histogram(
    "daybook_dial_delay_seconds",
    "From the moment a call was due to its POST to the carrier.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300),
)
dials_held_back = Counter("daybook_dials_held_back_total", "Dials that were not made, by the reason.", ["reason"])
calls_finished = Counter(
    "daybook_calls_finished_total", "Scheduled calls that came to their end.", ["outcome", "reason"]
)
attempts_reconciled = Counter(
    "daybook_attempts_reconciled_total", "Silent attempts that were looked after, by what was found.", ["found"]
)
calls_pending = Gauge("daybook_calls_pending", "Calls that wait to be dialed.")
attempts_live = Gauge("daybook_attempts_live", "Attempts that are with the carrier, or may be.")
outbox_unpublished = Gauge("daybook_dispatcher_outbox_unpublished", "Events that wait to be published.")
last_sweep = Gauge("daybook_last_sweep_timestamp_seconds", "When the last sweep succeeded, Unix time.")
