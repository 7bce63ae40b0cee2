"""A contestant is measured in a process of its own, in an environment of its own: it hears its task on standard input as
JSON, and tells what it came to in the last line that it prints.

It needs the standard library alone, as `measuring` does.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OUR_PYTHON = Path(sys.executable)


class NotMeasurable(Exception):
    """Something did not start, stands still, or did not come to what is to be measured; the text says what, and what to do."""


class ContestantFailed(NotMeasurable):
    """A contestant ended without a result; what it printed on standard error says why."""


def peers_python(benchmark: str) -> Path:
    """The Python of the environment that make keeps for a benchmark's peers."""
    return ROOT / ".venv" / f"bench-{benchmark}" / "bin" / "python"


def run_contestant(module: str, task: dict[str, Any], *, python: Path = OUR_PYTHON) -> dict[str, Any]:
    """Runs a module with a task, and returns its result.

    Raises:
        ContestantFailed: it ended without one.
    """
    ended = subprocess.run(
        [str(python), "-m", module], cwd=ROOT, input=json.dumps(task), capture_output=True, text=True, check=False
    )
    lines = ended.stdout.splitlines()
    if ended.returncode != 0 or not lines:
        raise ContestantFailed(f"{module} ended with status {ended.returncode}. It said:\n{ended.stderr[-4000:]}")
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def contest(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """What a contestant's module does when it is run: its task in, its result out."""
    result = work(json.load(sys.stdin))
    sys.stdout.write(json.dumps(result) + "\n")
