from datetime import UTC, datetime, timedelta

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook_cli.observations import Observations, Place
from daybook_cli.status_lines import figures

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_how_it_goes_fits_into_a_few_lines():
    overview = scheduler.GetOverviewResponse(
        last_tick=scheduler.Tick(found=3, scheduled=2, declined=1),
        calls=scheduler.CallCounts(
            scheduled=9, authorized=8, ended=[scheduler.OutcomeCount(outcome="CALL_OUTCOME_NO_ANSWER", calls=6)]
        ),
    )
    overview.last_tick.finished_at.FromDatetime(NOW - timedelta(minutes=3))
    dials = dispatcher.GetOverviewResponse(pending=2, due=1, live=1)
    seen = Observations(now=NOW, place=Place.LOCAL, processes={}, overview=overview, dials=dials, alerts=["DaybookX"])
    assert figures(seen) == [
        "Last tick: 3 min ago; of 3 due windows 2 scheduled, 1 declined, 0 missed",
        "Calls of the last 24 h: 9 scheduled, 8 dialed, 3 not over, 1 under way; ended: 6 no answer",
        "Pending: 2 calls, 1 due now",
        "Alerts firing: DaybookX",
    ]


def test_what_does_not_answer_is_unknown():
    assert figures(Observations(now=NOW, place=Place.CLUSTER, processes={})) == [
        "Last tick: unknown, window-scheduler does not answer",
        "Calls of the last 24 h: unknown",
        "Pending: unknown, call-dispatcher does not answer",
    ]
