"""The settings of each way to run this service. README.md has them as a table."""

from datetime import time, timedelta
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from chassis.settings import BusSettings, DatabaseSettings, GrpcServerSettings, ServiceSettings
from window_scheduler.calling_hours import CallingHours
from window_scheduler.dialing_rules import DialingRules


class MigrateSettings(DatabaseSettings, ServiceSettings):
    """`migrate` needs the database alone."""


class TickSettings(BusSettings, DatabaseSettings, ServiceSettings):
    """`tick` opens no name and no number, so it is given no key."""

    tick_period_s: int = Field(
        default=300, ge=1, description="Seconds from one tick to the next: so far ahead calls are scheduled."
    )
    stream_replicas: int = Field(
        default=1, ge=1, le=5, description="1 to 5: how many servers of a NATS cluster keep each stream."
    )

    @property
    def tick_period(self) -> timedelta:
        return timedelta(seconds=self.tick_period_s)


class ApiSettings(GrpcServerSettings, TickSettings):
    """`api`."""

    people_key_file: Path = Field(description="A file with 32 random bytes in base64, which seals names and numbers.")
    calling_hours_start: time = Field(
        default=time(8, 0), description="HH:MM, local; before it nobody is called who has chosen no hours of their own."
    )
    calling_hours_end: time = Field(
        default=time(21, 0),
        description="HH:MM, local; from it on nobody is called who has chosen no hours of their own.",
    )
    dials_a_day: int = Field(
        default=6,
        ge=1,
        le=50,
        description="How often a person is dialed a local day at most; as often for test calls, and as often for signing in.",
    )
    background_period_s: float = Field(
        default=2.0, gt=0, le=60, description="Seconds between looks into the outbox, and between figures for /metrics."
    )

    @model_validator(mode="after")
    def _hours_are_in_order(self) -> Self:
        if self.calling_hours_start.tzinfo or self.calling_hours_end.tzinfo:
            raise ValueError("DAYBOOK_CALLING_HOURS_START and _END are local times, HH:MM without an offset")
        if self.calling_hours_start >= self.calling_hours_end:
            raise ValueError("DAYBOOK_CALLING_HOURS_START is to lie before DAYBOOK_CALLING_HOURS_END")
        return self

    @property
    def dialing_rules(self) -> DialingRules:
        return DialingRules(CallingHours(self.calling_hours_start, self.calling_hours_end), self.dials_a_day)
