"""People who open one page after another, each in a browser of their own, and read it for as long as chance has it."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import httpx2

from benchmarks.contestants import contest

OK = 200
LEAVES_FIRST_S = 3.0
"""What is opened by then is not counted: connections are made, and templates read for the first time."""


async def read_all(task: Mapping[str, Any]) -> dict[str, Any]:
    waits_ms: dict[str, list[float]] = defaultdict(list)
    opened = failed = 0
    began = time.monotonic()

    async def read(person: Mapping[str, Any], chance: random.Random) -> None:
        nonlocal opened, failed
        headers = {"cookie": person["cookie"], "accept-language": "en-GB"}
        async with httpx2.AsyncClient(base_url=task["origin"], headers=headers, timeout=30, trust_env=False) as browser:
            await asyncio.sleep(chance.uniform(0, task["thinks_s"]))
            while time.monotonic() - began < task["seconds"]:
                page = chance.choice(list(person["paths"]))
                asked = time.perf_counter()
                answer = await browser.get(person["paths"][page])
                waited_ms = (time.perf_counter() - asked) * 1000
                opened += 1
                failed += answer.status_code != OK
                if time.monotonic() - began > LEAVES_FIRST_S:
                    waits_ms[page].append(waited_ms)
                await asyncio.sleep(chance.expovariate(1 / task["thinks_s"]))

    async with asyncio.TaskGroup() as tasks:
        for number, person in enumerate(task["people"]):
            tasks.create_task(read(person, random.Random(task["seed"] + number)))
    counted_s = time.monotonic() - began - LEAVES_FIRST_S
    return {"waits_ms": waits_ms, "opened": opened, "failed": failed, "counted_s": counted_s}


if __name__ == "__main__":
    contest(lambda task: asyncio.run(read_all(task)))
