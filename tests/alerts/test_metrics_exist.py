"""The rules ask for series that the services really have, with labels that these really bear."""

import importlib
import re
from collections.abc import Iterator

import pytest
from alerts.rules import Rule, alerts
from alerts.timeline import DEPENDENCIES, WORKERS, World, healthy
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from chassis.nats_permissions import CONSUMERS

TELLING = (
    "call_dispatcher.metrics",
    "chassis.bus",
    "chassis.consumer",
    "chassis.health",
    "chassis.heartbeat",
    "chassis.tls",
    "journal.metrics",
    "portal.metrics",
    "voice_gateway.metrics",
    "window_scheduler.metrics",
)
OF_THE_SCRAPE = {"namespace", "job", "instance", "le"}
NOT_OURS = {
    "up": set(),
    "process_start_time_seconds": set(),
    "ALERTS": set(),
    "kube_cronjob_info": {"cronjob"},
    "kube_cronjob_created": {"cronjob"},
    "kube_cronjob_spec_suspend": {"cronjob"},
    "kube_cronjob_status_last_successful_time": {"cronjob"},
    "kube_deployment_status_replicas_available": {"deployment"},
}
"""Prometheus's own, its client's, and kube-state-metrics' (its docs/metrics/workload/cronjob-metrics.md)."""

_SELECTOR = re.compile(r"\b(daybook_\w+|kube_\w+|up|process_start_time_seconds)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')


def collected() -> dict[str, set[str]]:
    """Each series' name, and the labels of its metric."""
    for name in TELLING:
        importlib.import_module(name)
    found: dict[str, set[str]] = {"daybook_windows_total": {"result"}}  # kept in the database, told once it was read
    for collector in {*REGISTRY._collector_to_names}:
        if isinstance(collector, MetricWrapperBase):
            for name in REGISTRY._collector_to_names[collector]:
                found[name] = set(collector._labelnames)
    return found


def selectors(rule: Rule) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    for name, matchers in _SELECTOR.findall(rule.expr):
        yield name, _MATCHER.findall(matchers)


@pytest.mark.parametrize("rule", alerts(), ids=str)
def test_each_series_of_a_rule_exists_with_its_labels(rule: Rule):
    known = {**collected(), **NOT_OURS}
    asked = list(selectors(rule))
    assert asked or rule.alert == "DaybookWatchdog"
    for name, matchers in asked:
        assert name in known, f"no service tells {name}"
        assert {label for label, _, _ in matchers} - OF_THE_SCRAPE <= known[name]


@pytest.mark.parametrize("rule", alerts(), ids=str)
def test_a_rule_asks_for_its_own_release_alone(rule: Rule):
    for name, matchers in selectors(rule):
        labels = {label for label, _, _ in matchers}
        assert "namespace" in labels or name == "up", f"{name} of another namespace would be taken for ours"
        assert "job" in labels or "cronjob" in labels or "absent" in rule.expr


@pytest.mark.parametrize("rule", alerts(), ids=str)
def test_a_counted_label_is_told_as_0_before_the_first(rule: Rule):
    """increase() does not see the step from nothing to 1."""
    initial = {
        (sample.name, frozenset(sample.labels.items())) for metric in REGISTRY.collect() for sample in metric.samples
    }
    for name, matchers in selectors(rule):
        chosen = [(label, value) for label, sign, value in matchers if sign == "=" and label not in OF_THE_SCRAPE]
        if name.endswith("_total") and name not in {"daybook_windows_total", "daybook_events_handled_total"}:
            assert any(told == name and set(chosen) <= labels for told, labels in initial)


def test_the_healthy_world_is_made_of_series_that_exist():
    known = {**collected(), **NOT_OURS}
    for _service, _pod, metric, labels in healthy().series:
        assert {label for label, _ in labels} - OF_THE_SCRAPE <= known[metric]


def test_the_consumers_that_are_watched_are_all_there_are():
    watched = {
        value
        for rule in alerts()
        for _, matchers in selectors(rule)
        for label, _, value in matchers
        if label == "consumer"
    }
    assert watched == set(CONSUMERS)
    assert {
        worker.removeprefix("consumer:") for workers in WORKERS.values() for worker in workers if ":" in worker
    } == set(CONSUMERS)
    assert set(WORKERS) == set(DEPENDENCIES)
    assert isinstance(healthy(), World)
