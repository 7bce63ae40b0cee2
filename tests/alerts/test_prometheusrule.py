"""The PrometheusRule and the ServiceMonitors follow the values."""

import re
import subprocess

import pytest
import yaml
from alerts.rules import CHART, TOOLS, alerts, promtool, rendered, write_rules
from alerts.timeline import WORKERS

SHORT = (
    "monitoring.rules.scrapeSeconds=1",
    "windowScheduler.tick.periodSeconds=20",
    "windowScheduler.tick.schedule=0 0 * * *",  # a day's schedule says nothing about the period
)
SECONDS = re.compile(r"(\d+)s")


def template(*settings: str, show: str = "templates/servicemonitors.yaml", helm: str = "helm4"):
    arguments = [argument for setting in settings for argument in ("--set", setting)]
    command = [
        str(TOOLS / helm),
        "template",
        "daybook",
        str(CHART),
        "--namespace",
        "daybook",
        "--show-only",
        show,
        *arguments,
    ]
    values = ["--values", str(CHART / "ci" / "minimal-values.yaml")]
    return subprocess.run([*command, *values], capture_output=True, text=True, check=False)


def rules_by_alert(*settings: str) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for group in rendered(*settings)["spec"]["groups"]:
        for rule in group["rules"]:
            found.setdefault(rule["alert"], []).append(rule)
    return found


def test_both_helms_render_the_same_rules():
    assert rendered(helm="helm3") == rendered(helm="helm4")


def test_short_periods_make_rules_that_prometheus_takes(tmp_path):
    done = promtool("check", "rules", write_rules(tmp_path, *SHORT))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("scrape", "sweep", "period"), [(30, 15, 60), (10, 15, 20), (5, 15, 15), (1, 15, 15), (1, 40, 40), (60, 15, 120)]
)
def test_a_missing_worker_is_noticed_within_two_of_its_periods(scrape, sweep, period):
    """Promise 7: the scrape that fails first, then `for`, then the next evaluation; a loop that hangs, at once by its age."""
    settings = (f"monitoring.rules.scrapeSeconds={scrape}", f"callDispatcher.sweepPeriodSeconds={sweep}")
    evaluation_s = scrape / 2
    for alert in (
        "DaybookDispatcherMissing",
        "DaybookSchedulerMissing",
        "DaybookJournalMissing",
        "DaybookGatewayMissing",
        "DaybookPortalMissing",
    ):
        for rule in rules_by_alert(*settings)[alert]:
            hold = int(SECONDS.fullmatch(rule["for"])[1]) if "for" in rule else 0
            if rule["labels"].get("how") == "hung":
                age = int(re.search(r"\) > (\d+)\n", rule["expr"])[1])
                assert age + hold + evaluation_s <= 2 * period
                assert age >= 15 + scrape, "a loop that beats every 15 seconds is not to be told missing"
            else:
                assert scrape + hold + evaluation_s <= 2 * period
                assert hold >= scrape, "one missed scrape is not to be told"


def test_a_missing_tick_is_noticed_within_two_of_its_periods():
    for settings, period, scrape in (((), 300, 30), (SHORT, 20, 1)):
        for rule in rules_by_alert(*settings)["DaybookTickMissing"]:
            age = int(re.search(r"\) > (\d+)\n", rule["expr"])[1])
            hold = int(SECONDS.fullmatch(rule["for"])[1]) if "for" in rule else 0
            assert age + hold + scrape / 2 <= 2 * period


def test_a_missing_retention_is_noticed_within_two_of_its_periods():
    for settings, period in (
        ((), 86_400),
        (("journal.retention.periodSeconds=3600", "journal.retention.activeDeadlineSeconds=60"), 3600),
    ):
        for rule in [each for each in rules_by_alert(*settings)["DaybookRetentionLate"] if "told_by" in each["labels"]]:
            age = int(re.search(r"\) > (\d+)\n", rule["expr"])[1])
            hold = int(SECONDS.fullmatch(rule["for"])[1]) if "for" in rule else 0
            assert age + hold + 30 / 2 <= 2 * period


def test_an_alert_that_is_not_wanted_is_left_out_by_name():
    without = {rule.alert for rule in alerts("monitoring.rules.disabled={DaybookTurnGapSlow,DaybookTickMissing}")}
    assert {rule.alert for rule in alerts()} - without == {"DaybookTurnGapSlow", "DaybookTickMissing"}


def test_the_name_of_an_alert_that_is_none_is_refused_with_those_there_are():
    done = template(
        "monitoring.rules.enabled=true",
        "monitoring.rules.disabled={DaybookTurnGapSlwo}",
        show="templates/prometheusrule.yaml",
    )
    assert done.returncode != 0
    assert "DaybookTurnGapSlwo, and there is no such alert" in done.stderr
    assert "DaybookTurnGapSlow" in done.stderr


def test_without_kube_state_metrics_nothing_asks_for_it():
    for rule in alerts("monitoring.rules.kubeStateMetrics.enabled=false"):
        assert "kube" not in rule.expr


def test_the_labels_by_which_an_operator_finds_its_rules():
    labels = rendered("monitoring.rules.additionalLabels.release=kps")["metadata"]["labels"]
    assert labels["release"] == "kps"
    assert labels["app.kubernetes.io/name"] == "daybook"


@pytest.mark.parametrize("helm", ["helm3", "helm4"])
def test_each_service_has_a_servicemonitor_that_finds_its_service(helm):
    settings = ("monitoring.serviceMonitor.enabled=true", "monitoring.serviceMonitor.interval=17s")
    monitors = {m["metadata"]["name"]: m for m in yaml.safe_load_all(template(*settings, helm=helm).stdout)}
    assert set(monitors) == {f"daybook-{service}" for service in WORKERS}
    for service in WORKERS:
        spec = monitors[f"daybook-{service}"]["spec"]
        found = yaml.safe_load(template(*settings, show=f"templates/{service}/service.yaml", helm=helm).stdout)
        assert found["metadata"]["name"] == f"daybook-{service}", "the alerts know the job by the Service's name"
        assert spec["selector"]["matchLabels"].items() <= found["metadata"]["labels"].items()
        assert spec["namespaceSelector"] == {"matchNames": ["daybook"]}
        [endpoint] = spec["endpoints"]
        assert endpoint["interval"] == "17s"
        assert endpoint["port"] in {port["name"] for port in found["spec"]["ports"]}
        assert "jobLabel" not in spec


def test_neither_is_made_unasked():
    assert "could not find template" in template().stderr
    assert "could not find template" in template(show="templates/prometheusrule.yaml").stderr
