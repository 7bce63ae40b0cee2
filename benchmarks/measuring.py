"""What work cost: CPU seconds of this process and of the servers that it uses, and memory, as Linux counts them.

It needs the standard library alone: a peer runs it in an environment of its own.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CLIENT = "client"
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Reading:
    """Clocks at one moment, or, as a difference of two, what passed between them.

    Attributes:
        wall_s: seconds by the clock on the wall.
        cpu_s: CPU seconds of `client` and of each server, by name.
    """

    wall_s: float
    cpu_s: Mapping[str, float]

    def __sub__(self, earlier: "Reading") -> "Reading":
        return Reading(
            self.wall_s - earlier.wall_s, {name: seconds - earlier.cpu_s[name] for name, seconds in self.cpu_s.items()}
        )

    @property
    def all_cpu_s(self) -> float:
        return sum(self.cpu_s.values())


def read_clocks(servers: Mapping[str, int]) -> Reading:
    """The clocks now.

    Args:
        servers: the process id of each server's first process, by the server's name. All that it started count with it.
    """
    cpu_s = {name: _cpu_s_of_tree(pid) for name, pid in servers.items()}
    return Reading(time.perf_counter(), {CLIENT: time.process_time(), **cpu_s})


def peak_memory_mib() -> float:
    """The most memory that this process has ever had in RAM, in MiB."""
    return _kib_in_status("VmHWM") / 1024


def _cpu_s_of_tree(pid: int) -> float:
    return sum(_cpu_s(each) for each in (pid, *_children(pid))) + _cpu_s_of_ended_children(pid)


def _cpu_s(pid: int) -> float:
    """CPU seconds of all threads of a process, to the nanosecond; none where it has ended.

    Linux gives each process a clock, whose number is made of the process id (`man clock_getcpuclockid`; 2 is CPUCLOCK_SCHED).
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def _cpu_s_of_ended_children(pid: int) -> float:
    """To 10 ms: the kernel keeps no more of a process that has ended (`man proc_pid_stat`, cutime and cstime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / _TICKS_A_SECOND


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _kib_in_status(field: str) -> int:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[field].split()[0])
