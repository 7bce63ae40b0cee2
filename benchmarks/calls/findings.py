"""What was found of each contestant, and how that stands to the goals. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.report import Goal, at_least, at_most

LATE_SHARE = 0.01
TIMES_PIPECAT = 8.0
CPU_S_A_CALL_MINUTE = 0.12
CARRIER_LATE_SHARE = 0.02

DAYBOOK, BARE, PIPECAT, PIPECAT_SILERO = "Daybook", "bare websocket", "Pipecat", "Pipecat with Silero"


@dataclass(frozen=True)
class CarrierRun:
    """What a carrier heard of one server with so many calls.

    Attributes:
        cpu_s_a_call_minute: CPU seconds of the server, with all its threads.
        usual_s: from the words to the first audio of the reply, the median; None where there were no replies.
        replies: how many were to come.
        late_share: of the frames that were to come, those that came more than 40 ms after their moment, or never.
        closed: calls that the server ended.
        carrier_late_share: of the carrier's own frames, those that left more than 10 ms late. With many, it is the carrier that
            is measured.
        load: processes that ran or would have run on this machine, over the last minute.
    """

    calls: int
    cpu_s_a_call_minute: float
    usual_s: float | None
    replies: int
    late_share: float
    closed: int
    carrier_late_share: float
    load: float

    @property
    def in_time(self) -> bool:
        return self.late_share <= LATE_SHARE and not self.closed


@dataclass(frozen=True)
class Contestant:
    """One server, with more and more calls."""

    name: str
    runs: Sequence[CarrierRun]

    @property
    def calls_in_time(self) -> int:
        """The most calls with which it was in time, and with all fewer ones that were tried too."""
        most = 0
        for run in sorted(self.runs, key=lambda run: run.calls):
            if not run.in_time:
                break
            most = run.calls
        return most

    @property
    def limit_seen(self) -> bool:
        """Whether more calls were tried than it bears."""
        return not all(run.in_time for run in self.runs)

    @property
    def cpu_s_a_call_minute(self) -> float:
        """The dearest of all runs in which it was in time; of all where it never was."""
        in_time = [run for run in self.runs if run.in_time]
        return max(run.cpu_s_a_call_minute for run in in_time or self.runs)


Found = Mapping[str, Contestant]


def goals(found: Found) -> list[Goal]:
    """What can be judged: beside Pipecat only where the most calls that it bears were found."""
    ours = found[DAYBOOK]
    judged = []
    if PIPECAT in found and found[PIPECAT].limit_seen and found[PIPECAT].calls_in_time:
        times = ours.calls_in_time / found[PIPECAT].calls_in_time
        judged.append(
            at_least(
                TIMES_PIPECAT, times, f"As many calls on one core as Pipecat in time: at least {TIMES_PIPECAT:g} times"
            )
        )
    judged.append(
        at_most(
            CPU_S_A_CALL_MINUTE,
            ours.cpu_s_a_call_minute,
            f"CPU seconds a call-minute, at up to {ours.calls_in_time:,} calls: at most {CPU_S_A_CALL_MINUTE:g}",
        )
    )
    if BARE in found:
        bare = {run.calls: run.cpu_s_a_call_minute for run in found[BARE].runs}
        for run in ours.runs:
            if run.calls in bare:
                goal = f"CPU of a call at {run.calls:,} calls, beside a bare websocket that does nothing: no more"
                judged.append(at_most(1, run.cpu_s_a_call_minute / bare[run.calls], goal))
    return judged


def figures(found: Found) -> dict[str, Any]:
    """All that was found, for programs."""
    return {
        name: {
            "calls_in_time": contestant.calls_in_time,
            "cpu_s_a_call_minute": contestant.cpu_s_a_call_minute,
            "runs": [asdict(run) for run in contestant.runs],
        }
        for name, contestant in found.items()
    }
