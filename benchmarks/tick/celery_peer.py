"""Celery beat with its schedule in memory: what it costs to wake up when none of its entries is due."""

import time
from typing import Any

from celery import Celery
from celery.beat import Scheduler
from celery.schedules import crontab

from benchmarks.contestants import contest
from benchmarks.measuring import peak_memory_mib, read_clocks

WAKE_UPS = 3


def compare(task: dict[str, Any]) -> dict[str, Any]:
    app = Celery("calls", broker="memory://", set_as_current=True)
    app.conf.timezone = "UTC"
    # half a day from now: none comes due while this runs
    hour = (time.gmtime().tm_hour + 12) % 24
    app.conf.beat_schedule = {
        f"{number}": {"task": "call", "schedule": crontab(hour=hour, minute=number % 60), "args": (number,)}
        for number in range(task["entries"])
    }
    scheduler = Scheduler(app, lazy=False)
    before = read_clocks({})
    scheduler.tick()
    first = read_clocks({}) - before
    before = read_clocks({})
    for _ in range(WAKE_UPS):
        scheduler.tick()
    later = read_clocks({}) - before
    return {
        "entries": task["entries"],
        "first_cpu_s": first.all_cpu_s,
        "idle_cpu_s": later.all_cpu_s / WAKE_UPS,
        "peak_memory_mib": peak_memory_mib(),
    }


if __name__ == "__main__":
    contest(compare)
