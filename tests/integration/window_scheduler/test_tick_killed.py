"""kill -9 of the tick at random moments: nobody is left out, nobody is called twice (promises 1 and 3)."""

import random
from collections import Counter
from dataclasses import dataclass

import pytest
from forked_ticks import KILLED
from tick_books import Standing, faults, read_books, standing

BEGUN, STORING, PUBLISHING, NOTING = "begun", "storing", "publishing", "published without noting it"


@dataclass(frozen=True)
class Scale:
    """How much is done.

    Attributes:
        rounds: how often so many windows come due, and so many ticks are killed over them.
        kills: of a round.
        windows: of a round.
        sure: what so many kills are sure to have hit.
    """

    rounds: int
    kills: int
    windows: int
    sure: frozenset[str] = frozenset()


def work_hit(before: Standing, after: Standing) -> set[str]:
    """What a tick was at when it was killed, as far as the books show it."""
    seen = {
        BEGUN: after.ticks > before.ticks,
        STORING: after.calls > before.calls and after.due > 0,
        PUBLISHING: after.messages > before.messages,
        NOTING: after.messages > after.calls - after.unpublished,
    }
    return {what for what, true in seen.items() if true}


@pytest.mark.parametrize(
    "scale",
    [
        pytest.param(Scale(rounds=2, kills=10, windows=2_000), id="20 kills"),
        pytest.param(
            Scale(rounds=10, kills=20, windows=20_000, sure=frozenset({BEGUN, STORING, PUBLISHING, NOTING})),
            marks=[pytest.mark.endurance, pytest.mark.timeout(7200)],
            id="200 kills",
        ),
    ],
)
async def test_a_tick_that_is_killed_at_any_moment_loses_no_call_and_doubles_none(
    crowd, ticks, database, nats_url, scale, seed
):
    """What it shows: ticks are killed by SIGKILL at random moments of the work on so many due windows, and each goes on where
    the last was killed; nothing is mended or reset between. Whoever has a window is called once, has one message in the stream
    (so each call was published, and what was published again was dropped), and nothing is due or waits when a tick ends well.

    The process is `python -m window_scheduler tick`, forked after its imports. Moments are drawn evenly over the length of
    what is left to do, as it was measured, so that the kills of a round spread over all of its work: claiming, committing,
    publishing, and between a publish and its note. What the books show of that is counted.
    """
    moments = random.Random(seed)
    hit: Counter[str] = Counter()
    empty_s = (await ticks.tick()).lived_s
    for _ in range(scale.rounds):
        tenth = scale.windows // 10
        await crowd.grow(tenth)
        measured = await ticks.tick()
        assert measured.status == 0, measured
        window_s = max(measured.lived_s - empty_s, 0.001) / tenth
        await crowd.grow(8 * tenth)
        kills, kept = 0, tenth
        before = await standing(database, nats_url)
        while kills < scale.kills:
            if before.done:  # sooner than measured: some come late, so that there is work to be killed in
                late = -(-kept // scale.kills)
                await crowd.grow(late)
                kept -= late
                before = await standing(database, nats_url)
            left = before.due + before.unpublished / 2
            share = min(1, 2 / (scale.kills - kills))
            moment_s = moments.uniform(empty_s / 2, empty_s + window_s * left * share)
            ended = await ticks.tick(kill_after_s=moment_s)
            assert ended.status in {0, KILLED}, (ended, f"{seed=}")
            after = await standing(database, nats_url)
            if ended.status == KILLED:
                kills += 1
                hit.update(work_hit(before, after))
            before = after
        await crowd.grow(kept)
        while not (await standing(database, nats_url)).done:
            ended = await ticks.tick()
            assert ended.status == 0, (ended, f"{seed=}")
    assert len(crowd.people) == scale.rounds * scale.windows
    assert faults(await read_books(database, nats_url), crowd.people) == [], (f"{seed=}", hit)
    assert scale.sure <= set(hit), (f"{seed=}", hit)
    print(f"{scale.rounds * scale.kills} kills, among them: {dict(hit)}")  # noqa: T201 - for who looks, with -s
