"""What a process takes while it works: memory, sockets, tasks; and whether it comes to take more."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx2
import psutil
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.measuring import read_clocks

SERVICE = "service"


@dataclass(frozen=True)
class Footprint:
    """
    Attributes:
        ended: how many calls had come to their end by then.
        kib: memory that is this process' own: no file, nothing that it shares.
        descriptors: open files, most of them sockets.
        kept: of these, the connections that are kept for the next who asks, and closed then if nobody did for long.
        counted: the sum of each metric's samples, by its name.
        at_s, cpu_s: by the clock on the wall, and of the processor since the process began.
    """

    ended: int
    kib: int
    descriptors: int
    kept: int
    counted: dict[str, float]
    at_s: float
    cpu_s: float

    @property
    def tasks(self) -> int:
        return int(self.counted["daybook_tasks"])


async def footprint(pid: int, http: httpx2.AsyncClient, *, ended: int, keeps_to: int) -> Footprint:
    """Of a service, by Linux and by its own metrics.

    Args:
        http: to where it serves `/metrics`.
        keeps_to: the port to which it keeps connections.
    """
    counted: dict[str, float] = {}
    for family in text_string_to_metric_families((await http.get("/metrics/")).raise_for_status().text):
        for sample in family.samples:
            counted[sample.name] = counted.get(sample.name, 0) + sample.value
    process = psutil.Process(pid)
    connections = process.net_connections("tcp")
    clocks = read_clocks({SERVICE: pid})
    return Footprint(
        ended=ended,
        kib=_own_kib(pid),
        descriptors=process.num_fds(),
        kept=sum(each.raddr != () and each.raddr.port == keeps_to for each in connections),
        counted=counted,
        at_s=clocks.wall_s,
        cpu_s=clocks.cpu_s[SERVICE],
    )


def _own_kib(pid: int) -> int:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["RssAnon"].split()[0])


def quarters(looks: Sequence[Footprint]) -> list[Sequence[Footprint]]:
    """As many looks in each, in their order."""
    size = len(looks) // 4
    return [looks[number * size : (number + 1) * size] for number in range(4)]


def kib_a_call(looks: Sequence[Footprint]) -> float:
    """How much more memory the last quarter takes than the second one, for each call that ended between them.

    The medians are compared, so neither a moment's garbage nor what is on its way counts. The first quarter is left out: until
    the calls are as many as there will be, memory grows with them.
    """
    _, early, _, late = quarters(looks)
    calls = median(it.ended for it in late) - median(it.ended for it in early)
    return (median(it.kib for it in late) - median(it.kib for it in early)) / calls
