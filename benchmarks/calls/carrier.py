"""The carrier: as many calls as are asked for, each a frame every 20 ms, and an ear for when the replies come.

A contestant's task is `port`, `pid` (the server that is measured), `calls`, `cycles` (how many are measured), and `usual_s`: how
soon after the words a reply begins where there are few calls, or None where that is to be found out. It tells a `CarrierRun`.
"""

import gc
import os
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from time import monotonic
from typing import Any

import uvloop

from benchmarks.calls.findings import CarrierRun
from benchmarks.calls.one_core import leave_the_servers
from benchmarks.calls.replies import Reply
from benchmarks.calls.scene import CYCLE_MS, FRAME_MS, REPLY_MS
from benchmarks.calls.telephone import Talk, Telephone, connect, frame_of
from benchmarks.contestants import contest
from benchmarks.measuring import Reading, read_clocks

CYCLE_FRAMES = CYCLE_MS // FRAME_MS
REPLY_FRAMES = REPLY_MS // FRAME_MS
WARM_UP_CYCLES = 2
"""One in which call after call begins, one for the greetings."""


class Call(Telephone):
    """One call.

    Args:
        frames: what it sends, in this order.
    """

    def __init__(self, number: int, begins: int, frames: Sequence[bytes], usual_s: float | None) -> None:
        super().__init__(number, begins)
        self.replies: list[Reply] = []
        self._frames = frames
        self._usual_s = usual_s

    def speak(self, number: int) -> None:
        self.send(self._frames[number])
        if number % CYCLE_FRAMES == CYCLE_FRAMES - 1:
            self.replies.append(Reply(monotonic(), FRAME_MS / 1000))

    def hear(self, frames: float, now_s: float) -> None:
        if self.replies:  # else they are greeted
            self.replies[-1].hear(round(frames), now_s, self._usual_s)


async def carry(task: dict[str, Any]) -> CarrierRun:
    begin, end = WARM_UP_CYCLES * CYCLE_FRAMES, (WARM_UP_CYCLES + task["cycles"]) * CYCLE_FRAMES
    frames = [frame_of(number) for number in range(end + CYCLE_FRAMES)]
    calls = [
        Call(number, number * CYCLE_FRAMES // task["calls"], frames, task["usual_s"]) for number in range(task["calls"])
    ]
    await connect(calls, task["port"])
    talk = Talk(calls)
    gc.freeze()
    await talk.until(begin)
    before = read_clocks({"server": task["pid"]})
    begin_s = monotonic()
    await talk.until(end)
    cost = read_clocks({"server": task["pid"]}) - before
    end_s = monotonic()
    await talk.until(end + CYCLE_FRAMES)  # what was asked for last is still to come
    return heard(calls, begin_s, end_s, cost, talk)


def heard(calls: Sequence[Call], begin_s: float, end_s: float, cost: Reading, talk: Talk) -> CarrierRun:
    """What came of the replies to what was said in that time."""
    replies = [reply for call in calls for reply in call.replies if begin_s <= reply.words_s < end_s]
    begun = [reply.first_s - reply.words_s for reply in replies if reply.first_s is not None]
    late = sum(reply.late + max(REPLY_FRAMES - reply.frames, 0) for reply in replies)
    return CarrierRun(
        calls=len(calls),
        cpu_s_a_call_minute=cost.cpu_s["server"] / (len(calls) * cost.wall_s / 60),
        usual_s=median(begun) if begun else None,
        replies=len(replies),
        late_share=late / max(REPLY_FRAMES * len(replies), 1),
        closed=sum(call.closed for call in calls),
        carrier_late_share=talk.late_share,
        load=os.getloadavg()[0],
    )


if __name__ == "__main__":
    leave_the_servers()
    contest(lambda task: asdict(uvloop.run(carry(task))))
