"""What the journal counts, for Grafana and the alerts. Labels are stable terms, never an id."""

from prometheus_client import Counter, Gauge

from journal.envelope import Kind
from journal.records import Outcome, Speaker

sessions_started = Counter("daybook_journal_sessions_started_total", "Reflection sessions begun.")
sessions_ended = Counter("daybook_journal_sessions_ended_total", "Reflection sessions ended, by outcome.", ["outcome"])
turns_kept = Counter("daybook_journal_turns_kept_total", "Turns made durable, by speaker.", ["speaker"])
segments_kept = Counter("daybook_journal_segments_kept_total", "Segments of audio made durable, by track.", ["track"])
entries_made = Counter("daybook_journal_entries_made_total", "Journal entries made.")
entries_deleted = Counter("daybook_journal_entries_deleted_total", "Journal entries deleted at a person's wish.")
persons_erased = Counter("daybook_journal_persons_erased_total", "Persons whose key was destroyed.")
records_damaged = Counter("daybook_journal_records_damaged_total", "Kept things that did not open, by kind.", ["kind"])
key_readable = Gauge("daybook_journal_kek_readable", "1 while the key-encryption key can be used, else 0.")
store_failures = Counter(
    "daybook_journal_store_failures_total", "Writes to the object store that failed.", ["operation"]
)

for _speaker in Speaker:
    turns_kept.labels(_speaker)
    segments_kept.labels(_speaker)
for _outcome in Outcome:
    sessions_ended.labels(_outcome)
for _kind in Kind:
    records_damaged.labels(_kind)
for _operation in ("put", "replace", "delete"):
    store_failures.labels(_operation)
