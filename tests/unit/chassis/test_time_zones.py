"""The rules of zones come from the package tzdata alone (ADR 0013)."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chassis import time_zones
from chassis.time_zones import zone_named, zone_or_utc

ROOT = Path(__file__).parents[3]
ASKS_THE_MACHINE = re.compile(r"ZoneInfo\(|ZoneInfo\.(?:no_cache|from_file)|available_timezones")


def test_nobody_reads_the_zones_of_the_machine():
    """ruff's `banned-api` would forbid ZoneInfo as a type too."""
    sources = [path for pattern in ("*/src", "*/*/src") for path in ROOT.glob(f"{pattern}/**/*.py")]
    assert len(sources) > 300
    asking = {path for path in sources if ASKS_THE_MACHINE.search(path.read_text())}
    assert asking == {Path(time_zones.__file__)}


@pytest.mark.parametrize("name", ["", "CET", "Mars/Olympus", "../etc/passwd"])
def test_who_has_no_zone_is_told_by_utc(name):
    assert zone_named(name) is None
    assert zone_or_utc(name).key == "UTC"


def test_a_zone_is_by_its_own_rules():
    assert zone_or_utc("Europe/Vienna").key == "Europe/Vienna"
    # made by the package's file, and so none of those that Python keeps
    assert zone_or_utc("Europe/Vienna") is not ZoneInfo("Europe/Vienna")
