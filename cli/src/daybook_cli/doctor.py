"""`daybook doctor`: answers the troubleshooting page by itself, with the next step to take."""

import asyncio
import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding

from chassis.clock import SystemClock
from daybook_cli.dialing_findings import dialing_findings
from daybook_cli.errors import NotRunning
from daybook_cli.examination import examine
from daybook_cli.findings import Finding, Question, Severity, exit_status
from daybook_cli.foundation_findings import foundation_findings
from daybook_cli.keeping_findings import keeping_findings
from daybook_cli.observations import Observations
from daybook_cli.portal_findings import portal_findings
from daybook_cli.scheduling_findings import scheduling_findings
from daybook_cli.speaking_findings import speaking_findings
from daybook_cli.surroundings import find_surroundings

STYLES = {
    Severity.OK: ("green", "✓"),
    Severity.INFO: ("cyan", "·"),
    Severity.WARNING: ("yellow", "!"),
    Severity.FAILURE: ("bold red", "✗"),
}
VERDICTS = {0: "Nothing is wrong.", 1: "Somebody should look.", 2: "Something fails."}

console = Console(highlight=False)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Why calls are not made, if they are not, and what to do about it. Exit status 0: nothing is wrong; 1: look; 2: it fails."""
    try:
        surroundings = find_surroundings()
    except NotRunning as error:
        step = "Start it: `make up`, or `daybook up`."
        findings = [Finding(Question.FOUNDATIONS, Severity.FAILURE, "not_running", str(error), step)]
    else:
        findings = diagnose(asyncio.run(examine(surroundings, SystemClock())))
    if as_json:
        print(
            json.dumps({"status": exit_status(findings), "findings": [_as_json(each) for each in findings]}, indent=2)
        )
    else:
        _show(findings)
    raise typer.Exit(exit_status(findings))


def diagnose(seen: Observations) -> list[Finding]:
    """All findings, in the order of the page."""
    return [
        *foundation_findings(seen),
        *scheduling_findings(seen),
        *dialing_findings(seen),
        *speaking_findings(seen),
        *keeping_findings(seen),
        *portal_findings(seen),
    ]


def _show(findings: Sequence[Finding]) -> None:
    for question in Question:
        of_it = [finding for finding in findings if finding.question is question]
        if of_it:
            console.print(question.value, style="bold")
        for finding in of_it:
            style, mark = STYLES[finding.severity]
            console.print(Padding(f"[{style}]{mark}[/] {_plain(finding.sentence)}", (0, 0, 0, 2)))
            if finding.next_step:
                more = f" More in {finding.runbook}." if finding.runbook else ""
                console.print(Padding(f"[dim]→[/] {_plain(finding.next_step)}{more}", (0, 0, 0, 6)))
    console.print(f"\n{VERDICTS[exit_status(findings)]}")


def _plain(sentence: str) -> str:
    """As it is, also where it holds what rich takes for a style."""
    return sentence.replace("[", r"\[")


def _as_json(finding: Finding) -> dict[str, str]:
    return {
        "question": finding.question.name.lower(),
        "severity": finding.severity.term,
        "term": finding.term,
        "sentence": finding.sentence,
        "next_step": finding.next_step,
        "runbook": finding.runbook,
    }
