"""The audit log's chain: whatever is done to the records, it no longer follows."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.audit_chain import BEGINNING, Access, AuditPosition, AuditRecord, followed, following

ACCESSES = st.builds(
    Access,
    at=st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    caller=st.sampled_from(["", "portal", "voice-gateway"]),
    asked_for=st.none() | st.uuids(),
    method=st.sampled_from(["ReadEntry", "ReadAudio"]),
    person_id=st.none() | st.uuids(),
    record_id=st.none() | st.uuids(),
    refused_for=st.sampled_from(["", "token_expired"]),
)


def chained(accesses):
    records = []
    for access in accesses:
        records.append(following(records[-1].position if records else BEGINNING, access))
    return records


@given(st.lists(ACCESSES))
def test_what_was_added_follows(accesses):
    records = chained(accesses)
    assert followed(BEGINNING, records) == (records[-1].position if records else BEGINNING, 0)


@given(st.lists(ACCESSES, min_size=1), st.data())
def test_a_record_that_was_changed_is_found(accesses, data):
    records = chained(accesses)
    at = data.draw(st.integers(0, len(records) - 1))
    other = data.draw(ACCESSES.filter(lambda access: access != records[at].access))
    records[at] = replace(records[at], access=other)
    reached, broken_at = followed(BEGINNING, records)
    assert (reached.sequence, broken_at) == (at, at + 1)


@given(st.lists(ACCESSES, min_size=2), st.data())
def test_a_record_that_is_gone_is_found(accesses, data):
    records = chained(accesses)
    at = data.draw(st.integers(0, len(records) - 2))
    del records[at]
    assert followed(BEGINNING, records)[1] == at + 2


@given(st.lists(ACCESSES, min_size=2, unique=True), st.data())
def test_records_that_changed_places_are_found(accesses, data):
    records = chained(accesses)
    at = data.draw(st.integers(0, len(records) - 2))
    one, other = records[at : at + 2]
    records[at : at + 2] = [replace(one, access=other.access), replace(other, access=one.access)]
    assert followed(BEGINNING, records)[1] == at + 1


@pytest.mark.parametrize("field", ["sequence", "hash"])
def test_a_position_that_was_changed_is_found(field):
    [first] = chained([ACCESS])
    changed = {"sequence": 2, "hash": bytes(32)}[field]
    position = replace(first.position, **{field: changed})
    assert followed(BEGINNING, [AuditRecord(position, first.access)]) == (BEGINNING, position.sequence)


ACCESS = Access(
    at=datetime(2026, 11, 30, 8, 0, tzinfo=UTC) + timedelta(microseconds=7),
    caller="portal",
    asked_for=UUID(int=1),
    method="ReadEntry",
    person_id=UUID(int=1),
    record_id=None,
    refused_for="",
)


def test_a_record_is_hashed_as_is_specified():
    written = (
        '[1,1796025600000007,"portal","00000000-0000-0000-0000-000000000001","ReadEntry",'
        '"00000000-0000-0000-0000-000000000001","",""]'
    )
    expected = hashlib.sha256(bytes(32) + written.encode()).digest()
    assert following(BEGINNING, ACCESS).position == AuditPosition(1, expected)
