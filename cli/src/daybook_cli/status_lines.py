"""How it goes, in a few lines: the last tick, what is pending, the calls of the last day, the alerts. Pure."""

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook_cli.observations import Observations
from daybook_cli.wording import counted, moment, outcome_told, since


def figures(seen: Observations) -> list[str]:
    """One line each; what could not be asked is said to be unknown."""
    return [
        f"Last tick: {_tick(seen)}",
        f"Calls of the last 24 h: {_calls(seen.overview, seen.dials)}",
        f"Pending: {_pending(seen.dials)}",
        *_alerts(seen),
    ]


def _tick(seen: Observations) -> str:
    if seen.overview is None:
        return "unknown, window-scheduler does not answer"
    if not seen.overview.HasField("last_tick"):
        return "none yet"
    last = seen.overview.last_tick
    return (
        f"{since(moment(last.finished_at), seen.now)}; of {counted(last.found, 'due window')} {last.scheduled} scheduled, "
        f"{last.declined} declined, {last.missed} missed"
    )


def _calls(overview: scheduler.GetOverviewResponse | None, dials: dispatcher.GetOverviewResponse | None) -> str:
    if overview is None:
        return "unknown"
    calls = overview.calls
    ended = ", ".join(f"{each.calls} {outcome_told(each.outcome)}" for each in calls.ended)
    unfinished = calls.scheduled - sum(each.calls for each in calls.ended)
    under_way = f", {dials.live} under way" if dials is not None and dials.live else ""
    told = f"{calls.scheduled} scheduled, {calls.authorized} dialed, {unfinished} not over{under_way}"
    return f"{told}; ended: {ended}" if ended else told


def _pending(dials: dispatcher.GetOverviewResponse | None) -> str:
    if dials is None:
        return "unknown, call-dispatcher does not answer"
    return f"{counted(dials.pending, 'call')}, {dials.due} due now"


def _alerts(seen: Observations) -> list[str]:
    if seen.alerts is None:
        return []
    return [f"Alerts firing: {', '.join(seen.alerts) or 'none'}"]
