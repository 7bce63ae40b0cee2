"""What can go wrong at the command line, as one small tree.

CommandError            printed as one sentence or two; the command exits with status 1
├── StepFailed          a step of starting or of the demo call failed; names the log that has more
└── NotRunning          the command needs a running Daybook
"""

from pathlib import Path


class CommandError(Exception):
    pass


class StepFailed(CommandError):
    """A step failed.

    Args:
        step: what was to happen, e.g. "start journal".
        why: what happened instead, and what to do.
        log: the file that has more, where there is one.
    """

    def __init__(self, step: str, why: str, log: Path | None = None) -> None:
        more = f" More in {log}." if log is not None else ""
        super().__init__(f"{step} failed: {why}{more}")
        self.step = step


class NotRunning(CommandError):
    def __init__(self) -> None:
        super().__init__("Daybook is not running here. Start it with `make up`, or `make run` for a call to watch.")
