"""What the journal counts, for Grafana and the alerts. Labels are stable terms, never an id."""

from prometheus_client import Counter, Gauge, Histogram

from chassis.tokens import REASONS
from journal.envelope import Kind
from journal.records import Author, DescriptionEnding, Outcome, Speaker, Undescribed
from journal.rights import ANOTHER_PERSON, NOT_FOR_THIS_CALLER

sessions_started = Counter("daybook_journal_sessions_started_total", "Reflection sessions begun.")
sessions_ended = Counter("daybook_journal_sessions_ended_total", "Reflection sessions ended, by outcome.", ["outcome"])
turns_kept = Counter("daybook_journal_turns_kept_total", "Turns made durable, by speaker.", ["speaker"])
segments_kept = Counter("daybook_journal_segments_kept_total", "Segments of audio made durable, by track.", ["track"])
entries_made = Counter("daybook_journal_entries_made_total", "Journal entries made.")
entries_deleted = Counter("daybook_journal_entries_deleted_total", "Journal entries deleted at a person's wish.")
revisions_made = Counter("daybook_journal_revisions_made_total", "Revisions of entries made, by author.", ["author"])
entries_imported = Counter("daybook_journal_entries_imported_total", "Journal entries that came from an archive.")
journals_exported = Counter(
    "daybook_journal_journals_exported_total", "Persons' journals that were exported to the end."
)
descriptions_ended = Counter(
    "daybook_journal_descriptions_ended_total", "What became of entries that were to be described.", ["outcome"]
)
description_tries_failed = Counter(
    "daybook_journal_description_tries_failed_total", "Tries to describe an entry that came to nothing.", ["reason"]
)
description_s = Histogram(
    "daybook_journal_description_seconds",
    "How long a try to describe an entry took.",
    buckets=(0.25, 0.5, 1, 2, 4, 8, 16, 32),
)
keys_rewrapped = Counter(
    "daybook_journal_keys_rewrapped_total", "Persons' keys wrapped anew under the active key-encryption key."
)
persons_erased = Counter("daybook_journal_persons_erased_total", "Persons whose key was destroyed.")
records_damaged = Counter("daybook_journal_records_damaged_total", "Kept things that did not open, by kind.", ["kind"])
accesses_refused = Counter("daybook_journal_accesses_refused_total", "Calls that were not let in, by why.", ["reason"])
key_readable = Gauge(
    "daybook_journal_kek_readable", "1 while a journal that starts now finds every key-encryption key it needs, else 0."
)
retention_last_success = Gauge(
    "daybook_journal_retention_last_success_timestamp_seconds",
    "When the last run of retention came to its end (Unix time); 0 where none has.",
)
retention_removed = Gauge("daybook_journal_retention_removed", "What the last run of retention removed.", ["what"])
retention_unopened = Gauge(
    "daybook_journal_retention_unopened",
    "Entries that kept their audio beyond its limit in the last run of retention, since what belongs to them does not open.",
)
store_failures = Counter(
    "daybook_journal_store_failures_total", "Writes to the object store that failed.", ["operation"]
)

for _speaker in Speaker:
    turns_kept.labels(_speaker)
    segments_kept.labels(_speaker)
for _author in Author:
    revisions_made.labels(_author)
for _ending in DescriptionEnding:
    descriptions_ended.labels(_ending)
for _undescribed in Undescribed:
    description_tries_failed.labels(_undescribed)
for _outcome in Outcome:
    sessions_ended.labels(_outcome)
for _kind in Kind:
    records_damaged.labels(_kind)
for _what in ("recordings", "entries"):
    retention_removed.labels(_what)
for _reason in (*REASONS, NOT_FOR_THIS_CALLER, ANOTHER_PERSON):
    accesses_refused.labels(_reason)
for _operation in ("put", "delete"):
    store_failures.labels(_operation)
