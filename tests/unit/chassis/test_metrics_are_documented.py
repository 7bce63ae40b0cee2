"""What a service tells Prometheus stands in its README, and what stands there it tells."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHASSIS = ROOT / "libs/chassis/README.md"
SERVICES = ("window-scheduler", "call-dispatcher", "voice-gateway", "journal", "portal")

# a process of its own each: all services in one would share a registry
TELL = """
import importlib, sys
from prometheus_client import REGISTRY
importlib.import_module(sys.argv[1] + ".__main__")
for family in REGISTRY.collect():
    print(family.name + ("_total" if family.type == "counter" else ""))
"""


def documented(readme):
    _, _, section = readme.read_text().partition("## Metrics\n")
    rows = [line.split("|")[1] for line in section.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def told(package):
    run = subprocess.run([sys.executable, "-c", TELL, package], capture_output=True, text=True, check=True)
    return {name for name in run.stdout.split() if name.startswith("daybook_")}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_s_metrics_are_those_of_its_readme_and_the_chassis_s(service):
    own, of_all = documented(ROOT / "services" / service / "README.md"), documented(CHASSIS)
    assert told(service.replace("-", "_")) == own | of_all
    assert own & of_all == set()
