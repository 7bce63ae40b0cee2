"""How long from the end of speech to the first audio of the answer, with the services' own time taken off, beside Pipecat?

Each server runs as it is, in a process of its own on one core, with services that take exactly as long as they say. The
carrier, and whoever speaks, is another process.
"""

import argparse
from collections.abc import Iterator, Sequence

from benchmarks.calls.command import measured, parser
from benchmarks.calls.scene import PIPECATS_WAIT_S
from benchmarks.calls.serving import serving
from benchmarks.command import progress
from benchmarks.contestants import OUR_PYTHON, run_contestant
from benchmarks.gap.findings import (
    LATE_WORDS,
    PIPECAT,
    READY,
    STREAMED,
    CarrierRun,
    Contestant,
    Deducted,
    figures,
    gaps_of,
    goals,
)
from benchmarks.gap.own_times import MODEL_S, RECOGNISER_S, SLOW_RECOGNISER_S, VOICE_S
from benchmarks.gap.tables import show
from benchmarks.report import console, tell
from voice_gateway.waiting import QUIET_BEFORE_VERDICT_MS

BENCHMARK = "gap"
SIZES = "1,20,100"
PEERS_SIZES = "1,20"
LATE_WORDS_CALLS = 20
LEAST_ANSWERS = 60
"""Of all calls together: with fewer there is no 95th of 100 to speak of."""
LEAST_ANSWERS_A_CALL = 5
SEED = 11


def measure(name: str, argv: Sequence[str], deducted: Deducted, sizes: Sequence[int]) -> Contestant:
    """One server, new for each size."""
    runs = []
    for calls in sizes:
        progress(f"{name}: {calls} calls")
        answers = max(LEAST_ANSWERS_A_CALL, LEAST_ANSWERS // calls)
        with serving(argv) as (_, port):
            task = {"port": port, "calls": calls, "answers": answers, "seed": SEED}
            run = CarrierRun(**run_contestant("benchmarks.gap.carrier", task))
        runs.append(gaps_of(calls, run, deducted))
    return Contestant(name, deducted, runs)


def deducted_of_daybook(recogniser_s: float, voice_s: float) -> Deducted:
    return Deducted(
        wait_ms=QUIET_BEFORE_VERDICT_MS,
        recogniser_ms=recogniser_s * 1000,
        model_ms=MODEL_S * 1000,
        voice_ms=voice_s * 1000,
        wait_from_speech=True,
    )


DEDUCTED_OF_PIPECAT = Deducted(
    wait_ms=PIPECATS_WAIT_S * 1000,
    recogniser_ms=RECOGNISER_S * 1000,
    model_ms=MODEL_S * 1000,
    voice_ms=VOICE_S * 1000,
    wait_from_speech=False,
)


def contestants(arguments: argparse.Namespace) -> Iterator[Contestant]:
    ours = [str(OUR_PYTHON), "-m", "benchmarks.gap.gateway"]
    yield measure(READY, ours, deducted_of_daybook(RECOGNISER_S, 0.0), arguments.sizes)
    yield measure(STREAMED, [*ours, "--streamed"], deducted_of_daybook(RECOGNISER_S, VOICE_S), arguments.sizes)
    late = deducted_of_daybook(SLOW_RECOGNISER_S, 0.0)
    yield measure(LATE_WORDS, [*ours, "--slow-recogniser"], late, [LATE_WORDS_CALLS])
    if not arguments.without_peers:
        pipecat = [str(arguments.peers_python), "-m", "benchmarks.gap.pipecat_peer"]
        yield measure(PIPECAT, pipecat, DEDUCTED_OF_PIPECAT, arguments.peers_sizes)


def main(argv: Sequence[str]) -> int:
    found = measured(contestants(parser(BENCHMARK, __doc__, sizes=SIZES, peers_sizes=PEERS_SIZES).parse_args(argv)))
    out = console()
    show(out, found)
    return tell(out, BENCHMARK, figures(found), goals(found))
