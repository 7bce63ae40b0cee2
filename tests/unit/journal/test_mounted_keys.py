import base64
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.envelope import Key, Kind, Place, new_key
from journal.errors import IntegrityError, KeyUnusable
from journal.keys import find_keys
from journal.mounted_keys import MountedKeys

FIRST, SECOND = b"k" * 32, b"t" * 32


@pytest.fixture
def folder(tmp_path):
    """With one key, `first`; and what Kubernetes keeps beside the files of a Secret."""
    (tmp_path / "..2026_11_30").mkdir()
    (tmp_path / "..data").symlink_to("..2026_11_30")
    return write(tmp_path, "first", FIRST)


def write(folder, name, secret):
    (folder / name).write_bytes(base64.b64encode(secret) + b"\n")
    return folder


async def found(folder, active=""):
    return await find_keys([MountedKeys(folder)], active)


def place(kind=Kind.PERSON_KEY):
    return Place(uuid4(), uuid4(), kind)


async def test_a_key_is_wrapped_and_unwrapped(folder):
    keys, here, key = await found(folder), place(), new_key()
    assert await keys.unwrap(keys.active_id, here, await keys.wrap(here, key)) == key


async def test_the_active_key_wraps_and_each_unwraps_what_it_has_wrapped(folder):
    here, key = place(), new_key()
    before = await found(folder)
    wrapped = await before.wrap(here, key)
    after = await found(write(folder, "second", SECOND), "second")
    assert after.active_id == Key(SECOND).id
    assert after.at_hand == {Key(FIRST).id: "first", Key(SECOND).id: "second"}
    assert await after.unwrap(before.active_id, here, wrapped) == key
    with pytest.raises(IntegrityError, match=f"sealed by the key {after.active_id}"):
        await before.unwrap(before.active_id, here, await after.wrap(here, key))


PLACES = st.builds(Place, st.uuids(), st.uuids(), st.sampled_from(Kind), st.integers(min_value=0, max_value=2**64 - 1))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(here=PLACES, elsewhere=PLACES, flipped=st.integers(min_value=0))
async def test_a_wrapped_key_opens_at_its_place_alone_and_unchanged(folder, here, elsewhere, flipped):
    keys, key = await found(write(folder, "second", SECOND), "first"), new_key()
    wrapped = await keys.wrap(here, key)
    assert await keys.unwrap(keys.active_id, here, wrapped) == key
    if elsewhere != here:
        with pytest.raises(IntegrityError):
            await keys.unwrap(keys.active_id, elsewhere, wrapped)
    with pytest.raises(IntegrityError):
        await keys.unwrap(Key(SECOND).id, here, wrapped)
    position, bit = divmod(flipped % (8 * len(wrapped)), 8)
    changed = bytearray(wrapped)
    changed[position] ^= 1 << bit
    with pytest.raises(IntegrityError):
        await keys.unwrap(keys.active_id, here, bytes(changed))


async def test_a_key_that_is_not_there_is_told_by_its_id(folder):
    with pytest.raises(KeyUnusable, match="The key-encryption key 0badcafe is not at hand"):
        await (await found(folder)).unwrap("0badcafe", place(), b"")


async def test_a_key_that_is_added_while_the_process_runs_is_found_when_it_is_needed(folder):
    keys, here, key = await found(folder, "first"), place(), new_key()
    other = await found(write(folder, "second", SECOND), "second")
    assert keys.at_hand == {Key(FIRST).id: "first"}
    assert await keys.unwrap(other.active_id, here, await other.wrap(here, key)) == key
    assert await keys.look() == keys.at_hand.keys() == other.at_hand.keys()
    assert keys.active_id == Key(FIRST).id


async def test_a_key_that_is_taken_away_stays_in_the_memory_of_the_process(folder):
    keys = await found(write(folder, "second", SECOND), "second")
    (folder / "first").unlink()
    assert await keys.look() == {Key(SECOND).id}
    assert keys.at_hand.keys() == {Key(FIRST).id, Key(SECOND).id}


async def test_another_key_in_the_place_of_the_active_one_is_told(folder):
    keys = await found(folder)
    write(folder, "first", SECOND)
    with pytest.raises(KeyUnusable, match=f"is {Key(SECOND).id} now, and this process works with {keys.active_id}"):
        await keys.look()
    assert keys.active_id in keys.at_hand


async def test_a_missing_folder_is_told_with_the_way_to_make_one(tmp_path):
    with pytest.raises(
        KeyUnusable, match=r"DAYBOOK_KEK_FOLDER cannot be read: No such file .* openssl rand -base64 32"
    ):
        await found(tmp_path / "keks")


async def test_a_file_in_place_of_the_folder_is_told(folder):
    with pytest.raises(KeyUnusable, match="cannot be read: Not a directory"):
        await found(folder / "first")


async def test_an_empty_folder_is_told_with_the_way_to_make_a_key(folder):
    (folder / "first").unlink()
    with pytest.raises(KeyUnusable, match=r"DAYBOOK_KEK_FOLDER is empty\. .* openssl rand -base64 32"):
        await found(folder)


async def test_a_folder_in_place_of_a_key_is_told(folder):
    (folder / "second").mkdir()
    with pytest.raises(KeyUnusable, match="The file second of DAYBOOK_KEK_FOLDER cannot be read: Is a directory"):
        await found(folder)


@pytest.mark.parametrize("content", [b"", b"not base64!", base64.b64encode(b"k" * 31), b"k" * 4096])
async def test_what_is_no_key_is_refused_and_not_repeated(folder, content):
    (folder / "second").write_bytes(content)
    with pytest.raises(KeyUnusable, match=r"The file second of .* holds no key\. It is to hold 32 random") as raised:
        await found(folder, "first")
    assert raised.value.__cause__ is None
    assert "kkkk" not in str(raised.value)


async def test_of_several_the_active_one_is_to_be_named(folder):
    write(folder, "second", SECOND)
    with pytest.raises(
        KeyUnusable, match=r"several key-encryption keys: first, second\. Say in DAYBOOK_KEK_ACTIVE which"
    ):
        await found(folder)


async def test_an_active_key_that_is_not_there_is_told(folder):
    with pytest.raises(KeyUnusable, match="DAYBOOK_KEK_ACTIVE names second, and the key-encryption keys are: first"):
        await found(folder, "second")


async def test_the_same_key_twice_is_told(folder):
    write(folder, "second", FIRST)
    with pytest.raises(KeyUnusable, match="The files first and second of DAYBOOK_KEK_FOLDER hold the same key"):
        await found(folder, "first")
