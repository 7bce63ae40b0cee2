"""How many calls does one core carry in time, and what does a call cost, beside Pipecat and a bare websocket?

Each server runs as it is, in a process of its own on one core, with services that cost nothing. The carrier is another process.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.calls.command import measured, parser
from benchmarks.calls.findings import BARE, DAYBOOK, PIPECAT, PIPECAT_SILERO, CarrierRun, Contestant, figures, goals
from benchmarks.calls.serving import serving
from benchmarks.calls.tables import show
from benchmarks.command import progress
from benchmarks.contestants import OUR_PYTHON, run_contestant
from benchmarks.report import console, tell

BENCHMARK = "calls"
SIZES = "100,200,400,600,800,1000,1200,1400"
PEERS_SIZES = "5,10,15,20,25,30,35,40,45,50,60,70,80,100,120,160,200,300,400"
BARE_SIZES = (100, 400)
FEW_CALLS = 4
CYCLES = 2


def run(argv: Sequence[str], calls: int, usual_s: float | None, *, cycles: int) -> CarrierRun:
    """One server, new, with so many calls."""
    with serving(argv) as (pid, port):
        task = {"port": port, "pid": pid, "calls": calls, "cycles": cycles, "usual_s": usual_s}
        return CarrierRun(**run_contestant("benchmarks.calls.carrier", task))


def measure(name: str, argv: Sequence[str], sizes: Sequence[int], *, cycles: int) -> Contestant:
    """One server with more and more calls, until it is no more in time."""
    progress(f"{name}: {FEW_CALLS} calls, to learn how soon it replies")
    usual_s = run(argv, FEW_CALLS, None, cycles=cycles).usual_s
    runs: list[CarrierRun] = []
    for calls in sizes:
        progress(f"{name}: {calls} calls")
        runs.append(run(argv, calls, usual_s, cycles=cycles))
        if not runs[-1].in_time:
            break
    return Contestant(name, runs)


def contestants(arguments: argparse.Namespace) -> Iterator[Contestant]:
    ours = [str(OUR_PYTHON), "-m", "benchmarks.calls.gateway"]
    yield measure(DAYBOOK, ours, arguments.sizes, cycles=arguments.cycles)
    bare = [str(OUR_PYTHON), "-m", "benchmarks.calls.bare_socket"]
    floor: list[CarrierRun] = []
    for calls in BARE_SIZES:
        progress(f"{BARE}: {calls} calls")
        # it replies nothing, so nothing is late
        floor.append(replace(run(bare, calls, None, cycles=arguments.cycles), late_share=0.0))
    yield Contestant(BARE, floor)
    if arguments.without_peers:
        return
    pipecat = [str(arguments.peers_python), "-m", "benchmarks.calls.pipecat_peer"]
    yield measure(PIPECAT, pipecat, arguments.peers_sizes, cycles=arguments.cycles)
    yield measure(PIPECAT_SILERO, [*pipecat, "--silero"], arguments.peers_sizes, cycles=arguments.cycles)


def main(argv: Sequence[str]) -> int:
    parsing = parser(BENCHMARK, __doc__, sizes=SIZES, peers_sizes=PEERS_SIZES)
    parsing.add_argument("--cycles", type=int, default=CYCLES, help=f"of 8 s, how many are measured; else {CYCLES}")
    found = measured(contestants(parsing.parse_args(argv)))
    out = console()
    show(out, found)
    return tell(out, BENCHMARK, figures(found), goals(found))
