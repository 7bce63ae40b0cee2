"""What of an entry is beyond its limit, and when."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.records import Entry, Keeping, Outcome
from journal.retention_rules import Beyond, beyond

ENDED_AT = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
"""A few hours before clocks go forward in Europe: a day is 24 hours all the same."""
A_MICROSECOND = timedelta(microseconds=1)
NOBODY = UUID(int=0)

days = st.one_of(st.just(0), st.integers(1, 36_500))


def an_entry(audio_removed_at=None):
    return Entry(
        NOBODY, NOBODY, NOBODY, NOBODY, ENDED_AT - timedelta(minutes=2), ENDED_AT, Outcome.COMPLETED, 1, 1000,
        cut_off=False, audio_removed_at=audio_removed_at,
    )  # fmt: skip


entries = st.sampled_from([None, ENDED_AT + timedelta(days=1)]).map(an_entry)


@given(entries, days, days, st.timedeltas(timedelta(0), timedelta(days=40_000)))
def test_what_goes_is_what_was_kept_for_so_many_whole_days(entry, audio_days, entry_days, since):
    found = beyond(Keeping(audio_days, entry_days), entry, ENDED_AT + since)
    whole_days = since // timedelta(hours=24)
    assert (found is Beyond.ENTRY) == (0 < entry_days <= whole_days)
    audio_goes = 0 < audio_days <= whole_days and entry.audio_removed_at is None
    assert (found is Beyond.AUDIO) == (audio_goes and found is not Beyond.ENTRY)


@given(entries, days, days)
def test_nothing_goes_before_the_day_is_over(entry, audio_days, entry_days):
    keeping = Keeping(audio_days, entry_days)
    limits = [each for each in (audio_days, entry_days) if each]
    now = ENDED_AT + timedelta(days=min(limits, default=36_500)) - A_MICROSECOND
    assert beyond(keeping, entry, now) is Beyond.NOTHING


@given(entries, days, days, st.timedeltas(timedelta(0), timedelta(days=40_000)), st.timedeltas(timedelta(0)))
def test_what_has_gone_does_not_come_back_into_its_limit(entry, audio_days, entry_days, since, later):
    keeping, now = Keeping(audio_days, entry_days), ENDED_AT + since
    order = [Beyond.NOTHING, Beyond.AUDIO, Beyond.ENTRY]
    then = min(now + min(later, timedelta(days=40_000)), datetime.max.replace(tzinfo=UTC))
    assert order.index(beyond(keeping, entry, then)) >= order.index(beyond(keeping, entry, now))


@pytest.mark.parametrize("descriptions", [True, False])
def test_the_other_wish_has_no_part_in_it(descriptions):
    entry = an_entry()
    now = ENDED_AT + timedelta(days=1)
    assert beyond(Keeping(1, 2, descriptions), entry, now) is Beyond.AUDIO
    assert beyond(Keeping(0, 0, descriptions), entry, now + timedelta(days=36_500)) is Beyond.NOTHING
