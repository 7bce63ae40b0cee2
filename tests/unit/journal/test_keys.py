import base64
from uuid import uuid4

import pytest

from journal.envelope import Kind, Place, new_key
from journal.errors import KeyUnusable
from journal.keys import MountedKeyFile


def write_key(path, secret):
    path.write_bytes(base64.b64encode(secret) + b"\n")
    return path


async def test_a_key_is_wrapped_and_unwrapped(tmp_path):
    keys = MountedKeyFile(write_key(tmp_path / "kek", b"k" * 32))
    place, key = Place(uuid4(), uuid4(), Kind.PERSON_KEY), new_key()
    assert await keys.unwrap(keys.active_id, place, await keys.wrap(place, key)) == key


def test_a_missing_file_is_told_with_the_way_to_make_one(tmp_path):
    with pytest.raises(KeyUnusable, match=r"DAYBOOK_KEK_FILE cannot be read: No such file .* openssl rand -base64 32"):
        MountedKeyFile(tmp_path / "kek")


def test_a_folder_is_no_key(tmp_path):
    with pytest.raises(KeyUnusable, match="cannot be read: Is a directory"):
        MountedKeyFile(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not base64!", base64.b64encode(b"k" * 31), b"k" * 4096])
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path, content):
    path = tmp_path / "kek"
    path.write_bytes(content)
    with pytest.raises(KeyUnusable, match=r"DAYBOOK_KEK_FILE holds no key\. It is to hold 32 random bytes") as raised:
        MountedKeyFile(path)
    assert raised.value.__cause__ is None
    assert "kkkk" not in str(raised.value)


async def test_a_key_wrapped_by_another_is_told_by_both_ids(tmp_path):
    ours = MountedKeyFile(write_key(tmp_path / "ours", b"k" * 32))
    theirs = MountedKeyFile(write_key(tmp_path / "theirs", b"t" * 32))
    place = Place(uuid4(), uuid4(), Kind.PERSON_KEY)
    wrapped = await theirs.wrap(place, new_key())
    with pytest.raises(KeyUnusable, match=f"holds the key {ours.active_id}.*wrapped by the key {theirs.active_id}"):
        await ours.unwrap(theirs.active_id, place, wrapped)


async def test_a_file_replaced_while_the_process_runs_is_noticed(tmp_path):
    keys = MountedKeyFile(write_key(tmp_path / "kek", b"k" * 32))
    await keys.check()
    write_key(tmp_path / "kek", b"t" * 32)
    with pytest.raises(KeyUnusable, match="Mount the former key again"):
        await keys.check()
