"""Between the contracts' messages and this service's own terms."""

from datetime import UTC, date, datetime
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import InvalidInput
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.bookings import RequestedTimes, RequestedWeekly
from window_scheduler.call_store import ScheduledCall
from window_scheduler.calling_hours import CallingHours
from window_scheduler.people import Consent, Person
from window_scheduler.window_store import CallWindow
from window_scheduler.windows import OneOff, Weekly, WindowTimes

PAGE_SIZE = 100
LARGEST_PAGE = 1000


def uuid_of(value: str, field: str) -> UUID:
    """Raises InvalidInput where it is none."""
    try:
        return UUID(value)
    except ValueError:
        raise InvalidInput(field, "is to be a UUID, as the service gave it.") from None


def page_size_of(value: int) -> int:
    """Raises InvalidInput where it is out of range."""
    if not 0 <= value <= LARGEST_PAGE:
        raise InvalidInput("page_size", f"is to be 1 to {LARGEST_PAGE}; or 0, which means {PAGE_SIZE}.")
    return value or PAGE_SIZE


def moment_of(value: Timestamp, field: str) -> datetime:
    """The moment, aware, UTC. Raises InvalidInput where no calendar has it."""
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(field, "is to be a moment between the years 1 and 9999.") from None


def stamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    value = Timestamp()
    value.FromDatetime(moment)
    return value


def consent_of(message: pb.Consent) -> Consent:
    """Raises InvalidInput where it does not say when."""
    if not message.HasField("given_at"):
        raise InvalidInput("consent.given_at", "is to be when the person agreed; it is not set.")
    return Consent(moment_of(message.given_at, "consent.given_at"), message.wording_version, message.channel)


def requested_times_of(message: pb.WindowTimes) -> RequestedTimes:
    days: RequestedWeekly | str | None = None
    if message.HasField("weekly"):
        weekly = message.weekly
        days = RequestedWeekly(
            weekdays=list(weekly.weekdays),
            every_weeks=weekly.every_weeks,
            first_date=weekly.first_date,
            last_date=weekly.last_date,
            except_dates=list(weekly.except_dates),
            paused_until=weekly.paused_until,
        )
    elif message.HasField("one_off"):
        days = message.one_off.date
    return RequestedTimes(message.starts_at, message.ends_at, days, ends_next_day=message.ends_next_day)


def person_message(person: Person) -> pb.Person:
    profile, consent = person.profile, person.profile.consent
    return pb.Person(
        person_id=str(person.person_id),
        name=profile.name,
        name_pronunciation=profile.name_pronunciation,
        phone_number=profile.phone_number,
        time_zone=profile.time_zone,
        locale=profile.locale,
        consent=pb.Consent(
            given_at=stamp(consent.given_at), wording_version=consent.wording_version, channel=consent.channel
        )
        if consent
        else None,
        calling_hours=_hours_message(profile.calling_hours),
        opted_out_at=stamp(person.opted_out_at),
        created_at=stamp(person.created_at),
        programme=profile.programme,
    )


def window_message(window: CallWindow) -> pb.CallWindow:
    return pb.CallWindow(
        window_id=str(window.window_id),
        person_id=str(window.person_id),
        times=_times_message(window.times),
        next_opens_at=stamp(window.next.opens_at if window.next else None),
        next_closes_at=stamp(window.next.closes_at if window.next else None),
    )


def _hours_message(hours: CallingHours | None) -> pb.CallingHours | None:
    if hours is None:
        return None
    return pb.CallingHours(starts_at=f"{hours.start:%H:%M}", ends_at=f"{hours.end:%H:%M}")


def _times_message(times: WindowTimes) -> pb.WindowTimes:
    days = times.days
    return pb.WindowTimes(
        starts_at=f"{times.starts_at:%H:%M}",
        ends_at=f"{times.ends_at:%H:%M}",
        ends_next_day=times.ends_next_day,
        weekly=_weekly_message(days) if isinstance(days, Weekly) else None,
        one_off=pb.OneOff(date=days.on.isoformat()) if isinstance(days, OneOff) else None,
    )


def _weekly_message(weekly: Weekly) -> pb.Weekly:
    def told(day: date | None) -> str:
        return day.isoformat() if day else ""

    return pb.Weekly(
        weekdays=[pb.Weekday.ValueType(number) for number in sorted(weekly.weekdays)],
        every_weeks=weekly.every_weeks,
        first_date=told(weekly.first_date),
        last_date=told(weekly.last_date),
        except_dates=[told(day) for day in sorted(weekly.except_dates)],
        paused_until=told(weekly.paused_until),
    )


def call_message(call: ScheduledCall) -> pb.ScheduledCall:
    return pb.ScheduledCall(
        call_id=str(call.call_id),
        person_id=str(call.person_id),
        window_id=str(call.window_id or ""),
        local_day=call.local_day.isoformat(),
        not_before=stamp(call.not_before),
        not_after=stamp(call.not_after),
        scheduled_at=stamp(call.scheduled_at),
        finished_at=stamp(call.finished_at),
        outcome=call.outcome or "",
        reason=call.reason or "",
        revision=call.revision,
        test_number=call.test_number,
        for_sign_in=call.for_sign_in,
    )
