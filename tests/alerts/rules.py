"""The chart's alerts as Prometheus gets them, and promtool to try them with."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
TOOLS = REPOSITORY / ".venv" / "tools"
CHART = REPOSITORY / "deploy" / "helm" / "daybook"
TOLD_APART_BY = ("severity", "service", "how", "told_by", "consumer")
"""The labels by which the rules of one alert differ."""


@dataclass(frozen=True)
class Rule:
    alert: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    expr: str

    def __str__(self) -> str:
        return f"{self.alert} ({', '.join(f'{name}={value}' for name, value in sorted(self.labels.items()))})"


@cache
def rendered(*settings: str, helm: str = "helm4") -> dict[str, Any]:
    """The PrometheusRule of the chart, with `--set` for each setting."""
    arguments = [
        argument for setting in ("monitoring.rules.enabled=true", *settings) for argument in ("--set", setting)
    ]
    made = subprocess.run(
        [
            *(str(TOOLS / helm), "template", "daybook", str(CHART), "--namespace", "daybook"),
            *(
                "--values",
                str(CHART / "ci" / "minimal-values.yaml"),
                "--show-only",
                "templates/prometheusrule.yaml",
                *arguments,
            ),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    document: dict[str, Any] = yaml.safe_load(made.stdout)
    return document


def alerts(*settings: str) -> list[Rule]:
    return [
        Rule(rule["alert"], rule["labels"], rule["annotations"], rule["expr"])
        for group in rendered(*settings)["spec"]["groups"]
        for rule in group["rules"]
    ]


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(TOOLS / "promtool"), *map(str, arguments)], capture_output=True, text=True, check=False)


def write_rules(folder: Path, *settings: str) -> Path:
    path = folder / "rules.yml"
    path.write_text(json.dumps(rendered(*settings)["spec"]))  # JSON is YAML
    return path


def check_firing(
    folder: Path,
    input_series: Sequence[Mapping[str, str]],
    questions: Sequence[tuple[int, str, Sequence[Mapping[str, str]]]],
    *,
    every: str = "15s",
    settings: Sequence[str] = (),
) -> None:
    """Fails, with promtool's words, unless exactly these alerts fire.

    Args:
        folder: for the files.
        input_series: see `World.input_series`.
        questions: (when, the vector of ALERTS that is asked for, the labels of what is to fire), the watchdog left out.
        every: how often the rules are evaluated; the chart has them evaluated twice a scrape.
        settings: of the chart.
    """
    by = ", ".join(("alertname", *TOLD_APART_BY))
    asked = [
        {
            "expr": f"group by ({by}) ({vector})",
            "eval_time": f"{at}s",
            "exp_samples": [{"labels": _selector(labels), "value": 1} for labels in firing],
        }
        for at, vector, firing in questions
    ]
    file = folder / "test.yml"
    tests = [{"interval": "30s", "input_series": input_series, "promql_expr_test": asked}]
    file.write_text(
        json.dumps({"rule_files": [str(write_rules(folder, *settings))], "evaluation_interval": every, "tests": tests})
    )
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def _selector(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{name}={json.dumps(value)}" for name, value in labels.items()) + "}"


FIRING = 'ALERTS{alertstate="firing",alertname!="DaybookWatchdog"}'


def ever_fired(within_s: int) -> str:
    return f"count_over_time({FIRING}[{within_s}s])"
