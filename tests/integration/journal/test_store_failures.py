"""Writes to the object store that fail are counted, each by what was to be done."""

from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from journal.errors import ObjectStoreUnavailable
from journal.objects import open_objects
from journal.records import Speaker


def failures(operation):
    return REGISTRY.get_sample_value("daybook_journal_store_failures_total", {"operation": operation})


@pytest.fixture
def objects(tmp_path):
    """A store in whose place for recordings a file lies, so that no segment can be written."""
    (tmp_path / "recordings").write_bytes(b"")
    return open_objects(tmp_path.as_uri())


async def test_a_segment_that_cannot_be_kept_is_counted(objects):
    before = {operation: failures(operation) for operation in ("put", "replace")}
    with pytest.raises(ObjectStoreUnavailable):
        await objects.put_new(uuid4(), Speaker.PERSON, 0, b"sealed")
    with pytest.raises(ObjectStoreUnavailable):
        await objects.replace(uuid4(), Speaker.PERSON, 0, b"sealed")
    assert {operation: failures(operation) - count for operation, count in before.items()} == {"put": 1, "replace": 1}


async def test_a_segment_that_cannot_be_deleted_is_counted(objects):
    before = failures("delete")
    with pytest.raises(ObjectStoreUnavailable):
        await objects.delete(uuid4(), Speaker.PERSON, 0)
    assert failures("delete") == before + 1


async def test_a_segment_that_is_there_already_is_no_failure(tmp_path):
    objects = open_objects((tmp_path / "well").as_uri())
    before, recording_id = failures("put"), uuid4()
    assert await objects.put_new(recording_id, Speaker.PERSON, 0, b"sealed")
    assert not await objects.put_new(recording_id, Speaker.PERSON, 0, b"sealed")
    assert failures("put") == before
