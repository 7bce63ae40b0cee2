"""Calls today: the ring of the design as a funnel, and where calls fell out of it."""

from dashboards.grafana import Json, Panel, Query, Row, dashboard, none_yet

FUNNEL = (
    Query('max(increase(daybook_windows_total{result="due"}[$__range]))', "1 windows due"),
    Query('max(increase(daybook_windows_total{result="scheduled"}[$__range]))', "2 scheduled"),
    Query(
        'sum(increase(daybook_calls_finished_total{outcome!~"missed|refused"}[$__range])) + max(daybook_attempts_live)',
        "3 dialed",
    ),
    Query("sum(increase(daybook_calls_answered_total[$__range]))", "4 answered"),
    Query('sum(increase(daybook_calls_finished_total{outcome="reflected"}[$__range]))', "5 completed"),
    Query("sum(increase(daybook_journal_entries_made_total[$__range]))", "6 kept"),
)


def calls_today() -> Json:
    return dashboard(
        "calls-today",
        "Calls today",
        "From the window that opens to the entry that is kept, and where calls fell out on the way. The time shown is the day.",
        (
            Panel(
                "From window to entry",
                "Each bar is what reached that step in the time shown. A call counts as dialed once while it is with "
                "the carrier or when it has ended after a dial, however many tries it took. Kept can exceed "
                "completed: a call that was cut short keeps what was said as well. A step that is much shorter than "
                "the one before is explained below.",
                "short",
                FUNNEL,
                kind="bargauge",
                width=14,
                height=9,
                decimals=0,
            ),
            Panel(
                "Waiting now",
                "Windows that have opened and no tick has looked at; calls that were scheduled and nobody asked to "
                "dial; calls that wait to be dialed, for their time, a retry or the carrier's rate; attempts with the "
                "carrier; conversations that run. Undialed calls while windows are open mean that the dispatcher does "
                "not work: see Workers.",
                "short",
                (
                    Query("max(daybook_windows_overdue)", "windows no tick has seen"),
                    Query("max(daybook_calls_undialed)", "scheduled, not asked for"),
                    Query("max(daybook_calls_pending)", "to be dialed"),
                    Query("max(daybook_attempts_live)", "with the carrier"),
                    Query("sum(daybook_calls_in_progress)", "in conversation"),
                ),
                kind="bargauge",
                width=6,
                height=9,
                decimals=0,
            ),
            Panel(
                "Alerts",
                "Alerts of Daybook that fire now. Each names its runbook; what follows from it, `daybook doctor` says.",
                "short",
                (
                    Query(
                        'count(ALERTS{alertname=~"Daybook.+",alertstate="firing",severity!="none"}) or on() vector(0)',
                        "firing",
                    ),
                ),
                kind="stat",
                width=4,
                height=3,
                limits=((1, "red"),),
            ),
            Panel(
                "Since the last tick",
                "Since the last tick that reached its end. Red from two periods of five minutes on: calls are "
                "scheduled late, then missed.",
                "s",
                (Query("time() - max(daybook_tick_last_success_timestamp_seconds)", "ago"),),
                kind="stat",
                width=4,
                height=3,
                limits=((330, "orange"), (570, "red")),
            ),
            Panel(
                "People",
                "People that Daybook knows, and those with a window that may open. Who opted out, or never consented, "
                "is not called.",
                "short",
                (
                    Query('max(daybook_people{state="all"})', "all"),
                    Query('max(daybook_people{state="with_windows"})', "with windows"),
                ),
                kind="stat",
                width=4,
                height=3,
            ),
            Row("Where they fell out"),
            Panel(
                "Before they were scheduled",
                "Windows that a tick found and made no call of: declined (no consent, opted out, quiet hours, a call "
                "that day already), or missed: closed before a tick came. Missed ones are our fault.",
                "short",
                (
                    Query(
                        'max by (result) (increase(daybook_windows_total{result=~"declined|missed"}[$__range]))',
                        "{{result}}",
                    ),
                ),
                kind="bargauge",
                decimals=0,
            ),
            Panel(
                "Not dialed, by the rule",
                "Dials that were asked for and not allowed, or held back, by the reason. scheduler_unavailable is our "
                "fault; the others are rules that somebody set.",
                "short",
                (
                    Query(
                        none_yet("sum by (reason) (increase(daybook_dials_held_back_total[$__range])) > 0", "reason"),
                        "{{reason}}",
                    ),
                    Query(
                        none_yet(
                            'sum by (answer) (increase(daybook_dials_asked_total{answer!="allowed"}[$__range])) > 0',
                            "answer",
                        ),
                        "not allowed: {{answer}}",
                    ),
                ),
                kind="bargauge",
                decimals=0,
            ),
            Panel(
                "What the carrier said",
                "Its answer to each POST. OutcomeUnknown is looked after by the sweep before another try; Rejected "
                "and TurnedAway have their code in the log of call-dispatcher.",
                "short",
                (Query("sum by (answer) (increase(daybook_dials_total[$__range]))", "{{answer}}"),),
                kind="bargauge",
                decimals=0,
            ),
            Panel(
                "How calls ended",
                "By outcome, each call once. missed, failed and unknown are ours or the carrier's; the others are people's.",
                "short",
                (
                    Query(
                        none_yet("sum by (outcome) (increase(daybook_calls_finished_total[$__range])) > 0", "outcome"),
                        "{{outcome}}",
                    ),
                ),
                kind="bargauge",
                width=12,
                decimals=0,
            ),
            Panel(
                "Why they ended so",
                "The reason that is kept with the outcome. `daybook explain PERSON` tells it for one person.",
                "short",
                (
                    Query(
                        none_yet(
                            "sum by (outcome, reason) "
                            '(increase(daybook_calls_finished_total{outcome!="reflected"}[$__range])) > 0',
                            "outcome",
                        ),
                        "{{outcome}}: {{reason}}",
                    ),
                ),
                kind="bargauge",
                width=12,
                decimals=0,
            ),
            Row("Through the day"),
            Panel(
                "Calls",
                "How many a minute were scheduled, handed to the carrier, answered and finished.",
                "cpm",
                (
                    Query('60 * max(rate(daybook_windows_total{result="scheduled"}[$__rate_interval]))', "scheduled"),
                    Query("60 * sum(rate(daybook_dials_total[$__rate_interval]))", "dialed"),
                    Query("60 * sum(rate(daybook_calls_answered_total[$__rate_interval]))", "answered"),
                    Query("60 * sum(rate(daybook_calls_finished_total[$__rate_interval]))", "finished"),
                ),
                width=12,
            ),
            Panel(
                "Waiting",
                "What waits to be dialed, and conversations that run. A queue that grows while the carrier's rate is "
                "the limit is told by the panel beside it.",
                "short",
                (
                    Query("max(daybook_calls_undialed)", "scheduled, not asked for"),
                    Query("max(daybook_calls_pending)", "to be dialed"),
                    Query("sum(daybook_calls_in_progress)", "in conversation"),
                ),
                width=6,
            ),
            Panel(
                "Waiting for the carrier's rate",
                "The share of the time in which due dials waited for the calls a second that the carrier allows.",
                "percentunit",
                (Query("sum(rate(daybook_rate_wait_seconds_total[$__rate_interval]))", "waiting"),),
                width=6,
                limits=((0.5, "orange"), (0.8, "red")),
            ),
        ),
        since="now/d",
    )
