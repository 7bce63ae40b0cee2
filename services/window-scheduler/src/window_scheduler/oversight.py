"""What operators are told by CallsService: how scheduling stands, and why a day of a person has a call or none."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.errors import InvalidInput
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.call_store import CallKind, ScheduledCall, undialed
from window_scheduler.messages import call_message, stamp, window_message
from window_scheduler.outbox_store import unpublished
from window_scheduler.oversight_store import (
    authorizations_of,
    calls_on,
    open_windows,
    tally_calls,
    ticks_between,
    windows_with_booking,
)
from window_scheduler.people import Person
from window_scheduler.people_store import count_people
from window_scheduler.record_store import DecisionRecord, TickRecord, decisions_on, last_start, last_tick
from window_scheduler.standings import Standing, WindowOnDay, standing_now, standing_on_day
from window_scheduler.tick_store import count_due
from window_scheduler.window_store import CallWindow
from window_scheduler.windows import Occurrence, occurrence_on

_A_DAY = timedelta(days=1)


async def overview(connection: AsyncConnection, *, now: datetime, tick_period: timedelta) -> pb.GetOverviewResponse:
    """How scheduling stands at `now`."""
    people = await count_people(connection)
    undialed_calls, undialed_since = await undialed(connection, now=now)
    waiting, waiting_since = await unpublished(connection)
    return pb.GetOverviewResponse(
        tick_began_at=stamp(await last_start(connection)),
        last_tick=_tick_message(await last_tick(connection)),
        tick_period_s=round(tick_period.total_seconds()),
        people=pb.PeopleCounts(
            all=people.all,
            with_windows=people.with_windows,
            opted_out=people.opted_out,
            without_consent=people.without_consent,
        ),
        open_windows=await _open_windows(connection, now),
        overdue_windows=await count_due(connection, until=now),
        undialed=undialed_calls,
        oldest_undialed_at=stamp(undialed_since),
        unpublished=waiting,
        oldest_unpublished_at=stamp(waiting_since),
        calls=await _calls(connection, now),
    )


def _tick_message(tick: TickRecord | None) -> pb.Tick | None:
    if tick is None:
        return None
    return pb.Tick(
        started_at=stamp(tick.started_at),
        finished_at=stamp(tick.finished_at),
        found=tick.tally.found,
        scheduled=tick.tally.scheduled,
        declined=tick.tally.declined,
        missed=tick.tally.missed,
        published=tick.tally.published,
    )


async def _open_windows(connection: AsyncConnection, now: datetime) -> pb.OpenWindows:
    counts: dict[Standing, int] = {}
    kinds, more = await open_windows(connection, now=now)
    for window, windows in kinds:
        standing = standing_now(window)
        counts[standing] = counts.get(standing, 0) + windows
    return pb.OpenWindows(
        open=sum(counts.values()),
        more=more,
        standings=[
            pb.StandingCount(standing=_standing_message(standing), windows=windows)
            for standing, windows in counts.items()
        ],
    )


def _standing_message(standing: Standing) -> pb.WindowStanding.ValueType:
    return pb.WindowStanding.Value(f"WINDOW_STANDING_{standing.name}")


async def _calls(connection: AsyncConnection, now: datetime) -> pb.CallCounts:
    tallies = await tally_calls(connection, now=now)
    return pb.CallCounts(
        scheduled=sum(tally.calls for tally in tallies),
        authorized=sum(tally.authorized for tally in tallies),
        ended=[pb.OutcomeCount(outcome=tally.outcome, calls=tally.calls) for tally in tallies if tally.outcome],
    )


def day_asked_for(value: str, zone: ZoneInfo | None, now: datetime) -> date:
    """The local day of a request: the one that it names, or today where the person is.

    Raises:
        InvalidInput: it is no date.
    """
    if value:
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise InvalidInput("local_day", "is to be a date as YYYY-MM-DD, e.g. 2026-11-24; or empty.") from None
    return now.astimezone(zone or UTC).date()


async def explained_day(
    connection: AsyncConnection,
    person: Person,
    zone: ZoneInfo | None,
    day: date,
    *,
    now: datetime,
    tick_period: timedelta,
) -> pb.ExplainDayResponse:
    """Why a person is called on one of their days, or not, window by window. Their zone is none where it is not known."""
    calls = await calls_on(connection, person.person_id, day)
    call = next((each for each in calls if each.kind is CallKind.OF_DAY), None)
    consent = person.profile.consent
    noon = datetime.combine(day, time(12), tzinfo=UTC)
    # a local day lies within two days of its noon in UTC, wherever on earth it is
    ticks = await ticks_between(connection, noon - 2 * _A_DAY, noon + 2 * _A_DAY)
    decisions = await decisions_on(connection, person.person_id, day)
    decided = {(each.window_id, Occurrence(day, each.opens_at, each.closes_at)): each.decision for each in decisions}
    windows: list[pb.WindowOnDay] = []
    for window, booked_at in await windows_with_booking(connection, person.person_id):
        occurrence = None if zone is None else occurrence_on(day, window.times, zone)
        opening = occurrence if isinstance(occurrence, Occurrence) else None
        on_day = WindowOnDay(
            occurrence=occurrence,
            booked_at=booked_at,
            next_opens_at=window.next.opens_at if window.next else None,
            decision=decided.get((window.window_id, opening)) if opening else None,
            ticks=ticks,
            opted_out_at=person.opted_out_at,
            consent_given_at=consent.given_at if consent else None,
            called=call is not None and call.window_id == window.window_id,
            called_by_another=call is not None and call.window_id != window.window_id,
        )
        windows.append(_window_message(window, opening, standing_on_day(on_day, now=now, tick_period=tick_period)))
    return pb.ExplainDayResponse(
        local_day=day.isoformat(),
        time_zone=person.profile.time_zone,
        local_time=f"{now.astimezone(zone):%H:%M}" if zone else "",
        consent_given_at=stamp(consent.given_at if consent else None),
        opted_out_at=stamp(person.opted_out_at),
        windows=windows,
        call=call_message(call) if call else None,
        authorizations=await _authorizations(connection, call),
        decisions=[_decision_message(each) for each in decisions],
        test_calls=[
            pb.TestCall(call=call_message(each), authorizations=await _authorizations(connection, each))
            for each in calls
            if each.kind is not CallKind.OF_DAY
        ],
    )


def _decision_message(decided: DecisionRecord) -> pb.WindowDecision:
    return pb.WindowDecision(
        window_id=str(decided.window_id),
        decided_at=stamp(decided.decided_at),
        tick_id=decided.tick_id or 0,
        decision=pb.WindowDecisionKind.Value(f"WINDOW_DECISION_KIND_{decided.decision.name}"),
        opens_at=stamp(decided.opens_at),
        closes_at=stamp(decided.closes_at),
    )


def _window_message(window: CallWindow, opening: Occurrence | None, standing: Standing) -> pb.WindowOnDay:
    return pb.WindowOnDay(
        window=window_message(window),
        standing=_standing_message(standing),
        opens_at=stamp(opening.opens_at if opening else None),
        closes_at=stamp(opening.closes_at if opening else None),
    )


async def _authorizations(connection: AsyncConnection, call: ScheduledCall | None) -> list[pb.DialAuthorization]:
    if call is None:
        return []
    return [
        pb.DialAuthorization(attempt_id=each.attempt_id, authorized_at=stamp(each.authorized_at))
        for each in await authorizations_of(connection, call.call_id)
    ]
