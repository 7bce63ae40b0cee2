"""Computes next openings anew where zones have changed their rules: another version of the IANA database is installed.

Each window bears the version by which its next opening was computed. So any number of ticks may do this at once, it goes on
where it was stopped, and what an older release still writes during a rollout is found by the next tick of the new one.
"""

from datetime import timedelta

import structlog

from chassis.clock import Clock
from chassis.database import Database
from chassis.time_zones import TimeZones
from window_scheduler.tick_store import claim_by_old_rules
from window_scheduler.window_store import set_next
from window_scheduler.windows import next_occurrence

log = structlog.get_logger()

WINDOWS_A_BATCH = 1000


async def follow_rules(database: Database, clock: Clock, zones: TimeZones, *, period: timedelta) -> int:
    """Brings every window that is not due up to the rules that hold now. What is due, a tick looks at by these rules anyway.

    An opening of today that stands as a call already becomes due again: where its times are others now, the call is moved.

    Returns:
        How many windows were looked at.
    """
    total = 0
    while True:
        now = clock.now()
        async with database.transaction() as connection:
            windows = await claim_by_old_rules(connection, zones, until=now + period, limit=WINDOWS_A_BATCH)
            if not windows:
                break
            upcoming = {
                window_id: None if zone is None else next_occurrence(times, zone, now)
                for window_id, (times, zone) in windows.items()
            }
            await set_next(connection, upcoming, zone_data=zones.version)
        total += len(windows)
    if total:
        log.info("zones.followed", version=zones.version, windows=total)
    return total
