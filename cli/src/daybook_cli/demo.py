"""A demo person whose window is open now. Pure but for what asks or tells window-scheduler."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import grpc

from chassis.time_zones import zone_or_utc
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import PeopleServiceStub, WindowsServiceStub

EMULATED_PHONE = "+12025550123"
EMULATED_PHONES = tuple(f"+120255501{line:02}" for line in (*range(23, 100), *range(23)))
"""Numbers that are nobody's in any country, the one above first."""
NAME = "Robin"
WINDOW_LENGTH = timedelta(hours=2)

ZONES = (
    "Europe/Vienna",
    "America/New_York",
    "America/Los_Angeles",
    "Pacific/Auckland",
    "Asia/Tokyo",
    "Asia/Kolkata",
)
"""Round the world, so that it is day in one of them at any hour: nobody is called in quiet hours, not even in a demo."""

DAY_BEGINS, DAY_ENDS = 9, 18


@dataclass(frozen=True)
class Demo:
    person_id: str
    time_zone: str
    starts_at: str
    ends_at: str


def zone_at_day(now: datetime, zones: Sequence[str] = ZONES) -> ZoneInfo:
    """The first zone in which it is day.

    Raises:
        LookupError: it is night in all of them.
    """
    for name in zones:
        zone = zone_or_utc(name)
        if DAY_BEGINS <= now.astimezone(zone).hour < DAY_ENDS:
            return zone
    raise LookupError("it is night in all zones")


def window_open_now(now: datetime, zone: ZoneInfo) -> pb.WindowTimes:
    """A one-off window that opened a minute ago and stays open for two hours."""
    local = now.astimezone(zone)
    opens, closes = local - timedelta(minutes=1), local + WINDOW_LENGTH
    return pb.WindowTimes(
        starts_at=f"{opens:%H:%M}", ends_at=f"{closes:%H:%M}", one_off=pb.OneOff(date=local.date().isoformat())
    )


async def free_emulated_phone(channel: grpc.aio.Channel) -> str:
    """An emulated number that none of the people has: who shares one cannot sign in by a call. The first where all are taken.

    Args:
        channel: to window-scheduler.

    Raises:
        grpc.aio.AioRpcError: window-scheduler refused; its details say why.
    """
    taken: set[str] = set()
    request = pb.ListPeopleRequest(page_size=1000)
    while True:
        page = await PeopleServiceStub(channel).ListPeople(request)
        taken |= {person.phone_number for person in page.people}
        if not page.next_page_token:
            return next((phone for phone in EMULATED_PHONES if phone not in taken), EMULATED_PHONE)
        request.page_token = page.next_page_token


async def add_demo_person(channel: grpc.aio.Channel, *, phone: str, now: datetime, by: str = "make-run") -> Demo:
    """Adds a person, with consent, and a window that is open now.

    Args:
        channel: to window-scheduler.
        phone: E.164.
        now: aware.
        by: how the consent is said to have been given.

    Raises:
        grpc.aio.AioRpcError: window-scheduler refused; its details say why.
    """
    zone = zone_at_day(now)
    request = pb.CreatePersonRequest(
        name=NAME,
        phone_number=phone,
        time_zone=zone.key,
        locale="en-US",
        consent=pb.Consent(wording_version="demo-1", channel=by),
    )
    request.consent.given_at.FromDatetime(now)
    person = (await PeopleServiceStub(channel).CreatePerson(request)).person
    times = window_open_now(now, zone)
    await WindowsServiceStub(channel).CreateWindow(pb.CreateWindowRequest(person_id=person.person_id, times=times))
    return Demo(person.person_id, zone.key, times.starts_at, times.ends_at)
