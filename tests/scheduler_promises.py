"""What the promises 1 and 3 ask of window-scheduler's rows and of the stream: a bookkeeping of its own, beside `planning`'s.

It takes one thing from the service, when a window opens on a day and what a day's chances are, which have tests of their own.
Each function returns what is wrong, a sentence each.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from chassis.time_zones import TimeZones
from daybook.events.v1.events_pb2 import CallScheduled
from window_scheduler.chances import Chance, chances_on
from window_scheduler.window_store import times_of
from window_scheduler.windows import Occurrence, WindowTimes, occurrence_on

ONE_DAY = timedelta(days=1)
MISSED = {"missed_no_tick", "missed_tick_failed"}

Day = tuple[UUID, date]
"""A person's local day."""


@dataclass(frozen=True)
class Person:
    zone_name: str
    consented: bool
    opted_out: bool

    @property
    def may_be_called(self) -> bool:
        return self.consented and not self.opted_out


@dataclass(frozen=True)
class Call:
    call_id: UUID
    day: Day
    not_before: datetime
    not_after: datetime
    dialed: bool
    finished: bool
    revision: int
    is_test: bool

    @property
    def times(self) -> tuple[datetime, datetime]:
        return self.not_before, self.not_after


@dataclass(frozen=True)
class Decided:
    window_id: UUID
    day: Day
    decision: str
    opens_at: datetime
    closes_at: datetime
    decided_at: datetime


@dataclass(frozen=True)
class State:
    """All that window-scheduler holds.

    Attributes:
        people: by their ids.
        windows: each with its person's id, by its own.
        next_opens_at: by a window's id, when it is due.
        waiting: the ids of the calls that the outbox holds something of.
        ticks: when they began.
    """

    people: Mapping[UUID, Person]
    windows: Mapping[UUID, tuple[UUID, WindowTimes]]
    next_opens_at: Mapping[UUID, datetime]
    calls: Sequence[Call]
    decided: AbstractSet[Decided]
    waiting: AbstractSet[UUID]
    ticks: Sequence[datetime]

    @property
    def day_calls(self) -> Sequence[Call]:
        """All but the test calls."""
        return [call for call in self.calls if not call.is_test]

    def windows_of(self, person_id: UUID) -> Mapping[UUID, WindowTimes]:
        return {key: times for key, (owner, times) in self.windows.items() if owner == person_id}


async def read_state(connection: asyncpg.Connection) -> State:
    """Everything, by SQL of the test's own. `search_path` is the service's schema."""
    people = await connection.fetch("SELECT * FROM people ORDER BY created_at, person_id")
    windows = await connection.fetch("SELECT * FROM call_windows ORDER BY created_at, window_id")
    calls = await connection.fetch("SELECT * FROM scheduled_calls ORDER BY not_before, call_id")
    decided = await connection.fetch("SELECT * FROM window_decisions")
    waiting = await connection.fetch("SELECT call_id FROM outbox")
    ticks = await connection.fetch("SELECT started_at FROM ticks")
    return State(
        {
            row["person_id"]: Person(
                row["time_zone"], row["consent_given_at"] is not None, row["opted_out_at"] is not None
            )
            for row in people
        },
        {row["window_id"]: (row["person_id"], times_of(row)) for row in windows},
        {row["window_id"]: row["next_opens_at"] for row in windows if row["next_opens_at"]},
        [
            Call(
                row["call_id"],
                (row["person_id"], row["local_day"]),
                row["not_before"],
                row["not_after"],
                row["dialed_at"] is not None,
                row["finished_at"] is not None,
                row["revision"],
                row["test_number"] > 0,
            )
            for row in calls
        ],
        {
            Decided(
                row["window_id"],
                (row["person_id"], row["local_day"]),
                row["decision"],
                row["opens_at"],
                row["closes_at"],
                row["decided_at"],
            )
            for row in decided
        },
        {row["call_id"] for row in waiting},
        [row["started_at"] for row in ticks],
    )


