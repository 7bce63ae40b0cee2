"""By which clocks a person reads their journal: those of their own zone, or UTC while nobody can tell which that is."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.clock import Clock
from chassis.errors import Unavailable
from chassis.time_zones import UTC_ZONE, zone_named
from portal.scheduler import Scheduler


@dataclass(frozen=True)
class LocalClock:
    """
    Attributes:
        zone: by which days and times are told.
        is_theirs: it is the person's own zone.
        now: in that zone.
    """

    zone: ZoneInfo
    is_theirs: bool
    now: datetime

    @property
    def today(self) -> date:
        return self.now.date()


class ReadersClock:
    def __init__(self, scheduler: Scheduler, clock: Clock) -> None:
        self._scheduler = scheduler
        self._clock = clock

    async def of(self, person_id: UUID) -> LocalClock:
        """
        Raises:
            PersonDeleted: they were.
        """
        try:
            zone = zone_named((await self._scheduler.person(person_id)).time_zone)
        except Unavailable:
            zone = None
        return LocalClock(zone or UTC_ZONE, zone is not None, self._clock.now().astimezone(zone or UTC_ZONE))
