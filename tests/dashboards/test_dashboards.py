"""What every dashboard is held to. That its questions get answers is shown by tests/observed, on the services' own metrics."""

import importlib
import json
import re
import subprocess
import sys

import pytest
import yaml
from dashboard_files import CHART, DASHBOARDS, TOOLS, expressions, panels, queries
from prometheus_client import REGISTRY

NO_QUESTION = {"row", "text"}
CONFIG_MAP_LIMIT_BYTES = 1024 * 1024
MODULES_WITH_METRICS = (
    "call_dispatcher.metrics",
    "chassis.bus",
    "chassis.consumer",
    "chassis.health",
    "journal.metrics",
    "portal.metrics",
    "voice_gateway.metrics",
    "window_scheduler.metrics",
)
PROMETHEUS_OWN = {"up", "ALERTS"}

each = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda it: it["uid"])


def known_metrics() -> set[str]:
    """The names that a scrape of the services brings, by their own registries."""
    for module in MODULES_WITH_METRICS:
        importlib.import_module(module)
    names = set()
    for family in REGISTRY.collect():
        match family.type:
            case "counter":
                names.add(f"{family.name}_total")
            case "histogram":
                names |= {f"{family.name}{end}" for end in ("_bucket", "_count", "_sum")}
            case _:
                names.add(family.name)
    return names


def test_there_are_six():
    assert [it["uid"] for it in DASHBOARDS] == [
        f"daybook-{name}" for name in ("calls-today", "journal", "one-call", "portal", "voice-quality", "workers")
    ]


def test_the_chart_has_what_the_generator_writes(tmp_path):
    subprocess.run([sys.executable, "-m", "dashboards", str(tmp_path)], cwd=CHART.parents[1], check=True)
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text() for path in (CHART / "dashboards").iterdir()}
    assert written == kept, "Run: make dashboards"


@each
def test_each_leads_to_the_others_and_takes_place_and_time_along(dashboard):
    [link] = dashboard["links"]
    assert set(link["tags"]) <= set(dashboard["tags"])
    assert link["includeVars"]
    assert link["keepTime"]


@each
def test_it_asks_the_source_and_the_daybook_that_are_chosen(dashboard):
    names = [variable["name"] for variable in dashboard["templating"]["list"]]
    assert names[:3] == ["datasource", "namespace", "job"]
    for panel in panels(dashboard):
        if panel["type"] in NO_QUESTION:
            continue
        assert re.fullmatch(r"\$\{\w+\}", panel["datasource"]["uid"]), panel["title"]
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"], panel["title"]


@each
def test_every_panel_says_what_it_shows_and_in_which_unit(dashboard):
    for panel in panels(dashboard):
        assert panel["title"]
        if panel["type"] == "row":
            continue
        assert panel["description"].endswith("."), panel["title"]
        if "fieldConfig" in panel:
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]


@each
def test_numbers_and_places_of_panels_are_their_own(dashboard):
    every = panels(dashboard)
    assert len({panel["id"] for panel in every}) == len(every)
    taken = set()
    for panel in every:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells


@each
def test_a_rate_is_taken_over_what_grafana_chooses(dashboard):
    for panel, query in queries(dashboard):
        windows = re.findall(r"\[([^\]]+)\]", query["expr"])
        assert set(windows) <= {"$__rate_interval", "$__range"}, panel["title"]
        assert bool(windows) == bool(re.search(r"\b(rate|increase|changes)\(", query["expr"])), panel["title"]
        if "$__range" in windows:
            assert query["instant"], f"{panel['title']}: over all the time shown it is one figure, not a line"


@each
def test_every_series_is_of_the_chosen_daybook(dashboard):
    for panel, query in queries(dashboard):
        for name, labels in re.findall(r"\b(daybook_\w+|process_\w+|up)\{([^}]*)\}", query["expr"]):
            assert 'namespace="$namespace"' in labels, (panel["title"], name)
            assert 'job=~"$job"' in labels, (panel["title"], name)
        assert not re.search(r"\b(daybook|process)_\w+(?!\w|\{)", query["expr"]), panel["title"]


@each
def test_a_histogram_shows_the_calls_behind_it(dashboard):
    for panel, query in queries(dashboard):
        of_calls = "histogram_quantile" in query["expr"] and "daybook_portal_" not in query["expr"]
        assert query["exemplar"] == of_calls, panel["title"]


@each
def test_every_metric_is_one_that_the_code_tells(dashboard):
    asked = {name for it in expressions(dashboard) for name in re.findall(r"\b(\w+)\{", it)}
    assert asked
    assert asked - PROMETHEUS_OWN <= known_metrics()


@each
def test_every_question_is_promql(dashboard, tmp_path):
    rules = [{"record": "asked", "expr": it} for it in expressions(dashboard)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "asked", "rules": rules}]}))
    # twice the same is no error here: two panels may share a question
    checked = subprocess.run(
        [TOOLS / "promtool", "check", "rules", "--lint=none", tmp_path / "rules.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def rendered(*settings: str) -> list[dict]:
    arguments = [argument for setting in settings for argument in ("--set", setting)]
    values = CHART / "ci" / "evaluation-values.yaml"
    argv = [TOOLS / "helm3", "template", "daybook", CHART, "--namespace", "calls", "--values", values, *arguments]
    out = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    documents = [it for it in yaml.safe_load_all(out) if it]
    return [it for it in documents if it["kind"] == "ConfigMap" and "-dashboard-" in it["metadata"]["name"]]


def test_the_chart_hands_them_over_as_they_are():
    maps = rendered("monitoring.dashboards.enabled=true", "monitoring.dashboards.folder=Phone")
    assert len(maps) == len(DASHBOARDS)
    for config_map in maps:
        assert config_map["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert config_map["metadata"]["annotations"]["grafana_folder"] == "Phone"
        [(name, text)] = config_map["data"].items()
        assert json.loads(text) == json.loads((CHART / "dashboards" / name).read_text())
        assert len(text.encode()) < CONFIG_MAP_LIMIT_BYTES


def test_the_chart_has_none_unless_they_are_wanted():
    assert rendered() == []
