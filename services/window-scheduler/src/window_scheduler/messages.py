"""Between the contracts' messages and this service's own terms."""

from datetime import UTC, datetime
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import InvalidInput
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.bookings import RequestedTimes
from window_scheduler.call_store import ScheduledCall
from window_scheduler.people import Consent, Person
from window_scheduler.window_store import CallWindow
from window_scheduler.windows import Weekly, WindowTimes

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
    days = message.WhichOneof("days")
    return RequestedTimes(
        starts_at=message.starts_at,
        ends_at=message.ends_at,
        weekdays=list(message.weekly.weekdays) if days == "weekly" else None,
        on=message.one_off.date if days == "one_off" else None,
    )


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
        opted_out_at=stamp(person.opted_out_at),
        created_at=stamp(person.created_at),
    )


def window_message(window: CallWindow) -> pb.CallWindow:
    return pb.CallWindow(
        window_id=str(window.window_id),
        person_id=str(window.person_id),
        times=_times_message(window.times),
        next_opens_at=stamp(window.next.opens_at if window.next else None),
        next_closes_at=stamp(window.next.closes_at if window.next else None),
    )


def _times_message(times: WindowTimes) -> pb.WindowTimes:
    message = pb.WindowTimes(starts_at=f"{times.starts_at:%H:%M}", ends_at=f"{times.ends_at:%H:%M}")
    if isinstance(times.days, Weekly):
        message.weekly.weekdays.extend(pb.Weekday.ValueType(number) for number in sorted(times.days.weekdays))
    else:
        message.one_off.date = times.days.on.isoformat()
    return message


def call_message(call: ScheduledCall) -> pb.ScheduledCall:
    return pb.ScheduledCall(
        call_id=str(call.call_id),
        person_id=str(call.person_id),
        window_id=str(call.window_id),
        local_day=call.local_day.isoformat(),
        not_before=stamp(call.not_before),
        not_after=stamp(call.not_after),
        scheduled_at=stamp(call.scheduled_at),
        finished_at=stamp(call.finished_at),
        outcome=call.outcome or "",
        reason=call.reason or "",
        revision=call.revision,
    )
