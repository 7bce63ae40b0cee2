"""Writes to the object store that fail are counted, each by what was to be done."""

import asyncio
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from journal.errors import ObjectStoreUnavailable
from journal.objects import open_objects
from journal.records import KeptSegment, Speaker

SEGMENT = KeptSegment(Speaker.PERSON, 0, 0, 3)


def failures(operation):
    return REGISTRY.get_sample_value("daybook_journal_store_failures_total", {"operation": operation})


@pytest.fixture
def objects(tmp_path):
    """A store in whose place for recordings a file lies, so that no segment can be written."""
    (tmp_path / "recordings").write_bytes(b"")
    return open_objects(tmp_path.as_uri())


async def test_a_segment_that_cannot_be_kept_is_counted(objects):
    before = failures("put")
    with pytest.raises(ObjectStoreUnavailable):
        await objects.put_new(uuid4(), SEGMENT, b"sealed")
    assert failures("put") == before + 1


async def test_a_recording_that_cannot_be_deleted_is_counted(objects):
    before = failures("delete")
    with pytest.raises(ObjectStoreUnavailable):
        await objects.delete_recording(uuid4())
    assert failures("delete") == before + 1


async def test_a_recording_that_two_delete_at_once_is_gone_and_none_of_them_fails(tmp_path):
    url = (tmp_path / "well").as_uri()
    objects, another, recording_id = open_objects(url), open_objects(url), uuid4()
    for number in range(100):
        await objects.put_new(recording_id, KeptSegment(Speaker.PERSON, number, number * 1000, 3), b"sealed")
    before = failures("delete")
    await asyncio.gather(objects.delete_recording(recording_id), another.delete_recording(recording_id))
    assert failures("delete") == before
    assert not await objects.has_any_of(recording_id)


async def test_a_segment_that_is_there_already_is_no_failure(tmp_path):
    objects = open_objects((tmp_path / "well").as_uri())
    before, recording_id = failures("put"), uuid4()
    assert await objects.put_new(recording_id, SEGMENT, b"sealed")
    assert not await objects.put_new(recording_id, SEGMENT, b"sealed")
    assert failures("put") == before
