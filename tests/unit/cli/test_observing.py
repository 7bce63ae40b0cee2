"""What a local Prometheus and Grafana are told, and that Prometheus takes it."""

import json
import subprocess

import pytest
import yaml

from daybook_cli.observing import CHART, TOOLS, Observatory

TARGETS = {"journal": "127.0.0.1:8101", "voice-gateway": "127.0.0.1:8102"}


@pytest.fixture
def observatory(tmp_path, monkeypatch) -> Observatory:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    observatory = Observatory(tmp_path / "observatory", TARGETS, scrape_s=1)
    observatory.prepare()
    return observatory


def provisioned(observatory, kind):
    return yaml.safe_load((observatory.folder / "grafana" / "provisioning" / kind / "daybook.yml").read_text())


def test_prometheus_takes_its_configuration_and_the_charts_rules(observatory):
    checked = subprocess.run(
        [TOOLS / "promtool", "check", "config", observatory.config_file], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_each_process_is_asked_under_the_name_of_its_service(observatory):
    config = yaml.safe_load(observatory.config_file.read_text())
    jobs = {job["job_name"]: job["static_configs"] for job in config["scrape_configs"]}
    assert jobs == {
        f"daybook-{name}": [{"targets": [target], "labels": {"namespace": "daybook"}}]
        for name, target in TARGETS.items()
    }


def test_the_rules_are_the_charts_without_those_that_need_kubernetes(observatory):
    expressions = [rule["expr"] for group in observatory.rule_groups() for rule in group["rules"]]
    assert expressions
    assert not [it for it in expressions if "kube_" in it]


def test_the_rules_follow_the_periods_that_are_given(observatory):
    usual = {rule["alert"]: rule["expr"] for group in observatory.rule_groups() for rule in group["rules"]}
    short = Observatory(observatory.folder, TARGETS, values={"windowScheduler.tick.periodSeconds": "7"})
    changed = {rule["alert"]: rule["expr"] for group in short.rule_groups() for rule in group["rules"]}
    assert usual["DaybookTickMissing"] != changed["DaybookTickMissing"]


def test_grafana_finds_prometheus_and_every_dashboard(observatory):
    [source] = provisioned(observatory, "datasources")["datasources"]
    assert source["url"] == observatory.prometheus_url
    [provider] = provisioned(observatory, "dashboards")["providers"]
    folder = observatory.folder / "grafana" / "dashboards"
    assert provider["options"]["path"] == str(folder)
    kept = {path.name: json.loads(path.read_text()) for path in (CHART / "dashboards").iterdir()}
    assert {path.name: json.loads(path.read_text()) for path in folder.iterdir()} == kept


def test_an_exemplar_leads_to_its_call(observatory):
    [source] = provisioned(observatory, "datasources")["datasources"]
    [destination] = source["jsonData"]["exemplarTraceIdDestinations"]
    [one_call] = [path for path in (CHART / "dashboards").iterdir() if path.stem == "one-call"]
    assert f"/d/{json.loads(one_call.read_text())['uid']}?var-call=" in destination["url"]


def test_without_a_grafana_prometheus_is_alone_and_it_is_said_how_to_get_one(observatory):
    assert [process.name for process in observatory.processes()] == ["prometheus"]
    assert f"GF_PATHS_PROVISIONING={observatory.folder}" in observatory.described()["Grafana"]


@pytest.mark.parametrize(("name", "words"), [("grafana", ["server"]), ("grafana-server", [])])
def test_a_grafana_on_the_path_is_started_with_it(observatory, tmp_path, name, words):
    program = tmp_path / "bin" / name
    program.parent.mkdir()
    program.touch(mode=0o755)
    _, grafana = observatory.processes()
    assert grafana.argv[0] == str(program)
    assert grafana.argv[1:-1] == words
    assert grafana.environment["GF_PATHS_PROVISIONING"] == str(observatory.folder / "grafana" / "provisioning")
    assert observatory.described()["Grafana"] == observatory.grafana_url
