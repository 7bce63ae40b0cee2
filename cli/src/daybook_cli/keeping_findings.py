"""The fourth question of the troubleshooting page: calls are answered, nothing reaches the journal. Pure."""

from datetime import UTC, datetime, timedelta

from daybook_cli.findings import Finding, Question, Severity
from daybook_cli.observations import JOURNAL, Health, Metrics, Observations, Place, Process
from daybook_cli.wording import counted, told

ENDINGS_CONSUMER = "journal-call-finished"

RETENTION_LATE = timedelta(days=2)
FEW_TRIES = 5
"""So many may come to nothing before it is said that none comes to anything."""

UNUSABLE = {
    "key": (
        "key_unreadable",
        "The journal lacks a key-encryption key: what it wraps cannot be read, and once the journal restarts it does not serve.",
        "Mount the key that its log names (key.unreadable) beside the others. Never make a new one in its place.",
        "DaybookKekUnreadable",
    ),
    "object_store": (
        "storage_unwritable",
        "The journal cannot write to its object store: recordings are not kept.",
        "See DAYBOOK_OBJECT_STORE_URL, its credentials, and whether there is room.",
        "DaybookRecordingsNotStored",
    ),
}


def keeping_findings(seen: Observations) -> list[Finding]:
    process = seen.process(JOURNAL)
    return [
        *_journal(seen, process),
        *_damaged(seen, process.metrics),
        *_retention(seen, process.metrics),
        *_descriptions(seen, process.metrics),
        *_events(seen),
    ]


def _found(severity: Severity, term: str, sentence: str, next_step: str = "", alert: str = "") -> Finding:
    return Finding(Question.KEEPING, severity, term, sentence, next_step, alert)


def _journal(seen: Observations, process: Process) -> list[Finding]:
    if process.health is Health.SILENT:
        sentence = (
            "The journal does not answer. Nothing that is said is kept: a call that is answered now is told so and ends, "
            "and conversations in progress wait for it with what is not kept yet."
        )
        return [_found(Severity.FAILURE, "journal_missing", sentence, seen.look(JOURNAL), "DaybookJournalMissing")]
    found = [
        _found(Severity.FAILURE, *UNUSABLE[part])
        for part in UNUSABLE
        if part in process.failing
        or _told_down(process.metrics, part)
        or (part == "key" and _key_lost(process.metrics))
    ]
    if found:
        return found
    if list(process.failing) == ["nats"]:
        sentence = "The journal cannot use nats. It keeps what is said, and does not hear which calls are over."
        return [_found(Severity.WARNING, "journal_not_ready", sentence, "See to NATS first.", "DaybookJournalMissing")]
    if process.health is not Health.READY:
        what = f"cannot use {', '.join(process.failing)}" if process.failing else "does not say whether it is ready"
        sentence = f"The journal {what}: what is said may not be kept."
        return [_found(Severity.FAILURE, "journal_not_ready", sentence, seen.look(JOURNAL), "DaybookJournalMissing")]
    metrics = process.metrics
    entries = int((metrics and metrics.value("daybook_journal_entries_made_total")) or 0)
    kept = counted(entries, "entry", "entries")
    sentence = f"The journal is ready, its key readable, its storage writable; {kept} since its start."
    return [_found(Severity.OK, "journal", sentence)]


def _told_down(metrics: Metrics | None, part: str) -> bool:
    return metrics is not None and metrics.value("daybook_dependency_up", dependency=part) == 0


def _key_lost(metrics: Metrics | None) -> bool:
    """Also while the process still has it in its memory, and is ready."""
    return metrics is not None and metrics.value("daybook_journal_kek_readable") == 0


def _damaged(seen: Observations, metrics: Metrics | None) -> list[Finding]:
    if metrics is None:
        return []
    damaged = int(sum(metrics.by_label("daybook_journal_records_damaged_total", "kind").values()))
    if not damaged:
        return []
    sentence = f"{counted(damaged, 'kept thing')} did not open: the key is another one, or the storage lost something."
    return [
        _found(Severity.FAILURE, "records_damaged", sentence, f"See {seen.logs(JOURNAL)}.", "DaybookRecordsDamaged")
    ]


def _retention(seen: Observations, metrics: Metrics | None) -> list[Finding]:
    """Whether what people wished to be removed is; where nothing was ever, as on a laptop, nothing is late."""
    found: list[Finding] = []
    last = metrics and metrics.value("daybook_journal_retention_last_success_timestamp_seconds")
    if last and seen.place is Place.CLUSTER:
        late = seen.now - datetime.fromtimestamp(last, tz=UTC)
        if late > RETENTION_LATE:
            sentence = f"What people wished to be removed by now is still kept: retention last reached its end {told(late)} ago."
            step = f"See `kubectl describe cronjob/{seen.fullname}-journal-retention`, and the log of its newest pod."
            found.append(_found(Severity.WARNING, "retention_late", sentence, step, "DaybookRetentionLate"))
    unopened = int((metrics and metrics.value("daybook_journal_retention_unopened")) or 0)
    if unopened:
        whose = counted(unopened, "entry", "entries")
        sentence = f"The audio of {whose} is kept for longer than wished: what belongs to it does not open."
        step = "Restore it from a backup, or delete it; `daybook journal fsck` names it."
        found.append(_found(Severity.WARNING, "retention_unopened", sentence, step, "DaybookRetentionLate"))
    return found


def _descriptions(seen: Observations, metrics: Metrics | None) -> list[Finding]:
    if metrics is None:
        return []
    ended = metrics.by_label("daybook_journal_descriptions_ended_total", "outcome")
    given_up = int(ended.get("given_up", 0))
    failed = int(sum(metrics.by_label("daybook_journal_description_tries_failed_total", "reason").values()))
    if given_up:
        sentence = f"{counted(given_up, 'entry', 'entries')} got no title and no summary: Gemini gave none in a day and a half."
    elif failed >= FEW_TRIES and not ended.get("described"):
        sentence = f"No entry gets a title or a summary: {counted(failed, 'try', 'tries')} to have one of Gemini came to nothing."
    else:
        return []
    step = f"See {seen.logs(JOURNAL)}. Is GEMINI_API_KEY valid, and has it the model?"
    return [_found(Severity.WARNING, "entries_not_described", sentence, step, "DaybookEntriesNotDescribed")]


def _events(seen: Observations) -> list[Finding]:
    if seen.streams is None:
        return []
    found: list[Finding] = []
    for name, consumer in seen.streams.consumers.items():
        waiting = consumer.waiting + consumer.in_hand
        if waiting and not consumer.listening:
            sentence = f"{counted(waiting, 'event')} wait in the stream for {name}, and nobody fetches them."
            step = "The service that this consumer is named for is away, or stuck: see the findings about it."
            found.append(_found(Severity.WARNING, "events_waiting", sentence, step, "DaybookEventsWaiting"))
    for subject, count in seen.streams.dead_letters.items():
        sentence = f"{counted(count, 'event')} ({subject}) could not be handled however often, and lie in DEADLETTERS."
        step = "`daybook deadletter list` says why; once that is mended, `daybook deadletter retry` sends them again."
        found.append(_found(Severity.WARNING, "dead_letters", sentence, step, "DaybookDeadLetters"))
    if not found and ENDINGS_CONSUMER in seen.streams.consumers:
        found.append(_found(Severity.OK, "events", "No events wait in the stream."))
    return found
