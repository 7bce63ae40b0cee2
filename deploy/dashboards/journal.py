"""Journal: what was said is kept, and can be opened."""

from dashboards.grafana import Json, Panel, Query, Row, dashboard, none_yet


def journal() -> Json:
    return dashboard(
        "journal",
        "Journal",
        "What the journal keeps, and whether it can: its keys, its object store, its records.",
        (
            Row("Can it keep and open"),
            Panel(
                "Key-encryption key",
                "1 while the key that wraps all others can be used. 0: nothing can be written or read until it is "
                "back; nothing is lost.",
                "short",
                (Query("min(daybook_journal_kek_readable)", "readable"),),
                kind="stat",
                width=6,
                height=5,
                colour="red",
                limits=((1, "green"),),
            ),
            Panel(
                "Damaged records",
                "Kept things that did not open, in the time shown, by kind. Any at all: compare the object store with "
                "its backup.",
                "short",
                (
                    Query(
                        none_yet("sum by (kind) (increase(daybook_journal_records_damaged_total[$__range]))", "kind"),
                        "{{kind}}",
                    ),
                ),
                kind="stat",
                width=6,
                height=5,
                limits=((1, "red"),),
                decimals=0,
            ),
            Panel(
                "Writes that the object store refused",
                "In the time shown, by what was to be done. The gateway keeps audio in its memory and tries again.",
                "short",
                (
                    Query(
                        "sum by (operation) (increase(daybook_journal_store_failures_total[$__range]))",
                        "{{operation}}",
                    ),
                ),
                kind="stat",
                width=6,
                height=5,
                limits=((1, "red"),),
                decimals=0,
            ),
            Panel(
                "What it depends on",
                "What the journal reached when it last asked: 1, or 0 where it got no answer.",
                "short",
                (Query('min by (dependency) (daybook_dependency_up{job=~".*journal"})', "{{dependency}}"),),
                kind="bargauge",
                width=6,
                height=5,
                colour="red",
                limits=((1, "green"),),
            ),
            Row("What it keeps"),
            Panel(
                "Sessions",
                "Reflections that began, and that ended by how, a minute.",
                "cpm",
                (
                    Query("60 * sum(rate(daybook_journal_sessions_started_total[$__rate_interval]))", "started"),
                    Query(
                        "60 * sum by (outcome) (rate(daybook_journal_sessions_ended_total[$__rate_interval]))",
                        "ended: {{outcome}}",
                    ),
                ),
            ),
            Panel(
                "Turns",
                "Turns made durable, a minute, by speaker. While a conversation runs, both grow.",
                "cpm",
                (
                    Query(
                        "60 * sum by (speaker) (rate(daybook_journal_turns_kept_total[$__rate_interval]))",
                        "{{speaker}}",
                    ),
                ),
            ),
            Panel(
                "Audio",
                "Segments of a second of audio made durable, a second, by track: as many as conversations run.",
                "cps",
                (Query("sum by (track) (rate(daybook_journal_segments_kept_total[$__rate_interval]))", "{{track}}"),),
            ),
            Panel(
                "Entries",
                "Entries made in the time shown, and those deleted at a person's wish.",
                "short",
                (
                    Query("sum(increase(daybook_journal_entries_made_total[$__range]))", "made"),
                    Query("sum(increase(daybook_journal_entries_deleted_total[$__range]))", "deleted"),
                ),
                kind="stat",
                decimals=0,
            ),
            Panel(
                "Persons erased",
                "Persons whose key was destroyed in the time shown: none of their words can be read any more, by anybody.",
                "short",
                (Query("sum(increase(daybook_journal_persons_erased_total[$__range]))", "erased"),),
                kind="stat",
                decimals=0,
            ),
            Panel(
                "Tries repeated by the gateway",
                "Requests to the journal that the gateway had to repeat, a minute. It does so until what was said is kept.",
                "cpm",
                (
                    Query(
                        "60 * sum by (request) (rate(daybook_journal_retries_total[$__rate_interval]))",
                        "{{request}}",
                    ),
                ),
                stacked=True,
            ),
        ),
    )
