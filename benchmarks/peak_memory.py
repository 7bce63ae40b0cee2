"""The most memory that a program of ours takes, or that importing it takes, in a process of its own."""

import contextlib
import importlib
import os
import runpy
import sys
from pathlib import Path
from typing import Any

from benchmarks.contestants import contest
from benchmarks.measuring import peak_memory_mib


class ProgramFailed(Exception):
    """The program that was measured did not end well."""


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Runs `python -m MODULE ARGUMENTS`, or imports it alone where there are no arguments."""
    os.environ.update(task.get("environment", {}))
    if not task.get("arguments"):
        importlib.import_module(f"{task['module']}.__main__")
        return {"peak_memory_mib": peak_memory_mib()}
    sys.argv = [task["module"], *task["arguments"]]
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        try:
            runpy.run_module(task["module"], run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            if ended.code:
                raise ProgramFailed(f"{' '.join(sys.argv)} ended with status {ended.code}.") from None
    return {"peak_memory_mib": peak_memory_mib()}


if __name__ == "__main__":
    contest(run)
