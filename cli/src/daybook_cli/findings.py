"""What `daybook doctor` finds: each with what follows from it and the next step to take. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How much a finding matters; the worst one decides the exit status."""

    OK = 0
    INFO = 1
    """It explains why something is as it is, and nothing is wrong."""
    WARNING = 2
    """Somebody should look."""
    FAILURE = 3
    """Calls are not made, what is said is not kept, or people do not reach it."""

    @property
    def term(self) -> str:
        return self.name.lower()


class Question(StrEnum):
    """The first system's troubleshooting page, after what all of it stands on, and before what that system did without."""

    FOUNDATIONS = "What all of it stands on"
    SCHEDULING = "1. Are calls being scheduled?"
    DIALING = "2. Are scheduled calls made?"
    SPEAKING = "3. Are conversations held, through Google?"
    KEEPING = "4. Does what is said reach the journal?"
    VISITING = "5. Do people reach their pages?"


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        term: what it is, as a stable term.
        sentence: what it is, and what follows from it.
        next_step: what to do about it; empty where nothing is to be done.
        alert: the alert that speaks of the same, whose runbook says more; empty where there is none.
    """

    question: Question
    severity: Severity
    term: str
    sentence: str
    next_step: str = ""
    alert: str = ""

    @property
    def runbook(self) -> str:
        return f"docs/runbooks/{self.alert}.md" if self.alert else ""


def exit_status(findings: Sequence[Finding]) -> int:
    """0 where nothing is wrong, 1 where somebody should look, 2 where something fails."""
    worst = max((finding.severity for finding in findings), default=Severity.OK)
    return {Severity.WARNING: 1, Severity.FAILURE: 2}.get(worst, 0)
