"""APScheduler 3.11 with its SQLAlchemy store: daily cron jobs, of which some are due, on the same PostgreSQL.

Its jobs do nothing, so that what is measured is its own work: finding them, handing each to its pool of threads, and storing
when each runs next.
"""

import logging
import os
import pickle
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.job import Job
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import create_engine

from benchmarks.contestants import contest
from benchmarks.measuring import peak_memory_mib, read_clocks

PATIENCE_S = 300
IDLE_LOOKS = 20


def nothing() -> None:
    """What each job does."""


def compare(task: dict[str, Any]) -> dict[str, Any]:
    engine = create_engine(task["database_url"].replace("postgresql://", "postgresql+psycopg://"))
    store = SQLAlchemyJobStore(engine=engine)
    scheduler = BackgroundScheduler(jobstores={"default": store}, timezone="UTC")
    scheduler.start(paused=True)
    _fill(scheduler, store, task)

    now = datetime.fromisoformat(task["now"])
    before = read_clocks(task["servers"])
    for _ in range(IDLE_LOOKS):
        store.get_due_jobs(now - timedelta(days=1))
        store.get_next_run_time()
    idle = read_clocks(task["servers"]) - before

    done, left = Event(), task["jobs_due"]

    def count(_event: JobExecutionEvent) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            done.set()

    scheduler.add_listener(count, EVENT_JOB_EXECUTED | EVENT_JOB_MISSED | EVENT_JOB_ERROR)
    before = read_clocks(task["servers"])
    scheduler.resume()
    if not done.wait(PATIENCE_S):
        raise TimeoutError(f"APScheduler left {left} jobs undone in {PATIENCE_S} s.")
    scheduler.shutdown()
    cost = read_clocks(task["servers"]) - before
    return {
        "jobs": task["jobs"],
        "due": task["jobs_due"],
        "idle_cpu_ms": idle.all_cpu_s / IDLE_LOOKS * 1000,
        "cpu_s": cost.all_cpu_s,
        "wall_s": cost.wall_s,
        "peak_memory_mib": peak_memory_mib(),
    }


def _fill(scheduler: BackgroundScheduler, store: SQLAlchemyJobStore, task: dict[str, Any]) -> None:
    """Adds the jobs. One commit each, as `add_job` makes, would take minutes: they are inserted together, in the store's form."""
    now = datetime.fromisoformat(task["now"])
    rows = []
    for number in range(task["jobs"]):
        due = number < task["jobs_due"]
        zone = task["zones"][number % len(task["zones"])]
        trigger = CronTrigger(hour=8 + number % 12, minute=number % 60, timezone=zone)
        job = Job(
            scheduler,
            id=f"{number}",
            name="call",
            func=nothing,
            trigger=trigger,
            executor="default",
            args=(),
            kwargs={},
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
            next_run_time=now - timedelta(seconds=1) if due else now + timedelta(days=1, seconds=number),
        )
        rows.append(
            {
                "id": job.id,
                "next_run_time": job.next_run_time.timestamp(),
                "job_state": pickle.dumps(job.__getstate__(), store.pickle_protocol),
            }
        )
    with store.engine.begin() as connection:
        connection.execute(store.jobs_t.insert(), rows)


def work(task: dict[str, Any]) -> dict[str, Any]:
    # its log is written as ours is, and read by nobody
    with Path(os.devnull).open("w") as nowhere:
        logging.basicConfig(stream=nowhere, level=logging.INFO)
        return compare(task)


if __name__ == "__main__":
    contest(work)
