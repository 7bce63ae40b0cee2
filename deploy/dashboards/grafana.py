"""How a dashboard of ours is told to Grafana: the JSON that is the same for all of them stands here, once.

A dashboard is a title, rows and panels; a panel asks Prometheus one or more questions. Questions are written without the labels
that say which Daybook is meant: `scoped` adds the dashboard's variables to each of their series.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SCHEMA_VERSION = 39
"""Of the dashboard model: Grafana 11, and what every later one brings up to its own."""

WIDTH = 24
TAG = "daybook"
PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}
TEMPO = {"type": "tempo", "uid": "${tempo}"}
LOKI = {"type": "loki", "uid": "${loki}"}

_OURS = re.compile(r"\b(daybook_\w+|process_\w+|up(?=\{))(?:\{([^}]*)\})?")
_SCOPE = 'namespace="$namespace",job=~"$job"'

Json = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """One question to Prometheus.

    Attributes:
        expr: PromQL, without the labels that `scoped` adds.
        legend: what a series is called; `{{label}}` stands for its label.
    """

    expr: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """A panel that asks Prometheus.

    Attributes:
        description: what it tells, and what is to be done where it looks bad.
        unit: as Grafana names it: "s", "short", "percentunit", "bytes" …
        kind: "timeseries" asks over the time shown; "stat", "bargauge" and "table" ask for its end.
        colour: what it shows in below the first limit.
        limits: from which value on it shows in which colour; where there is an alert, the alert's.
        exemplars: show the traces that Prometheus keeps beside a histogram.
    """

    title: str
    description: str
    unit: str
    queries: Sequence[Query]
    kind: str = "timeseries"
    width: int = 8
    height: int = 8
    colour: str = "green"
    limits: Sequence[tuple[float, str]] = ()
    exemplars: bool = False
    stacked: bool = False
    decimals: int | None = None


@dataclass(frozen=True)
class Raw:
    """A panel that asks another source, or nobody; `model` is Grafana's own."""

    title: str
    description: str
    model: Json
    width: int = WIDTH
    height: int = 8


@dataclass(frozen=True)
class Row:
    title: str


def none_yet(expr: str, label: str) -> str:
    """The same question, answered by one 0 called none where it has no answer: what did not happen is told, and is no gap."""
    return f'({expr}) or on() label_replace(vector(0), "{label}", "none", "", "")'


def scoped(expr: str) -> str:
    """The same question about the Daybook that the dashboard's variables name."""

    def with_scope(series: re.Match[str]) -> str:
        labels = ",".join(part for part in (series[2], _SCOPE) if part)
        return f"{series[1]}{{{labels}}}"

    return _OURS.sub(with_scope, expr)


def dashboard(
    name: str,
    title: str,
    description: str,
    content: Sequence[Row | Panel | Raw],
    *,
    since: str = "now-6h",
    variables: Sequence[Json] = (),
) -> Json:
    """A dashboard as Grafana takes it.

    Args:
        name: the end of its uid, which links and bookmarks keep.
        title: how it is listed.
        description: what it answers.
        content: rows and panels in reading order; panels flow from left to right.
        since: where its time begins when it is opened.
        variables: more than those that all of them have.
    """
    return {
        "uid": f"daybook-{name}",
        "title": f"Daybook / {title}",
        "description": description,
        "tags": [TAG],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "timezone": "browser",
        "time": {"from": since, "to": "now"},
        "annotations": {"list": []},
        "links": [
            {
                "type": "dashboards",
                "title": "Daybook",
                "tags": [TAG],
                "asDropdown": False,
                "includeVars": True,
                "keepTime": True,
                "targetBlank": False,
            }
        ],
        "templating": {"list": [*_common_variables(), *variables]},
        "panels": _laid_out(content),
    }


def source_variable(name: str, label: str, kind: str, description: str) -> Json:
    """A choice among the data sources of one kind."""
    return {
        "name": name,
        "label": label,
        "description": description,
        "type": "datasource",
        "query": kind,
        "refresh": 1,
        "hide": 0,
    }


