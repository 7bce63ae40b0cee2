"""The carrier of persons who answer: it measures how long each waits for what comes next.

A contestant's task is `port`, `calls`, `answers` (how many of each call are measured) and `seed`. It tells `waited_ms` of all
answers, `closed`, `carrier_late_share` and `load`.
"""

import base64
import gc
import os
from random import Random
from time import monotonic
from typing import Any

import uvloop

from benchmarks.calls.one_core import leave_the_servers
from benchmarks.calls.scene import FRAME_BYTES, FRAME_MS
from benchmarks.calls.telephone import SILENCE, Talk, Telephone, connect, frame_of
from benchmarks.contestants import contest
from benchmarks.gap.person import ANSWERED_WITHIN_S, Person

SPEECH = base64.b64encode(b"\x10" * FRAME_BYTES).decode()
LOOKED_AT_EVERY = 1_000 // FRAME_MS
"""In rounds of 20 ms."""
RAMP_S = 4.0
"""In which call after call begins."""


class Answering(Telephone):
    """One call, and who answers in it."""

    def __init__(self, number: int, begins: int, person: Person) -> None:
        super().__init__(number, begins)
        self.person = person

    def speak(self, number: int) -> None:
        speaks = self.person.speaks_now(monotonic(), self.plays_until_s)
        self.send(frame_of(number, SPEECH if speaks else SILENCE))

    def hear(self, frames: float, now_s: float) -> None:
        self.person.hear(frames, now_s)


async def carry(task: dict[str, Any]) -> dict[str, Any]:
    random = Random(task["seed"])
    ramp = round(RAMP_S * 1000) // FRAME_MS
    calls = [
        Answering(number, number * ramp // task["calls"], Person(Random(random.random())))
        for number in range(task["calls"])
    ]
    await connect(calls, task["port"])
    talk = Talk(calls)
    gc.freeze()
    rounds = 0
    while any(len(call.person.waited_s) < task["answers"] and not call.closed for call in calls):
        rounds += LOOKED_AT_EVERY
        await talk.until(rounds)
    waited_s = [
        waited_s
        for call in calls
        # whom nobody answers any more waits as long as one can
        for waited_s in (call.person.waited_s + [ANSWERED_WITHIN_S] * task["answers"])[: task["answers"]]
    ]
    return {
        "waited_ms": [seconds * 1000 for seconds in waited_s],
        "closed": sum(call.closed for call in calls),
        "carrier_late_share": talk.late_share,
        "load": os.getloadavg()[0],
    }


if __name__ == "__main__":
    leave_the_servers()
    contest(lambda task: uvloop.run(carry(task)))
