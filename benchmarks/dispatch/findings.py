"""What was found of a dispatcher, and how that stands to the goals. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.percentiles import percentile
from benchmarks.report import Goal, at_least, at_most

P99_MS = 50.0
CALLS_A_SECOND = 200.0


@dataclass(frozen=True)
class Waits:
    """How long calls waited that came as they do, below what can be borne: from announcing one to its request at the carrier.

    Attributes:
        calls: how many.
        a_second: how many came, on average.
        cpu_ms_a_call: CPU of the process that places them.
    """

    calls: int
    a_second: float
    cpu_ms_a_call: float
    p50_ms: float
    p99_ms: float
    longest_ms: float


@dataclass(frozen=True)
class Backlog:
    """What placing calls took that were all announced before.

    Attributes:
        announced: how many waited in the stream.
        calls: how many of them were measured: all but the first tenth, in which the dispatcher gets under way.
        wall_s: by the clock on the wall.
        cpu_s: CPU seconds, by process: `dispatcher`, and the servers.
    """

    announced: int
    calls: int
    wall_s: float
    cpu_s: Mapping[str, float]

    @property
    def calls_a_second(self) -> float:
        return self.calls / self.wall_s

    def cpu_ms_a_call(self, process: str) -> float:
        return self.cpu_s[process] / self.calls * 1000


@dataclass(frozen=True)
class Found:
    """All that was found.

    Attributes:
        dispatcher: how long calls wait for it.
        poll: how long for a poll; None where it was left out.
        backlogs: the smallest first.
        doubled: requests that came to the carrier for a call that it had already.
    """

    dispatcher: Waits
    poll: Waits | None
    backlogs: Sequence[Backlog]
    doubled: int


def waits_of(sent: Mapping[str, int], received: Mapping[str, int], *, a_second: float, cpu_s: float) -> Waits:
    """From when each call was sent, and when it was received, in nanoseconds by the call's id, and what placing them took."""
    waits_ms = sorted((received[call_id] - moment) / 1e6 for call_id, moment in sent.items())
    return Waits(
        calls=len(waits_ms),
        a_second=a_second,
        cpu_ms_a_call=cpu_s / len(waits_ms) * 1000,
        p50_ms=percentile(waits_ms, 0.5),
        p99_ms=percentile(waits_ms, 0.99),
        longest_ms=waits_ms[-1],
    )


def goals(found: Found) -> list[Goal]:
    largest = found.backlogs[-1]
    return [
        at_most(
            P99_MS,
            found.dispatcher.p99_ms,
            f"{found.dispatcher.a_second:g} calls a second: of 100, 99 are at the carrier at most 50 ms after they are announced",
        ),
        at_least(
            CALLS_A_SECOND,
            largest.calls_a_second,
            f"{largest.announced:,} wait in the stream: at least 200 calls a second placed by one dispatcher",
        ),
        at_most(0, found.doubled, "No call comes to the carrier twice"),
    ]


def figures(found: Found) -> dict[str, Any]:
    """All that was found, for programs."""
    return {
        "dispatcher": asdict(found.dispatcher),
        "poll": asdict(found.poll) if found.poll is not None else None,
        "backlogs": {str(each.announced): asdict(each) for each in found.backlogs},
        "doubled": found.doubled,
    }
