"""New files of a folder: whole or not at all, and as obstore's store of the same folder knows them."""

import asyncio
import resource
from contextlib import contextmanager
from uuid import uuid4

import obstore
import pytest
from obstore.store import LocalStore

from journal.errors import ObjectStoreUnavailable
from journal.new_files import NewFiles
from journal.objects import open_objects
from journal.records import KeptSegment, Speaker


@contextmanager
def room_for(size):
    """No file may become larger than this: what is written beyond it is cut off, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files_of(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


async def test_what_is_asked_for_at_once_is_all_there(tmp_path):
    files = NewFiles(tmp_path)
    wanted = {f"recordings/{number % 3}/{number}": bytes([number]) * 8000 for number in range(50)}
    assert all(await asyncio.gather(*(files.create(path, content) for path, content in wanted.items())))
    assert files_of(tmp_path) == wanted
    listed = {each["path"] for page in obstore.list(LocalStore(tmp_path)) for each in page}
    assert listed == set(wanted)


async def test_a_file_that_is_there_stays_as_it_is(tmp_path):
    files = NewFiles(tmp_path)
    assert await files.create("one", b"first")
    assert not await files.create("one", b"second")
    assert files_of(tmp_path) == {"one": b"first"}


async def test_of_many_with_one_name_one_is_made(tmp_path):
    files = NewFiles(tmp_path)
    made = await asyncio.gather(*(files.create("one", bytes([number])) for number in range(20)))
    assert made.count(True) == 1
    assert files_of(tmp_path) == {"one": bytes([made.index(True)])}


async def test_one_that_cannot_be_made_harms_no_other(tmp_path):
    (tmp_path / "taken").write_bytes(b"")
    files = NewFiles(tmp_path)
    paths = ("before", "taken/one", "after")
    before, refused, after = await asyncio.gather(
        *(files.create(path, b"content") for path in paths), return_exceptions=True
    )
    assert (before, after) == (True, True)
    assert isinstance(refused, NotADirectoryError)


async def test_one_for_which_there_is_no_room_leaves_nothing(tmp_path):
    files = NewFiles(tmp_path)
    with room_for(4096), pytest.raises(OSError, match="No space left"):
        await files.create("one", b"\x10" * 8000)
    assert files_of(tmp_path) == {}
    assert await files.create("one", b"\x10" * 8000)


async def test_a_folder_that_was_taken_away_is_not_made_again(tmp_path):
    folder = tmp_path / "volume"
    objects = open_objects(folder.as_uri())
    await objects.check()
    folder.rename(tmp_path / "away")
    with pytest.raises(ObjectStoreUnavailable):
        await objects.check()
    with pytest.raises(ObjectStoreUnavailable):
        await objects.put_new(uuid4(), KeptSegment(Speaker.PERSON, 0, 0, 3), b"sealed")
    assert not folder.exists()
    (tmp_path / "away").rename(folder)
    await objects.check()


async def test_who_has_given_up_is_told_nothing_and_the_file_is_whole(tmp_path):
    files = NewFiles(tmp_path)
    impatient = asyncio.ensure_future(files.create("one", b"content"))
    patient = asyncio.ensure_future(files.create("two", b"content"))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient
    assert files_of(tmp_path) == {"one": b"content", "two": b"content"}


async def test_what_a_crash_left_half_done_is_never_listed(tmp_path):
    (tmp_path / "one#17233").write_bytes(b"cont")
    assert await NewFiles(tmp_path).create("one", b"content")
    assert [each["path"] for page in obstore.list(LocalStore(tmp_path)) for each in page] == ["one"]