def query_variable(name: str, label: str, query: str, description: str, **more: Any) -> Json:
    """A choice among what Prometheus answers."""
    return {
        "name": name,
        "label": label,
        "description": description,
        "type": "query",
        "datasource": PROMETHEUS,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "hide": 0,
        **more,
    }


def _common_variables() -> list[Json]:
    every = "daybook_worker_last_success_timestamp_seconds"
    return [
        source_variable("datasource", "Prometheus", "prometheus", "Where the metrics are."),
        query_variable("namespace", "Namespace", f"label_values({every}, namespace)", "Where Daybook is installed."),
        query_variable(
            "job",
            "Service",
            f'label_values({every}{{namespace="$namespace"}}, job)',
            "Which of its services; all, unless one is to be looked at alone.",
            multi=True,
            includeAll=True,
            allValue=".+",
            current={"text": "All", "value": "$__all"},
        ),
    ]


def _laid_out(content: Sequence[Row | Panel | Raw]) -> list[Json]:
    """The panels with their places: from left to right, a new line where one does not fit."""
    placed: list[Json] = []
    x = y = line_height = 0
    for number, part in enumerate(content, start=1):
        width, height = (WIDTH, 1) if isinstance(part, Row) else (part.width, part.height)
        if x + width > WIDTH:
            x, y, line_height = 0, y + line_height, 0
        place = {"x": x, "y": y, "w": width, "h": height}
        placed.append({"id": number, "gridPos": place, **_model(part)})
        x, line_height = x + width, max(line_height, height)
    return placed


def _model(part: Row | Panel | Raw) -> Json:
    if isinstance(part, Row):
        return {"type": "row", "title": part.title, "collapsed": False, "panels": []}
    head = {"title": part.title, "description": part.description}
    if isinstance(part, Raw):
        return {**head, **part.model}
    return {
        "type": part.kind,
        **head,
        "datasource": PROMETHEUS,
        "targets": [_target(part, query, chr(ord("A") + place)) for place, query in enumerate(part.queries)],
        "fieldConfig": {"defaults": _field(part), "overrides": []},
        "options": _options(part.kind),
        **_transformations(part.kind),
    }


def _target(panel: Panel, query: Query, name: str) -> Json:
    now = panel.kind != "timeseries"
    return {
        "refId": name,
        "datasource": PROMETHEUS,
        "expr": scoped(query.expr),
        "legendFormat": query.legend,
        "range": not now,
        "instant": now,
        "exemplar": panel.exemplars,
        "format": "table" if panel.kind == "table" else "time_series",
    }


def _field(panel: Panel) -> Json:
    steps: list[Json] = [{"color": panel.colour, "value": None}]
    steps += [{"color": colour, "value": value} for value, colour in panel.limits]
    field: Json = {
        "unit": panel.unit,
        "min": 0,
        "noValue": "none",
        "color": {"mode": "thresholds" if panel.kind != "timeseries" else "palette-classic"},
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    if panel.decimals is not None:
        field["decimals"] = panel.decimals
    if panel.kind == "timeseries":
        field["custom"] = {
            "drawStyle": "bars" if panel.stacked else "line",
            "lineWidth": 1,
            "fillOpacity": 60 if panel.stacked else 10,
            "showPoints": "auto",
            "spanNulls": False,
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "line" if panel.limits else "off"},
        }
    return field


def _options(kind: str) -> Json:
    reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    match kind:
        case "stat":
            return {"reduceOptions": reduced, "colorMode": "value", "graphMode": "none", "textMode": "auto"}
        case "bargauge":
            return {"reduceOptions": reduced, "orientation": "horizontal", "displayMode": "basic", "showUnfilled": True}
        case "table":
            return {"showHeader": True, "cellHeight": "sm", "sortBy": [{"displayName": "Value", "desc": True}]}
        case _:
            legend = {
                "displayMode": "table",
                "placement": "bottom",
                "showLegend": True,
                "calcs": ["lastNotNull", "max"],
            }
            return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}


def _transformations(kind: str) -> Json:
    if kind != "table":
        return {}
    return {"transformations": [{"id": "organize", "options": {"excludeByName": {"Time": True}}}]}
