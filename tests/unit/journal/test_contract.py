from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from daybook.journal.v1 import journal_pb2 as pb
from journal import contract
from journal.records import Entry, Outcome, PagePosition


@pytest.mark.parametrize(
    "value", ["", "42", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}", "6ba7b8109dad11d180b400c04fd430c8"]
)
def test_an_id_has_one_form(value):
    with pytest.raises(InvalidInput, match="call_id: must be a UUID"):
        contract.id_of("call_id", value)


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_page_goes_on_where_the_last_one_ended(started_at, entry_id):
    entry = Entry(entry_id, uuid4(), uuid4(), uuid4(), started_at, started_at, Outcome.COMPLETED, 1, 1, cut_off=False)
    page = contract.page_of(pb.ListEntriesRequest(page_token=contract.page_token(entry)))
    assert page.after == PagePosition(started_at, entry_id)


@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["L", "N", "Cs"])))
def test_a_foreign_page_token_is_refused_by_its_name(token):
    with pytest.raises(InvalidInput, match="page_token: must be a next_page_token of an earlier answer"):
        contract.page_of(pb.ListEntriesRequest(page_token=token))


def test_no_page_size_is_a_hundred():
    assert contract.page_of(pb.ListEntriesRequest()).size == 100


@pytest.mark.parametrize("size", [-1, 1001])
def test_a_page_size_out_of_range_is_refused(size):
    with pytest.raises(InvalidInput, match="page_size: must be 1 to 1000, or 0 for 100"):
        contract.page_of(pb.ListEntriesRequest(page_size=size))


def test_a_summary_tells_an_entry_without_its_words():
    entry = Entry(
        uuid4(), uuid4(), uuid4(), uuid4(), datetime(2026, 11, 24, 8, tzinfo=UTC), datetime(2026, 11, 24, 9, tzinfo=UTC),
        Outcome.CUT_SHORT, 5, 61_000, cut_off=True,
    )  # fmt: skip
    summary = contract.summary_of(entry)
    assert (summary.outcome, summary.turns, summary.recording_ms) == (pb.SESSION_OUTCOME_CUT_SHORT, 5, 61_000)
    assert summary.cut_off
    assert summary.started_at.ToDatetime(tzinfo=UTC) == entry.started_at
