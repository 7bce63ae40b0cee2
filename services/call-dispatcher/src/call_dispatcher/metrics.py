"""What this service counts. Labels are stable terms, never ids."""

from prometheus_client import Counter, Gauge, Histogram

from call_dispatcher.attempts import (
    AbsentAtCarrier,
    Accepted,
    CarrierReported,
    LostAtCarrier,
    OutcomeUnknown,
    Rejected,
    TimePassed,
    TurnedAway,
)
from call_dispatcher.calls import Outcome, WithdrawalReason
from daybook.scheduler.v1.scheduler_pb2 import DIAL_REFUSAL_UNSPECIFIED, DialRefusal

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
outbox_oldest = Gauge(
    "daybook_dispatcher_outbox_oldest_timestamp_seconds", "Since when the oldest of them waits; 0: there is none."
)
attempts_unknown = Gauge("daybook_attempts_unknown", "Attempts whose POST has no known outcome.")
attempts_unknown_oldest = Gauge(
    "daybook_attempts_unknown_oldest_timestamp_seconds", "When the oldest of them was submitted; 0: there is none."
)
calls_answered = Counter("daybook_calls_answered_total", "Calls in which a person or a machine picked up.")
account_refusals = Gauge(
    "daybook_carrier_account_refusals",
    "How often the carrier has refused the account since it last took a call; 0: it does not.",
)
rate_wait_s = Counter("daybook_rate_wait_seconds_total", "Seconds in which due dials waited for the carrier's rate.")


def refusal_term(refusal: DialRefusal.ValueType) -> str:
    """window-scheduler's refusal as the reason that is counted and kept."""
    return DialRefusal.Name(refusal).removeprefix("DIAL_REFUSAL_").lower()


for _answer in (Accepted, Rejected, TurnedAway, OutcomeUnknown):
    dials.labels(_answer.__name__)
for _found in (CarrierReported, AbsentAtCarrier, LostAtCarrier, TimePassed):
    attempts_reconciled.labels(_found.__name__)
for _refusal in DialRefusal.values():
    if _refusal != DIAL_REFUSAL_UNSPECIFIED:
        dials_held_back.labels(refusal_term(_refusal))
dials_held_back.labels("scheduler_unavailable")
for _outcome in Outcome:
    calls_finished.labels(_outcome, "window_closed")
for _outcome, _reason in (
    (Outcome.REFLECTED, "reflection_completed"),
    (Outcome.CODE_TOLD, "code_told"),
    (Outcome.VOICEMAIL, "machine_answered"),
    (Outcome.OPTED_OUT, "asked_not_to_be_called"),
    (Outcome.CUT_SHORT, "reflection_cut_short"),
    (Outcome.CUT_SHORT, "reflection_end_not_told"),
    (Outcome.FAILED, "number_cannot_be_called"),
    (Outcome.FAILED, "blocked_by_the_network"),
    (Outcome.FAILED, "number_not_reachable"),
    (Outcome.FAILED, "carrier_account_needs_operator"),
    (Outcome.MISSED, "carrier_account_needs_operator"),
    (Outcome.FAILED, "carrier_failed"),
    (Outcome.UNKNOWN, "carrier_never_told"),
    *((outcome, "attempts_exhausted") for outcome in Outcome),
    *((outcome, reason) for outcome in Outcome for reason in WithdrawalReason),
):
    calls_finished.labels(_outcome, _reason)
