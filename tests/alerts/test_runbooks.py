"""Whoever is woken finds a page that says what it means, what follows, how to find the cause, and what to do."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from alerts.rules import CHART, REPOSITORY, TOOLS, alerts, rendered

RUNBOOKS = REPOSITORY / "docs" / "runbooks"
HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
ALERTS = sorted({rule.alert for rule in alerts()})


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_has_its_runbook(alert):
    text = (RUNBOOKS / f"{alert}.md").read_text()
    assert text.startswith(f"# {alert}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    for section in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]:
        assert len(section.strip()) > 40, "a heading with nothing below it helps nobody"


def test_each_runbook_has_its_alert_and_stands_in_the_index_under_its_severity():
    pages = {path.stem for path in RUNBOOKS.glob("Daybook*.md")}
    assert pages == set(ALERTS)
    index = (RUNBOOKS / "README.md").read_text()
    sections = dict(zip(*[iter(re.split(r"^## (.+)$", index, flags=re.MULTILINE)[1:])] * 2, strict=True))
    for severity, heading in (("page", "Page"), ("ticket", "Ticket"), ("none", "None")):
        listed = set(re.findall(r"\[(Daybook\w+)\]\(\1\.md\)", sections[heading]))
        assert listed == {rule.alert for rule in alerts() if rule.labels["severity"] == severity}


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda path: path.stem)
def test_a_runbook_links_to_pages_that_are_there(page: Path):
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), f"{target} is not there"


@pytest.mark.parametrize("rule", alerts(), ids=str)
def test_an_alert_tells_what_to_do_and_never_of_whom(rule):
    assert rule.alert.startswith("Daybook")
    assert rule.labels["severity"] in {"page", "ticket", "none"}
    assert rule.labels["service"]
    assert set(rule.annotations) == {"summary", "description", "runbook_url"}
    assert rule.annotations["runbook_url"].endswith(f"/docs/runbooks/{rule.alert}.md")
    used = set(re.findall(r"\$labels\.(\w+)", " ".join([*rule.annotations.values(), *rule.labels.values()])))
    assert used <= {"worker", "job", "subject", "reason", "kind"}


def test_the_address_of_the_runbooks_is_a_value():
    [first, *_] = rendered("monitoring.rules.runbookUrl=https://wiki.example.org/daybook/")["spec"]["groups"][0][
        "rules"
    ]
    assert first["annotations"]["runbook_url"] == f"https://wiki.example.org/daybook/{first['alert']}.md"


SOURCES = "".join(
    path.read_text()
    for folder in ("services", "libs/chassis/src")
    for path in sorted((REPOSITORY / folder).rglob("*.py"))
)
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


@pytest.mark.parametrize("alert", ALERTS)
def test_what_a_runbook_looks_for_in_a_log_is_what_the_services_log(alert):
    for line in (RUNBOOKS / f"{alert}.md").read_text().splitlines():
        _, found, pattern = line.partition("| grep ")
        for event in re.findall(r"\b[a-z]+\.[a-z_]+\b", pattern) if found else []:
            assert f'"{event}"' in SOURCES, f"no service logs {event}"


@pytest.mark.parametrize("alert", ALERTS)
def test_a_value_that_a_runbook_names_is_one_of_the_chart(alert):
    text = (RUNBOOKS / f"{alert}.md").read_text()
    for name in re.findall(r"`((?:" + "|".join(VALUES) + r")(?:\.\w+)+)", text):
        at = VALUES
        for part in name.split("."):
            assert part in at, f"the chart has no value {name}"
            at = at[part]


@pytest.mark.parametrize("alert", ALERTS)
def test_an_object_that_a_runbook_names_is_one_that_the_chart_makes(alert, chart_objects):
    text = (RUNBOOKS / f"{alert}.md").read_text()
    for kind, name in re.findall(
        r"\b(deploy|statefulset|cronjob|secret|prometheusrule)[/ ](daybook(?:-[a-z]+)*)", text
    ):
        assert (kind, name) in chart_objects


@pytest.fixture(scope="session")
def chart_objects() -> set[tuple[str, str]]:
    """Kind and name of each object of an evaluation, which has its own NATS and PostgreSQL."""
    values = str(CHART / "ci" / "evaluation-values.yaml")
    command = [str(TOOLS / "helm4"), "template", "daybook", str(CHART), "--namespace", "daybook", "--values", values]
    made = ""
    for mode in ("cronJob", "deployment"):
        settings = f"monitoring.rules.enabled=true,tls.mode=chart,windowScheduler.tick.mode={mode}"
        done = subprocess.run([*command, "--set", settings], capture_output=True, text=True, check=True)
        made += done.stdout
    kinds = {"Deployment": "deploy", "StatefulSet": "statefulset"}
    return {
        (kinds.get(each["kind"], each["kind"].lower()), each["metadata"]["name"])
        for each in yaml.safe_load_all(made)
        if each
    }
