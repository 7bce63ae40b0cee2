"""Every alert fires in each of its scenarios, and stays silent where nothing is wrong."""

import pytest
from alerts.rules import FIRING, TOLD_APART_BY, Rule, alerts, check_firing, ever_fired, promtool, write_rules
from alerts.scenarios import SCENARIOS, Firing, Scenario
from alerts.timeline import CLUSTER, HOUR, MINUTE, Signal, before_and_after, healthy, steady

WATCHDOG = "DaybookWatchdog"


def rule_of(expected: Firing) -> Rule:
    """The one rule that an expectation speaks of."""
    [rule] = [
        rule
        for rule in alerts()
        if rule.alert == expected.alert
        and all(
            rule.labels.get(name) == value or "{{" in rule.labels.get(name, "")
            for name, value in expected.labels.items()
        )
    ]
    return rule


def labels_of(expected: Firing) -> dict[str, str]:
    labels = {**rule_of(expected).labels, **expected.labels}
    return {"alertname": expected.alert, **{name: labels[name] for name in TOLD_APART_BY if name in labels}}


def evaluated_every(scenario: Scenario) -> str:
    """As often as the chart has it where nothing is to fire in any moment. What fires in time where it is looked at half as often
    does so all the more in the chart.
    """
    if scenario.at >= HOUR:
        return "1m"
    return "30s" if scenario.fire else "15s"


@pytest.mark.timeout(300)  # promtool is given what it needs on a busy machine
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_what_goes_wrong_is_told_and_nothing_else(scenario: Scenario, tmp_path):
    world = healthy(scenario.pods)
    scenario.change(world)
    vector = FIRING if scenario.fire else ever_fired(scenario.at)
    check_firing(
        tmp_path,
        world.input_series(scenario.at + 60),
        [(scenario.at, vector, [labels_of(expected) for expected in scenario.fire])],
        every=evaluated_every(scenario),
        settings=scenario.settings,
    )


@pytest.mark.parametrize("rule", [rule for rule in alerts() if rule.alert != WATCHDOG], ids=str)
def test_every_rule_has_a_scenario_in_which_it_fires(rule: Rule):
    assert any(rule_of(expected) == rule for scenario in SCENARIOS for expected in scenario.fire)


@pytest.mark.parametrize("alert", sorted({rule.alert for rule in alerts()} - {WATCHDOG}))
def test_every_alert_has_a_scenario_that_is_its_own_and_silent(alert):
    assert any(scenario.alert == alert and not scenario.fire for scenario in SCENARIOS)


def test_promtool_finds_no_fault_in_the_rules(tmp_path):
    done = promtool("check", "rules", write_rules(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("available", "missing"),
    [
        (None, True),
        (before_and_after(1, 10 * MINUTE, 0), True),
        (before_and_after(1, 10 * MINUTE, None), True),
        (steady(1), False),
        (before_and_after(before_and_after(1, 10 * MINUTE, 0), 11 * MINUTE, 1), False),
    ],
    ids=["never made", "scaled down", "deleted", "there", "its pod moves"],
)
def test_a_tick_that_runs_as_a_deployment_is_told_missing_by_kubernetes_too(
    available: Signal | None, missing, tmp_path
):
    mode = "windowScheduler.tick.mode=deployment"
    [rule] = [
        rule
        for rule in alerts(mode)
        if rule.alert == "DaybookTickMissing" and rule.labels.get("told_by") == "kubernetes"
    ]
    assert "cronjob" not in rule.expr
    world = healthy()
    if available is not None:
        world.set(CLUSTER, "kube_deployment_status_replicas_available", available)
    told = {"alertname": rule.alert, **rule.labels}
    at = 12 * MINUTE
    question = (at, FIRING, [told]) if missing else (HOUR, ever_fired(HOUR), [])
    check_firing(tmp_path, world.input_series(question[0]), [question], settings=[mode])
