"""A call that window-scheduler moved to other times: it comes again, with the same id and a higher revision."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from call_dispatcher.attempts import (
    Accepted,
    AttemptState,
    CarrierReported,
    Reflection,
    ReflectionReported,
    TurnedAway,
)
from call_dispatcher.calls import Call
from daybook.events.v1 import events_pb2
from daybook.scheduler.v1 import scheduler_pb2

SID = f"CA{0:032x}"
OUTCOMES = events_pb2.CallOutcome


def moved(call, *, revision=1, **opens_in):
    """The call at other times, an hour long, so long after those it has."""
    by = timedelta(**opens_in)
    opens = call.not_before + by
    return replace(call, not_before=opens, not_after=opens + timedelta(hours=1), revision=revision)


async def row(house, call):
    [found] = await house.rows(f"SELECT * FROM calls WHERE call_id = '{call.call_id}'")
    return found


async def times(house, call):
    found = await row(house, call)
    return found.not_before, found.not_after, found.revision


def times_of(call):
    return call.not_before, call.not_after, call.revision


async def decisions(house, call):
    found = await house.rows(f"SELECT * FROM decisions WHERE call_id = '{call.call_id}' ORDER BY first_at, decision")
    return [(each.decision, each.reason) for each in found]


async def ends(house):
    return [(OUTCOMES.Name(end.outcome), end.revision) for end in await house.finished()]


async def reflects(house, call, number=1):
    sid = (await house.attempt(call, number)).carrier_call_id
    await house.hear(
        call,
        ReflectionReported(sid, Reflection.COMPLETED),
        CarrierReported(sid, AttemptState.COMPLETED),
        number=number,
    )


async def test_a_call_is_dialed_at_the_times_it_was_moved_to_and_not_before(house, site) -> None:
    call = await house.schedule()
    later = moved(call, hours=3)
    await house.announce(later)
    await house.dial()
    await house.later(hours=2)
    assert site.posts == []
    assert (await times(house, call), await house.state(call)) == (times_of(later), "pending")
    await house.later(hours=1)
    assert len(site.posts) == 1
    await reflects(house, call)
    assert await ends(house) == [("CALL_OUTCOME_REFLECTED", 1)]
    assert await decisions(house, call) == [
        ("moved", "before_any_dial"),
        ("finished_reflected", "reflection_completed"),
    ]


async def test_a_call_is_dialed_at_once_where_it_was_moved_to_times_that_have_begun(house, site) -> None:
    call = await house.schedule()
    tomorrow = moved(call, hours=24)
    await house.announce(tomorrow)
    await house.announce(moved(tomorrow, revision=2, hours=-24))
    await house.dial()
    assert len(site.posts) == 1


@pytest.mark.parametrize("revision", [0, 1])
async def test_a_revision_that_is_not_higher_changes_nothing(house, site, revision) -> None:
    call = replace(await house.schedule(), call_id=str(uuid4()), revision=1)
    await house.announce(call)
    before = await row(house, call)
    await house.announce(moved(call, revision=revision, hours=3))
    assert await row(house, call) == before
    assert await decisions(house, call) == []


async def test_a_missed_call_begins_anew_and_each_of_its_ends_is_told(house, site) -> None:
    call = await house.schedule()
    await house.later(hours=1)
    assert await house.state(call) == "finished"
    await house.announce(moved(call, hours=3))
    found = await row(house, call)
    assert (found.state, found.outcome, found.reason, found.finished_at) == ("pending", "missed", "", None)
    await house.later(hours=2)
    await reflects(house, call)
    assert await house.events() == [
        ("call.finished", f"{call.call_id}.finished"),
        ("call.dialed", f"{call.call_id}.1.dialed"),
        ("call.finished", f"{call.call_id}.finished.1"),
    ]
    assert await ends(house) == [("CALL_OUTCOME_MISSED", 0), ("CALL_OUTCOME_REFLECTED", 1)]


async def test_a_call_that_is_missed_at_all_its_times_is_told_as_missed_for_each(house, site) -> None:
    call = await house.schedule()
    for revision in (1, 2):
        await house.later(hours=1)
        call = moved(call, revision=revision, hours=3)
        await house.announce(call)
        house.clock.set(call.not_after)
    await house.later(minutes=1)
    assert await ends(house) == [("CALL_OUTCOME_MISSED", revision) for revision in (0, 1, 2)]
    assert site.posts == []


async def test_a_refused_call_begins_anew(house, site, scheduler) -> None:
    call = await house.schedule()
    scheduler.refusals.append(refusal("WINDOW_DELETED"))
    await house.dial()
    assert await ends(house) == [("CALL_OUTCOME_REFUSED", 0)]
    await house.announce(moved(call, minutes=10))
    await house.later(minutes=10)
    assert len(site.posts) == 1
    assert await house.state(call) == "active"


async def test_an_attempt_that_the_carrier_turned_away_is_no_dial(house, site) -> None:
    call = await house.schedule()
    site.will_answer(429, code=20429)
    await house.dial()
    assert (await house.attempt(call)).state is AttemptState.TURNED_AWAY
    house.clock.advance(timedelta(seconds=1))
    await house.announce(moved(call, hours=3))
    await house.later(hours=3)
    assert await decisions(house, call) == [("try_again", "carrier_turned_away"), ("moved", "before_any_dial")]
    assert (len(site.posts), len(site.calls)) == (2, 1)


async def test_an_attempt_that_is_turned_away_after_the_move_is_made_again_at_the_new_times(house, site) -> None:
    call = await house.schedule()
    await house.begun(call)
    await house.announce(moved(call, hours=3))
    assert await house.state(call) == "active"
    await house.hear(call, TurnedAway("rate"))
    await house.later(hours=2)
    assert site.posts == []
    await house.later(hours=1)
    assert len(site.posts) == 1


async def test_what_is_left_of_a_dialed_call_follows_its_new_times_and_ends_in_their_name(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    await house.hear(call, CarrierReported(SID, AttemptState.BUSY))
    later = moved(call, minutes=30)
    await house.announce(later)
    assert await times(house, call) == times_of(later)
    await house.later(minutes=10)
    assert len(site.posts) == 1
    await house.later(minutes=20)
    assert len(site.posts) == 2
    await reflects(house, call, number=2)
    [end] = await house.finished()
    assert (end.attempts, end.revision) == (2, 1)
    assert ("moved", "after_a_dial") in await decisions(house, call)


async def test_a_call_that_waits_at_the_carrier_is_cancelled_when_its_new_times_end(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    await house.announce(replace(call, not_after=house.clock.now() + timedelta(minutes=5), revision=1))
    await house.later(minutes=4)
    assert site.ended == []
    await house.later(minutes=1)
    assert site.ended == [(SID, "canceled")]
    assert await ends(house) == [("CALL_OUTCOME_MISSED", 1)]


async def test_a_call_that_has_ended_after_a_dial_stays_so_and_its_end_is_told_for_the_new_times(house, site) -> None:
    call = await house.schedule()
    await house.dial()
    await reflects(house, call)
    [end] = await house.finished()
    house.clock.advance(timedelta(minutes=1))
    for _ in range(2):
        await house.announce(moved(call, hours=3))
    await house.later(hours=3)
    assert len(site.posts) == 1
    assert await house.state(call) == "finished"
    told_again = events_pb2.CallFinished()
    told_again.CopyFrom(end)
    told_again.revision = 1
    assert await house.finished() == [end, told_again]


def refusal(name, retry_at=None):
    answer = scheduler_pb2.AuthorizeDialResponse(refusal=scheduler_pb2.DialRefusal.Value(f"DIAL_REFUSAL_{name}"))
    if retry_at is not None:
        answer.retry_at.FromDatetime(retry_at)
    return answer


@pytest.mark.parametrize("rule", ["WINDOW_DELETED", "WINDOW_CLOSED", "WINDOW_NOT_OPEN", None])
async def test_no_answer_about_the_old_times_touches_a_call_that_was_moved_meanwhile(
    house, site, scheduler, clock, rule
) -> None:
    call = await house.schedule()
    later = moved(call, hours=3)
    async with house.asking():
        await house.announce(later)
        if rule is not None:
            retry_at = clock.now() + timedelta(hours=9) if rule == "WINDOW_NOT_OPEN" else None
            scheduler.refusals.append(refusal(rule, retry_at))
    found = await row(house, call)
    assert (await times(house, call), found.state) == (times_of(later), "pending")
    assert found.next_attempt_at == later.not_before
    assert site.posts == []
    assert await ends(house) == []
    assert await decisions(house, call) == [("moved", "before_any_dial")]
    await house.later(hours=3)
    assert len(site.posts) == 1


async def test_two_dispatchers_one_of_which_still_asks_about_the_old_times_dial_once(
    open_house, site, scheduler
) -> None:
    one, other = await open_house(), await open_house()
    call = await one.schedule()
    async with one.asking():
        await other.announce(replace(call, not_after=call.not_after + timedelta(hours=1), revision=1))
        due = await due_now(other)
        begun = await other.ledger.begin(due)
    assert begun is not None
    assert site.posts == []
    assert due.revision == 1
    await other.ledger.record(begun.attempt.attempt_id, Accepted(SID))
    await one.dial()
    assert site.posts == []
    assert len(await one.rows("SELECT * FROM attempts")) == 1


async def due_now(house):
    async with house.database.transaction() as connection:
        due = await house.take_due(connection)
    assert due is not None
    return due


async def test_whichever_order_two_dispatchers_hear_them_in_at_once_the_newest_times_stand(open_house) -> None:
    houses = [await open_house() for _ in range(2)]
    now = houses[0].clock.now()
    for order in permutations(range(3)):
        first = Call(str(uuid4()), str(uuid4()), now, now + timedelta(hours=1))
        calls = [moved(first, revision=revision, hours=revision) for revision in order]
        await asyncio.gather(*(house.announce(call) for call in calls for house in houses))
        newest = moved(first, revision=2, hours=2)
        assert await times(houses[0], first) == times_of(newest)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hear"), st.integers(0, 3)),
        st.tuples(st.just("later"), st.integers(1, 40)),
        st.tuples(st.just("busy"), st.just(0)),
        st.tuples(st.just("refuse"), st.sampled_from(["WINDOW_DELETED", "WINDOW_CLOSED"])),
    ),
    min_size=4,
    max_size=14,
)
OPENINGS = st.lists(st.tuples(st.integers(0, 120), st.integers(5, 60)), min_size=4, max_size=4)
"""In how many minutes each revision's times begin, and how many they last."""


