"""Workers: is everybody there who has to be for a call to happen."""

from dashboards.grafana import Json, Panel, Query, Row, dashboard


def age(gauge: str, legend: str) -> Query:
    """How old the moment is that a gauge tells as Unix time; 0 where it tells of none."""
    return Query(f"max((time() - {gauge}) * ({gauge} > bool 0))", legend)


def workers() -> Json:
    return dashboard(
        "workers",
        "Workers",
        "Each worker's last success, what waits for it, and what it depends on. Begin here when calls do not happen.",
        (
            Row("Are they there"),
            Panel(
                "Processes",
                "Whether each process answers Prometheus. 0: it is gone or hangs.",
                "short",
                (Query("up{}", "{{job}} {{instance}}"),),
                kind="bargauge",
                colour="red",
                limits=((1, "green"),),
            ),
            Panel(
                "Since each worker's last good round",
                "Every worker has a round at least every 15 seconds, also when there is nothing to do. Red: it hangs "
                "or fails, though its process may answer.",
                "s",
                (
                    Query(
                        "time() - max by (job, worker) (daybook_worker_last_success_timestamp_seconds)",
                        "{{job}} {{worker}}",
                    ),
                ),
                kind="bargauge",
                limits=((30, "orange"), (90, "red")),
            ),
            Panel(
                "What they depend on",
                "What each process reached when it last asked, some seconds ago: 1, or 0 where it got no answer. The "
                "same part red for all is down; for one alone, its way there is.",
                "short",
                (Query("min by (job, dependency) (daybook_dependency_up)", "{{job}} → {{dependency}}"),),
                kind="bargauge",
                colour="red",
                limits=((1, "green"),),
            ),
            Row("The tick"),
            Panel(
                "Since its last start, and its last end",
                "The tick comes every five minutes. A start without an end that follows: it hangs or fails; its log says how.",
                "s",
                (
                    age("daybook_tick_last_start_timestamp_seconds", "started"),
                    age("daybook_tick_last_success_timestamp_seconds", "reached its end"),
                ),
                limits=((600, "red"),),
            ),
            Panel(
                "How long it took",
                "From its start to its end. Near the period, ticks begin to be left out.",
                "s",
                (Query("max(daybook_tick_duration_seconds)", "took"),),
                limits=((240, "red"),),
            ),
            Panel(
                "What the last one found",
                "Windows that the last tick found due, and what became of them.",
                "short",
                (Query("max by (result) (daybook_tick_windows)", "{{result}}"),),
                kind="bargauge",
            ),
            Row("What waits"),
            Panel(
                "Events not finished, by consumer",
                "Messages of the stream that a durable consumer has not finished. One that grows: its service is away "
                "or fails at an event, and its log says which.",
                "short",
                (Query("max by (consumer) (daybook_consumer_waiting)", "{{consumer}}"),),
            ),
            Panel(
                "Events not published",
                "What is stored and not yet told to the others. It grows while NATS is away.",
                "short",
                (
                    Query("max(daybook_scheduler_outbox_unpublished)", "window-scheduler"),
                    Query("max(daybook_dispatcher_outbox_unpublished)", "call-dispatcher"),
                ),
            ),
            Panel(
                "The oldest of what waits",
                "How long the oldest has waited: an event to be published, a call that nobody asked to dial though "
                "its window is open, an attempt whose POST has no known outcome.",
                "s",
                (
                    age("daybook_scheduler_outbox_oldest_timestamp_seconds", "unpublished by window-scheduler"),
                    age("daybook_dispatcher_outbox_oldest_timestamp_seconds", "unpublished by call-dispatcher"),
                    age("daybook_calls_undialed_oldest_timestamp_seconds", "undialed call"),
                    age("daybook_attempts_unknown_oldest_timestamp_seconds", "unknown outcome"),
                ),
                limits=((60, "orange"), (120, "red")),
            ),
            Panel(
                "Dead letters",
                "Messages that no handler could take, put aside by their subject with the reason. Each is a call that "
                "may not have gone on.",
                "short",
                (Query("max by (subject) (daybook_dead_letters)", "{{subject}}"),),
                kind="bargauge",
                limits=((1, "red"),),
            ),
            Panel(
                "Unknown outcomes",
                "Attempts of which it is not known whether the carrier took them, and what became of those that were "
                "looked after, a minute.",
                "short",
                (
                    Query("max(daybook_attempts_unknown)", "unknown now"),
                    Query(
                        "60 * sum by (found) (rate(daybook_attempts_reconciled_total[$__rate_interval]))",
                        "{{found}} a minute",
                    ),
                ),
            ),
            Row("What they do"),
            Panel(
                "Events handled",
                "A minute, by kind and by what became of them. Those retried come again by themselves.",
                "cpm",
                (
                    Query(
                        "60 * sum by (job, subject, result) (rate(daybook_events_handled_total[$__rate_interval]))",
                        "{{job}} {{subject}} {{result}}",
                    ),
                ),
                width=12,
            ),
            Panel(
                "Events published",
                "A minute, by kind.",
                "cpm",
                (
                    Query(
                        "60 * sum by (job, subject) (rate(daybook_events_published_total[$__rate_interval]))",
                        "{{job}} {{subject}}",
                    ),
                ),
                width=12,
            ),
            Panel(
                "Starts",
                "How often each process began anew in the time shown. A rollout counts, a crash too.",
                "short",
                (Query("sum by (job) (changes(process_start_time_seconds[$__range]))", "{{job}}"),),
                kind="bargauge",
            ),
            Panel(
                "Cores",
                "Processor time a second, by process.",
                "short",
                (Query("rate(process_cpu_seconds_total[$__rate_interval])", "{{job}} {{instance}}"),),
                decimals=3,
            ),
            Panel(
                "Memory",
                "Resident memory, by process.",
                "bytes",
                (Query("process_resident_memory_bytes", "{{job}} {{instance}}"),),
            ),
        ),
    )
