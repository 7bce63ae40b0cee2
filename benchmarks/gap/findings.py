"""What was found of how long a person waits, what of that is not the server's, and how the rest stands to the goals. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.percentiles import percentile
from benchmarks.report import Goal, at_most

P95_MS = 20.0
READY, STREAMED, LATE_WORDS, PIPECAT = "Daybook", "Daybook, said for the first time", "Daybook, late words", "Pipecat"
JUDGED = (READY, STREAMED)


@dataclass(frozen=True)
class Deducted:
    """What lies between the end of speech and the answer, and is known: the services' own times, and the wait that is meant.

    Attributes:
        wait_ms: for how long it is waited whether they go on.
        recogniser_ms: from the end of speech until what was said is told.
        model_ms: how long who judges or answers takes.
        voice_ms: until the first audio of what is said.
        wait_from_speech: the wait begins where speech ends, so the recogniser has that long; else it begins when it has told.
    """

    wait_ms: float
    recogniser_ms: float
    model_ms: float
    voice_ms: float
    wait_from_speech: bool

    @property
    def all_ms(self) -> float:
        if self.wait_from_speech:
            return max(self.wait_ms, self.recogniser_ms) + self.model_ms + self.voice_ms
        return self.recogniser_ms + self.wait_ms + self.model_ms + self.voice_ms


@dataclass(frozen=True)
class CarrierRun:
    """What a carrier measured of one server.

    Attributes:
        waited_ms: from the last of each thing that was said to the first audio that came back.
        closed: calls that the server ended.
        carrier_late_share: of the carrier's own frames, those that left late.
        load: processes that ran or would have run on this machine, over the last minute.
    """

    waited_ms: Sequence[float]
    closed: int
    carrier_late_share: float
    load: float


@dataclass(frozen=True)
class Gaps:
    """The server's share of the waiting, with so many calls."""

    calls: int
    answers: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    longest_ms: float
    closed: int
    carrier_late_share: float
    load: float


@dataclass(frozen=True)
class Contestant:
    name: str
    deducted: Deducted
    runs: Sequence[Gaps]


Found = Mapping[str, Contestant]


def gaps_of(calls: int, run: CarrierRun, deducted: Deducted) -> Gaps:
    """What is left of each wait without what is deducted. It may be a little below nothing: timers and frames have a grain."""
    ordered = sorted(waited_ms - deducted.all_ms for waited_ms in run.waited_ms)
    return Gaps(
        calls=calls,
        answers=len(ordered),
        p50_ms=percentile(ordered, 0.5),
        p95_ms=percentile(ordered, 0.95),
        p99_ms=percentile(ordered, 0.99),
        longest_ms=ordered[-1],
        closed=run.closed,
        carrier_late_share=run.carrier_late_share,
        load=run.load,
    )


def goals(found: Found) -> list[Goal]:
    """Judged where Daybook's patience outlasts the recogniser, at each size that was tried."""
    return [
        at_most(
            P95_MS,
            run.p95_ms,
            f"{name}, {run.calls:,} calls: of 100 gaps, 95 are at most {P95_MS:g} ms",
        )
        for name in JUDGED
        for run in found[name].runs
    ]


def figures(found: Found) -> dict[str, Any]:
    """All that was found, for programs."""
    return {
        name: {
            "deducted": {**asdict(contestant.deducted), "all_ms": contestant.deducted.all_ms},
            "runs": [asdict(run) for run in contestant.runs],
        }
        for name, contestant in found.items()
    }
