"""What shows a local Daybook from outside: a Prometheus that asks every process and evaluates the chart's own rules, and a
Grafana with the chart's dashboards, where there is one on this machine. Both from the same files as in a cluster.
"""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from daybook_cli.embedded import port_or_free
from daybook_cli.errors import CommandError
from daybook_cli.supervisor import Process, answering, inherited

TOOLS = Path(sys.prefix) / "tools"
CHART = Path(__file__).parents[3] / "deploy" / "helm" / "daybook"
LOCAL_VALUES = CHART / "ci" / "evaluation-values.yaml"
NAMESPACE = "daybook"
LOOPBACK = "127.0.0.1"
SCRAPE_EVERY_S = 5
KEPT_FOR = "15d"
PROMETHEUS_PORT, GRAFANA_PORT = 9090, 3000
"""Where everybody looks for them. Another is taken where one is not free."""


@dataclass(frozen=True)
class Observatory:
    """Prometheus and Grafana over one Daybook.

    Attributes:
        folder: their configuration and data; made by `prepare`.
        targets: host:port of the metrics of each process, by its name.
        scrape_s: seconds between two looks, and between two evaluations of the rules.
        values: further values of the chart, by their dotted names, for the rules: a local Daybook's own periods.
    """

    folder: Path
    targets: Mapping[str, str]
    scrape_s: int = SCRAPE_EVERY_S
    values: Mapping[str, str] = field(default_factory=dict)
    prometheus_port: int = field(default_factory=lambda: port_or_free(PROMETHEUS_PORT))
    grafana_port: int = field(default_factory=lambda: port_or_free(GRAFANA_PORT))

    @property
    def prometheus_url(self) -> str:
        return f"http://{LOOPBACK}:{self.prometheus_port}"

    @property
    def grafana_url(self) -> str:
        return f"http://{LOOPBACK}:{self.grafana_port}"

    @property
    def config_file(self) -> Path:
        return self.folder / "prometheus.yml"

    @property
    def _rules_file(self) -> Path:
        return self.folder / "rules.yml"

    @property
    def _provisioning(self) -> Path:
        return self.folder / "grafana" / "provisioning"

    def prepare(self) -> None:
        """Writes the configuration of both, anew.

        Raises:
            CommandError: there is no Prometheus or no chart here, or the chart's rules cannot be rendered.
        """
        for needed in (TOOLS / "prometheus", TOOLS / "helm3", CHART / "Chart.yaml"):
            if not needed.exists():
                raise CommandError(
                    f"To observe, {needed.name} is needed and not here. `make up OBSERVE=1` in a checkout of Daybook fetches it."
                )
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self._rules_file, {"groups": self.rule_groups()})
        _write(self.config_file, self._prometheus_config())
        _write(self._provisioning / "datasources" / "daybook.yml", self._data_source())
        dashboards = self.folder / "grafana" / "dashboards"
        shutil.copytree(CHART / "dashboards", dashboards, dirs_exist_ok=True)
        _write(self._provisioning / "dashboards" / "daybook.yml", _dashboards_from(dashboards))

    def processes(self) -> list[Process]:
        """Prometheus, and Grafana where it is on the PATH."""
        return [self._prometheus(), *self._grafana()]

    def described(self) -> dict[str, str]:
        """Each one's address, or how to get it."""
        to_start = f"not on the PATH; with the dashboards: GF_PATHS_PROVISIONING={self._provisioning} grafana server"
        return {"Prometheus": self.prometheus_url, "Grafana": self.grafana_url if self._grafana() else to_start}

    def rule_groups(self) -> list[dict[str, Any]]:
        """The groups of the chart's PrometheusRule, as it renders for a Daybook without Kubernetes.

        Raises:
            CommandError: Helm does not render them; it says why.
        """
        values = {
            # no CronJob ticks here
            "windowScheduler.tick.mode": "deployment",
            "monitoring.rules.enabled": "true",
            "monitoring.rules.scrapeSeconds": str(self.scrape_s),
            "monitoring.rules.kubeStateMetrics.enabled": "false",
            **self.values,
        }
        settings = [argument for name, value in values.items() for argument in ("--set", f"{name}={value}")]
        rendered = subprocess.run(
            [
                TOOLS / "helm3",
                "template",
                "daybook",
                CHART,
                "--namespace",
                NAMESPACE,
                "--values",
                LOCAL_VALUES,
                *settings,
            ],
            env=inherited(),
            capture_output=True,
            text=True,
            check=False,
        )
        if rendered.returncode != 0:
            raise CommandError(f"The chart's rules cannot be rendered: {rendered.stderr.strip()}")
        return [
            group
            for document in yaml.safe_load_all(rendered.stdout)
            if document and document["kind"] == "PrometheusRule"
            for group in document["spec"]["groups"]
        ]

    def _prometheus_config(self) -> dict[str, Any]:
        every = f"{self.scrape_s}s"
        return {
            "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
            "rule_files": [str(self._rules_file)],
            "scrape_configs": [
                {
                    # as in a cluster, where the job is the name of the Service
                    "job_name": f"daybook-{process}",
                    "static_configs": [{"targets": [target], "labels": {"namespace": NAMESPACE}}],
                }
                for process, target in self.targets.items()
            ],
        }

    def _prometheus(self) -> Process:
        argv = [
            str(TOOLS / "prometheus"),
            f"--config.file={self.config_file}",
            f"--storage.tsdb.path={self.folder / 'prometheus'}",
            f"--storage.tsdb.retention.time={KEPT_FOR}",
            f"--web.listen-address={LOOPBACK}:{self.prometheus_port}",
            "--enable-feature=exemplar-storage",
            "--log.level=warn",
        ]
        health = f"{self.prometheus_url}/-/ready"
        return Process("prometheus", argv, inherited(), answering(health), health)

    def _data_source(self) -> dict[str, Any]:
        # an exemplar's trace is a call: it opens the dashboard of that call, without the need of a Tempo
        to_call = {"name": "trace_id", "url": f"{self.grafana_url}/d/daybook-one-call?var-call=$${{__value.raw}}"}
        source = {
            "name": "Daybook's Prometheus",
            "uid": "daybook-prometheus",
            "type": "prometheus",
            "url": self.prometheus_url,
            "isDefault": True,
            "jsonData": {"timeInterval": f"{self.scrape_s}s", "exemplarTraceIdDestinations": [to_call]},
        }
        return {"apiVersion": 1, "datasources": [source]}

    def _grafana(self) -> list[Process]:
        program = shutil.which("grafana") or shutil.which("grafana-server")
        if program is None:
            return []
        data = self.folder / "grafana" / "data"
        settings = {
            "GF_PATHS_PROVISIONING": str(self._provisioning),
            "GF_PATHS_DATA": str(data),
            "GF_PATHS_LOGS": str(data / "logs"),
            "GF_SERVER_HTTP_ADDR": LOOPBACK,
            "GF_SERVER_HTTP_PORT": str(self.grafana_port),
            # it listens on this machine alone
            "GF_AUTH_ANONYMOUS_ENABLED": "true",
            "GF_AUTH_ANONYMOUS_ORG_ROLE": "Admin",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        }
        argv = [program, *(["server"] if Path(program).name == "grafana" else []), f"--homepath={_home_of(program)}"]
        health = f"{self.grafana_url}/api/health"
        return [Process("grafana", argv, {**inherited(), **settings}, answering(health), health)]


def _home_of(program: str) -> Path:
    """Where a Grafana keeps its pages: beside its program as its archive has it, or where Linux packages put them."""
    unpacked = Path(program).resolve().parents[1]
    return unpacked if (unpacked / "conf" / "defaults.ini").exists() else Path("/usr/share/grafana")


def _dashboards_from(folder: Path) -> dict[str, Any]:
    provider = {"name": "Daybook", "folder": "Daybook", "type": "file", "options": {"path": str(folder)}}
    return {"apiVersion": 1, "providers": [provider]}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False, width=120))
