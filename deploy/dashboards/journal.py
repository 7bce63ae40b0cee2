"""Journal: what was said is kept, and can be opened."""

from dashboards.grafana import Json, Panel, Query, Row, dashboard, none_yet

RETENTION_ENDED = "daybook_journal_retention_last_success_timestamp_seconds"


def journal() -> Json:
    return dashboard(
        "journal",
        "Journal",
        "What the journal keeps, and whether it can: its keys, its object store, its records.",
        (
            Row("Can it keep and open"),
            Panel(
                "Key-encryption key",
                "1 while a journal that starts now finds every key that wraps a person's. 0: one that restarts does "
                "not serve until the missing one is back; nothing is lost.",
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
            Panel(
                "Refused",
                "Calls that were not let in, in the time shown, by why. The audit log says what was asked for.",
                "short",
                (
                    Query(
                        none_yet(
                            "sum by (reason) (increase(daybook_journal_accesses_refused_total[$__range]))", "reason"
                        ),
                        "{{reason}}",
                    ),
                ),
                kind="stat",
                width=24,
                height=4,
                limits=((1, "red"),),
                decimals=0,
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
                "Entries made in the time shown, those that came from an archive, and those deleted at a person's wish.",
                "short",
                (
                    Query("sum(increase(daybook_journal_entries_made_total[$__range]))", "made"),
                    Query("sum(increase(daybook_journal_entries_imported_total[$__range]))", "imported"),
                    Query("sum(increase(daybook_journal_entries_deleted_total[$__range]))", "deleted"),
                ),
                kind="stat",
                decimals=0,
            ),
            Panel(
                "Descriptions",
                "What became of entries that were to be described, in the time shown: by Gemini; written by their person before; "
                "unwished by them; given up after seven tries.",
                "short",
                (
                    Query(
                        "sum by (outcome) (increase(daybook_journal_descriptions_ended_total[$__range]))", "{{outcome}}"
                    ),
                ),
                kind="stat",
                decimals=0,
            ),
            Panel(
                "Tries to describe an entry that came to nothing",
                "In the time shown, by why. Each entry is tried again, later each time.",
                "short",
                (
                    Query(
                        "sum by (reason) (increase(daybook_journal_description_tries_failed_total[$__range]))",
                        "{{reason}}",
                    ),
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
                "Since retention last reached its end",
                "It comes once a day and removes what its person wished to be kept for so many days. 0 where it never ran.",
                "s",
                (Query(f"max((time() - {RETENTION_ENDED}) * ({RETENTION_ENDED} > bool 0))", "ago"),),
                kind="stat",
                limits=((2 * 86_400, "red"),),
            ),
            Panel(
                "What retention removed",
                "In its last run: recordings of entries that stay, and whole entries; and what it left, since it does not open.",
                "short",
                (
                    Query("max by (what) (daybook_journal_retention_removed)", "{{what}}"),
                    Query("max(daybook_journal_retention_unopened)", "left"),
                ),
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