def doubled(state: State, heard: Sequence[tuple[str, CallScheduled]]) -> Iterator[str]:
    """Promise 1: one call a day, in the rows and in the stream, beside test calls; and each event once."""
    for day, count in Counter(call.day for call in state.day_calls).items():
        if count > 1:
            yield f"{count} calls on one day: {day}"
    told = {((message.person_id, message.local_day), message.call_id) for _, message in heard if message.window_id}
    for day, count in Counter(day for day, _ in told).items():
        if count > 1:
            yield f"The stream tells of {count} calls on one day: {day}"
    for event_id, count in Counter(event_id for event_id, _ in heard).items():
        if count > 1:
            yield f"The stream has an event {count} times: {event_id}"


def told_wrong(
    state: State, heard: Sequence[tuple[str, CallScheduled]], *, except_calls: AbstractSet[UUID]
) -> Iterator[str]:
    """What the stream tells last of a call is what stands, unless the outbox still holds something; revisions only go up."""
    news: dict[UUID, list[CallScheduled]] = {}
    for _, message in heard:
        news.setdefault(UUID(message.call_id), []).append(message)
    for call_id, told in news.items():
        if call_id not in except_calls and any(one.revision >= other.revision for one, other in pairwise(told)):
            yield f"The stream tells of the revisions {[each.revision for each in told]} of call {call_id}"
    for call in state.calls:
        if call.call_id in except_calls or call.call_id in state.waiting:
            continue
        if call.call_id not in news:
            yield f"Nobody is told of call {call}"
        elif (last := _told(news[call.call_id][-1])) != (call.revision, *call.times):
            yield f"The stream tells {last} of call {call}"


def blurred_by_restore(state: State, heard: Sequence[tuple[str, CallScheduled]]) -> set[UUID]:
    """Of which calls the stream has told something that a restored backup does not know."""
    last = {UUID(message.call_id): _told(message) for _, message in heard}
    stands = {call.call_id: (call.revision, *call.times) for call in state.calls}
    return {call_id for call_id, told in last.items() if stands.get(call_id) != told}


def _told(message: CallScheduled) -> tuple[int, datetime, datetime]:
    return message.revision, _utc(message.not_before), _utc(message.not_after)


def _utc(stamp) -> datetime:
    return datetime.fromisoformat(stamp.ToJsonString())


def moved_after_dial(before: State, after: State) -> Iterator[str]:
    """A call that was dialed keeps its times."""
    now = {call.call_id: call for call in after.calls}
    for call in before.calls:
        if call.dialed and (same := now.get(call.call_id)) and (call.times, True) != (same.times, same.dialed):
            yield f"After it was dialed, {call} became {same}"


def uninvited(before: State, after: State) -> Iterator[str]:
    """Nobody gets a new call, or a call for other times, who may not be called."""
    known = {(call.call_id, call.revision) for call in before.calls}
    for call in after.calls:
        person = after.people[call.day[0]]
        was = before.people.get(call.day[0], person)
        if (call.call_id, call.revision) not in known and not (person.may_be_called or was.may_be_called):
            yield f"Somebody who may not be called got {call}"


def overdue(state: State, now: datetime, until: datetime) -> Iterator[str]:
    """After a tick, no window is due that opens before the next; but for one that is yet to open, while its person's call may
    still be dialed in a chance before it.
    """
    standing = [call for call in state.day_calls if not call.dialed and not call.finished]
    for window_id, opens_at in state.next_opens_at.items():
        person_id, _ = state.windows[window_id]
        awaits = any(call.day[0] == person_id and now < call.not_after < opens_at for call in standing)
        if opens_at <= until and not awaits:
            yield f"Window {window_id} is due still, for {opens_at}: {state.windows[window_id]}"


