"""What can go wrong at the command line, as one small tree.

CommandError            printed as one sentence or two; the command exits with status 1
├── StepFailed          a step of starting or of the demo call failed; names the log that has more
├── NotRunning          the command needs a running Daybook
└── NeedsLocal          the command starts or stops processes, and what it takes is not installed
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


class NeedsLocal(CommandError):
    """A command of a developer's machine was typed elsewhere.

    Args:
        package: the package that is not there.
    """

    def __init__(self, package: str) -> None:
        super().__init__(
            f"This command runs on a developer's machine: it needs the extra `local` of daybook-cli, and {package} is not "
            "installed here. In a cluster, `kubectl` starts, stops and shows the logs; `daybook status` and `daybook doctor` "
            "work in both."
        )