# each example has a call of its own, and leaves none behind that could still be dialed
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(openings=OPENINGS, steps=STEPS)
async def test_in_any_order_and_however_often_they_come_no_dial_lies_outside_the_newest_times(
    house, site, scheduler, openings, steps
) -> None:
    start, call_id, person_id = house.clock.now(), str(uuid4()), str(uuid4())
    calls = [
        Call(
            call_id,
            person_id,
            not_before=start + timedelta(minutes=opens),
            not_after=start + timedelta(minutes=opens + lasts),
            revision=revision,
        )
        for revision, (opens, lasts) in enumerate(openings)
    ]
    newest = None

    async def look(posts_before):
        if len(site.posts) > posts_before:
            assert newest is not None
            assert newest.not_before <= house.clock.now() < newest.not_after

    for step, how in steps:
        posts = len(site.posts)
        match step:
            case "hear":
                await house.announce(calls[how])
                newest = calls[how] if newest is None or how > newest.revision else newest
                await house.dial()
            case "later":
                await house.later(minutes=how)
            case "busy":
                for attempt in await house.rows(f"SELECT * FROM attempts WHERE call_id = '{call_id}' AND live"):
                    await house.hear(
                        calls[0], CarrierReported(attempt.carrier_call_id, AttemptState.BUSY), number=attempt.number
                    )
            case "refuse":
                scheduler.refusals.append(refusal(how))
        await look(posts)
    scheduler.refusals.clear()
    while newest is not None and await house.state(newest) != "finished":
        posts = len(site.posts)
        await house.later(minutes=5)
        await look(posts)
    told = [end for end in await house.finished() if end.call_id == call_id]
    revisions = [end.revision for end in told]
    assert revisions == sorted(set(revisions))
    if newest is not None:
        assert revisions[-1] == newest.revision
        assert await times(house, newest) == times_of(newest)
        assert told[-1].attempts == sum(f"/{call_id}." in post["Url"] for post in site.posts) <= 3
