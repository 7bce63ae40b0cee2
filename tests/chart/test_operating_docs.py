"""docs/operating.md shows values and programs that work: each block is rendered, parsed or run."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from chart.rendering import HELMS, OLDEST, ROOT, template

DOCS = (ROOT / "docs/operating.md").read_text()
VALUES = re.findall(r"```yaml\n(# values: [^\n]+\n.*?)```", DOCS, re.DOTALL)


def test_there_are_values_to_look_at():
    assert len(VALUES) >= 2


@pytest.mark.parametrize("program", HELMS)
@pytest.mark.parametrize("values", VALUES, ids=lambda values: values.splitlines()[0])
def test_the_values_render(values: str, program: str, tmp_path: Path):
    file = tmp_path / "values.yaml"
    file.write_text(values)
    assert "kind: CronJob" in template(file, program, OLDEST)


def test_the_users_of_nats_are_printed_as_the_page_says():
    [block] = re.findall(r"^\.venv/bin/python - <<'P' > nats-users\.json\n(.*?)^P\n", DOCS, re.DOTALL | re.MULTILINE)
    printed = subprocess.run(
        [ROOT / ".venv/bin/python", "-"], input=block, capture_output=True, text=True, check=True
    ).stdout
    users = json.loads(printed)
    assert {"window-scheduler", "call-dispatcher", "voice-gateway", "journal", "portal", "toolbox", "operator"} == set(
        users
    )
    assert all(user["password"] and user["permissions"]["publish"] for user in users.values())


def test_every_link_leads_to_a_file():
    linked = re.findall(r"\]\(([^)#:]+)\)", DOCS)
    assert linked
    assert [link for link in linked if not (ROOT / "docs" / link).exists()] == []
