"""The dashboards as they stand in the chart, and the questions that they ask of Prometheus."""

import json
from pathlib import Path

CHART = Path(__file__).parents[1] / "deploy" / "helm" / "daybook"
TOOLS = Path(__file__).parents[1] / ".venv" / "tools"
DASHBOARDS = [json.loads(path.read_text()) for path in sorted((CHART / "dashboards").glob("*.json"))]

VARIABLES = {
    "$namespace": "daybook",
    "$job": ".+",
    "$__rate_interval": "30m",
    "$__range": "30m",
    "$call": "4b6f64ab-4b1e-5d14-9d8e-3f1f8f1f2a10",
}
"""What Grafana would put in the place of each, for a Daybook that has just been started."""


def panels(dashboard: dict) -> list[dict]:
    return dashboard["panels"]


def queries(dashboard: dict) -> list[tuple[dict, dict]]:
    """Each question to Prometheus, with its panel."""
    return [
        (panel, target)
        for panel in panels(dashboard)
        if panel.get("datasource", {}).get("type") == "prometheus"
        for target in panel["targets"]
    ]


def expressions(dashboard: dict) -> list[str]:
    """The same as PromQL that Prometheus takes."""
    return [substituted(query["expr"]) for _, query in queries(dashboard)]


def substituted(expr: str) -> str:
    for name, value in VARIABLES.items():
        expr = expr.replace(name, value)
    return expr
