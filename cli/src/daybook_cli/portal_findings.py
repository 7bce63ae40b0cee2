"""The fifth question: whether people reach their pages. Calls are made without them. Pure."""

from daybook_cli.findings import Finding, Question, Severity
from daybook_cli.observations import PORTAL, Health, Metrics, Observations, Process
from daybook_cli.wording import counted

FEW_FAILURES = 5
"""So many pages may fail before anything is concluded from it."""
MUCH = 0.05
"""Of all pages; a part that was away for a moment fails fewer."""


def portal_findings(seen: Observations) -> list[Finding]:
    if PORTAL not in seen.processes:
        return []  # it is not installed
    process = seen.process(PORTAL)
    return [_portal(seen, process), *_failures(seen, process.metrics)]


def _found(severity: Severity, term: str, sentence: str, next_step: str = "", alert: str = "") -> Finding:
    return Finding(Question.VISITING, severity, term, sentence, next_step, alert)


def _portal(seen: Observations, process: Process) -> Finding:
    if process.health is Health.SILENT:
        sentence = (
            "The portal does not answer. Calls are made all the same, and nobody can sign in: people cannot change a window, "
            "read their journal or take back their consent there."
        )
        return _found(Severity.FAILURE, "portal_missing", sentence, seen.look(PORTAL), "DaybookPortalMissing")
    if process.health is not Health.READY:
        what = f"cannot use {', '.join(process.failing)}" if process.failing else "does not say whether it is ready"
        sentence = f"The portal {what}: nobody can sign in, and who is signed in sees no page."
        return _found(Severity.FAILURE, "portal_not_ready", sentence, seen.look(PORTAL), "DaybookPortalMissing")
    pages, _ = _shown(process.metrics)
    return _found(Severity.OK, "portal", f"The portal is ready; {counted(pages, 'page')} since its start.")


def _failures(seen: Observations, metrics: Metrics | None) -> list[Finding]:
    pages, failed = _shown(metrics)
    if failed < FEW_FAILURES or failed < MUCH * pages:
        return []
    # its counters have no times; the alert asks Prometheus, which does
    sentence = f"Of {counted(pages, 'page')} that people asked of the portal since its start, {failed} failed: now, or long ago."
    step = (
        f"See {seen.logs(PORTAL)} (page.failed), which tells when; the alert looks at the last 15 minutes. Where they fail now, "
        "see what is found above: a page says so where a service is away."
    )
    return [_found(Severity.WARNING, "pages_failing", sentence, step, "DaybookPortalFailing")]


def _shown(metrics: Metrics | None) -> tuple[int, int]:
    """How many pages were asked for, and how many of them failed."""
    by_status = metrics.by_label("daybook_portal_page_seconds_count", "status") if metrics is not None else {}
    return int(sum(by_status.values())), int(by_status.get("5xx", 0))