def missed(
    state: State, zones: TimeZones, now: datetime, until: datetime, changed_at: Mapping[UUID, datetime]
) -> Iterator[str]:
    """Promise 3, at the end of a tick: each chance that is open now, of a person who may be called, has the day's call, unless
    that was dialed before; or the call stands for another chance of the day, which is still to end. What a window adds to a
    chance that is open, the tick before it opens adds to the call: a tick looks ahead to `until`, when the next one comes.

    But for openings that were over by a clock which has stepped back since, when their window was booked, or when they were
    put on record as missed: those are not looked at again.
    """
    given_up = {
        (each.window_id, each.day[1]) for each in state.decided if each.decision in MISSED and each.closes_at > now
    }
    calls = {call.day: call for call in state.day_calls}
    for person_id, person in state.people.items():
        zone = zones.named(person.zone_name)
        if zone is None or not person.may_be_called:
            continue
        for chance in _chances_around(now, until, state.windows_of(person_id), zone):
            if not chance.opens_at <= now < chance.closes_at:
                continue
            if all(
                (window_id, chance.local_day) in given_up or changed_at[window_id] >= chance.closes_at
                for window_id in chance.window_ids
            ):
                continue
            call = calls.get((person_id, chance.local_day))
            others = chances_on(chance.local_day, state.windows_of(person_id), zone)
            if call is None:
                yield f"No call for {chance} of person {person_id}"
            elif not (
                call.dialed or _is_for(call, chance, now) or any(_is_to_come(call, each, now) for each in others)
            ):
                yield f"Nobody dialed {call}, and it is not for {chance}"


def _chances_around(
    now: datetime, until: datetime, windows: Mapping[UUID, WindowTimes], zone: ZoneInfo
) -> Iterator[Chance]:
    """Of the windows that open by then."""
    today = now.astimezone(zone).date()
    for offset in (-2, -1, 0, 1):
        day = today + offset * ONE_DAY
        openings = {window_id: occurrence_on(day, times, zone) for window_id, times in windows.items()}
        open_by_then = {
            window_id: windows[window_id]
            for window_id, opening in openings.items()
            if isinstance(opening, Occurrence) and opening.opens_at <= until
        }
        yield from chances_on(day, open_by_then, zone)


def _is_for(call: Call, chance: Chance, now: datetime) -> bool:
    """It may be dialed in all that is left of this chance."""
    return call.not_before <= max(chance.opens_at, now) and chance.closes_at <= call.not_after


def _is_to_come(call: Call, chance: Chance, now: datetime) -> bool:
    return _is_for(call, chance, now) and not call.finished and now < chance.closes_at


def untold(state: State, zones: TimeZones, now: datetime, changed_at: Mapping[UUID, datetime]) -> Iterator[str]:
    """After a tick, each opening that is over by now, and was not when its window was last changed, has a decision on record.

    Args:
        state: after the tick.
        zones: the rules.
        now: when it was.
        changed_at: by a window's id, when it, its person or the rules of its zone were changed last.
    """
    decided = {(each.window_id, each.day[1]) for each in state.decided}
    for window_id, (person_id, times) in state.windows.items():
        zone = zones.named(state.people[person_id].zone_name)
        if zone is None:
            continue
        since, day = changed_at[window_id], changed_at[window_id].astimezone(zone).date() - 2 * ONE_DAY
        while day <= now.astimezone(zone).date():
            opening = occurrence_on(day, times, zone)
            if isinstance(opening, Occurrence) and since < opening.closes_at <= now and (window_id, day) not in decided:
                yield f"Nothing is on record of {opening} of window {window_id}"
            day += ONE_DAY


def told_falsely(before: State, after: State, now: datetime, period: timedelta) -> Iterator[str]:
    """What a tick put on record, if nothing else happened meanwhile, is so."""
    days_with_call = {call.day for call in after.day_calls}
    for each in after.decided - before.decided:
        person = before.people[each.day[0]]
        in_time = any(each.opens_at - period <= tick < each.closes_at for tick in after.ticks)
        is_so = {
            "opted_out": person.opted_out,
            "no_consent": not person.consented,
            "missed_no_tick": each.day not in days_with_call and each.closes_at <= now and not in_time,
            "missed_tick_failed": each.day not in days_with_call and each.closes_at <= now and in_time,
        }.get(each.decision, each.day in days_with_call)
        if not is_so:
            yield f"It is not so: {each}"
