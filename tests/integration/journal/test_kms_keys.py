"""Key-encryption keys of Google Cloud KMS, asked of an emulator by Google's client: alone, and beside mounted files."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from google.cloud.kms_v1 import types
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from rotations import made, opened, rotate

from chassis.database import open_database
from daybook.journal.v1.journal_pb2 import SPEAKER_PERSON, Turn
from emulators import google_kms
from journal import store
from journal.envelope import Kind, Place, new_key
from journal.errors import ContentDiffers, IntegrityError, KeyUnusable, KmsUnavailable, PersonErased
from journal.keyring import Keyring
from journal.keys import find_keys
from journal.kms_client import open_kms
from journal.kms_keys import KmsKek, KmsKeys
from journal.mounted_keys import MountedKeys
from journal.objects import open_objects
from journal.opened_keys import KEPT_FOR
from journal.recordings import Recordings
from journal.rotation import Rotation
from journal.sessions import Sessions

RING = "projects/p/locations/l/keyRings/r/cryptoKeys"
NAME, OTHER = f"{RING}/journal", f"{RING}/other"
VERSION = f"{NAME}/cryptoKeyVersions/1"
PLACES = st.builds(Place, st.uuids(), st.uuids(), st.sampled_from(Kind), st.integers(min_value=0, max_value=2**64 - 1))
A_PLACE = Place(uuid4(), uuid4(), Kind.PERSON_KEY)
WITHIN_S = 60
DISABLED = types.CryptoKeyVersion.CryptoKeyVersionState.DISABLED


@pytest.fixture
async def kms():
    async with google_kms.serve(google_kms.KmsSettings(crypto_keys=f"{NAME},{OTHER}")) as running:
        yield running


@pytest.fixture
async def client(kms):
    async with open_kms(kms.endpoint) as opened_client:
        yield opened_client


@pytest.fixture
async def befalls(kms):
    """Orders a fault for the next questions."""
    async with httpx2.AsyncClient(base_url=kms.admin_url) as admin:

        async def order(kind, times=1):
            assert (await admin.post("/faults", json={"kind": kind, "times": times})).status_code == 201

        yield order


@pytest.fixture
async def database(database_url):
    async with open_database(database_url, schema="journal") as opened_database:
        yield opened_database


@pytest.fixture
async def keys(client):
    return await find_keys([KmsKeys(client, [NAME])])


@dataclass
class Meanwhile:
    """Keys of which each is opened once a deed is done."""

    keys: Any
    deed: Any

    async def unwrap(self, *asked):
        await self.deed()
        return await self.keys.unwrap(*asked)


def sessions_of(database, keyring, clock):
    recordings = Recordings(database, keyring, open_objects("memory:///"))
    return Sessions(database, keyring, recordings, clock, grace=timedelta(seconds=15), made=asyncio.Event())


async def begun(sessions, clock):
    """The person and the call of a session that begins, and its id."""
    person_id, call_id = uuid4(), uuid4()
    kept, _ = await sessions.start(call_id, person_id, 1, clock.now())
    return person_id, call_id, kept.session.session_id


def a_turn(sequence, words="It was a long day."):
    return Turn(sequence=sequence, speaker=SPEAKER_PERSON, text=words)


def readable():
    return REGISTRY.get_sample_value("daybook_journal_kek_readable") == 1


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(here=PLACES, elsewhere=PLACES, flipped=st.integers(min_value=0))
async def test_a_wrapped_key_opens_at_its_place_by_its_key_and_unchanged(client, here, elsewhere, flipped):
    kek, key = KmsKek(client, NAME), new_key()
    wrapped = await kek.wrap(here, key)
    assert await kek.unwrap(here, wrapped) == key
    position, bit = divmod(flipped % (8 * len(wrapped)), 8)
    changed = bytearray(wrapped)
    changed[position] ^= 1 << bit
    wrong = [(KmsKek(client, OTHER), here, wrapped), (kek, here, bytes(changed))]
    if elsewhere != here:
        wrong.append((kek, elsewhere, wrapped))
    for asked, at, found in wrong:
        with pytest.raises(IntegrityError, match="cannot be opened: its bytes were changed, it belongs elsewhere"):
            await asked.unwrap(at, found)


async def test_what_a_former_version_wrapped_opens(client):
    kek, key = KmsKek(client, NAME), new_key()
    wrapped = await kek.wrap(A_PLACE, key)
    await client.create_crypto_key_version(parent=NAME, crypto_key_version=types.CryptoKeyVersion())
    await client.update_crypto_key_primary_version(name=NAME, crypto_key_version_id="2")
    assert await kek.wrap(A_PLACE, key) != wrapped
    assert await kek.unwrap(A_PLACE, wrapped) == key


@pytest.mark.parametrize("kind", ["unavailable", "resource_exhausted", "internal", "aborted", "corrupt"])
async def test_what_passes_is_to_be_tried_again(client, befalls, kind):
    kek, key = KmsKek(client, NAME), new_key()
    wrapped = await kek.wrap(A_PLACE, key)
    for asked in (lambda: kek.wrap(A_PLACE, key), lambda: kek.unwrap(A_PLACE, wrapped)):
        await befalls(kind)
        with pytest.raises(KmsUnavailable, match="Google Cloud KMS"):
            await asked()
    assert await kek.unwrap(A_PLACE, wrapped) == key


async def test_what_does_not_pass_is_told_with_what_to_do(client, befalls):
    kek, key = KmsKek(client, NAME), new_key()
    wrapped = await kek.wrap(A_PLACE, key)
    await befalls("permission_denied", times=2)
    for _ in range(2):
        with pytest.raises(
            KeyUnusable, match=r"may not use the key .*/journal\. Give .*roles/cloudkms\.cryptoKeyEncrypterDecrypter"
        ):
            await kek.unwrap(A_PLACE, wrapped)
    with pytest.raises(KeyUnusable, match=r"There is no key .*/none\. Name one of DAYBOOK_KMS_KEYS"):
        await KmsKek(client, f"{RING}/none").wrap(A_PLACE, key)
    await client.destroy_crypto_key_version(name=VERSION)
    for asked in (kek.wrap(A_PLACE, key), kek.unwrap(A_PLACE, wrapped)):
        with pytest.raises(KeyUnusable, match=r"is disabled or destroyed\. Enable it, or restore it"):
            await asked


async def test_from_files_to_kms_and_back_no_key_is_lost(database, client, keks, clock):
    sources = [MountedKeys(keks), KmsKeys(client, [NAME])]
    files = await find_keys([MountedKeys(keks)])
    persons = await made(database, files, clock, 5)
    for active, alone in ((NAME, await find_keys([KmsKeys(client, [NAME])])), ("first", files)):
        keys = await find_keys(sources, active)
        assert await rotate(Rotation(database, keys, clock, page=2), keys.active_id) == len(persons)
        await Keyring(database, alone, clock).recognise()
        assert await opened(database, alone, clock, persons) == persons


async def test_a_rotation_that_kms_breaks_off_goes_on(database, client, befalls, keks, clock):
    persons = await made(database, await find_keys([MountedKeys(keks)]), clock, 5)
    keys = await find_keys([MountedKeys(keks), KmsKeys(client, [NAME])], NAME)
    rotation = Rotation(database, keys, clock, page=2)
    reached = (await rotation.rewrap_some(keys.active_id)).reached
    await befalls("unavailable")
    with pytest.raises(KmsUnavailable):
        await rotation.rewrap_some(keys.active_id, reached)
    assert await opened(database, keys, clock, persons) == persons
    await rotate(rotation, keys.active_id)
    assert await opened(database, await find_keys([KmsKeys(client, [NAME])]), clock, persons) == persons


async def test_it_does_not_start_with_a_key_that_it_may_not_use(database, keys, befalls, clock):
    await befalls("permission_denied")
    with pytest.raises(KeyUnusable, match="may not use the key"):
        await Keyring(database, keys, clock).recognise()


async def test_a_disabled_key_is_noticed_while_it_runs_and_one_that_does_not_answer_leaves_it_ready(
    database, client, keys, befalls, clock
):
    keyring = Keyring(database, keys, clock)
    await keyring.recognise()
    await keyring.check()
    assert readable()
    await befalls("unavailable")
    await keyring.check()
    assert not readable()
    await keyring.check()
    assert readable()
    changed = types.CryptoKeyVersion(name=VERSION, state=DISABLED)
    await client.update_crypto_key_version(crypto_key_version=changed, update_mask={"paths": ["state"]})
    with pytest.raises(KeyUnusable, match="is disabled or destroyed"):
        await keyring.check()
    assert not readable()


async def test_a_persons_key_is_asked_for_once_in_a_while(database, keys, befalls, clock):
    [person_id] = persons = await made(database, keys, clock, 1)
    keyring = Keyring(database, keys, clock)
    assert await keyring.key_of(person_id) == persons[person_id]
    await befalls("unavailable")
    assert await keyring.key_of(person_id) == persons[person_id]
    clock.advance(KEPT_FOR)
    with pytest.raises(KmsUnavailable):
        await keyring.key_of(person_id)
    assert await keyring.key_of(person_id) == persons[person_id]


async def test_a_key_that_another_process_destroyed_is_used_no_more(database, keys, clock):
    [person_id] = await made(database, keys, clock, 1)
    keyring = Keyring(database, keys, clock)
    await keyring.key_of(person_id)
    async with database.transaction() as connection:
        await store.destroy_person_key(connection, person_id, clock.now())
    with pytest.raises(PersonErased):
        await keyring.key_of(person_id)


async def test_a_turn_for_whose_key_kms_is_asked_in_vain_is_kept_when_it_comes_again(database, keys, befalls, clock):
    sessions = sessions_of(database, Keyring(database, keys, clock), clock)
    person_id, call_id, session_id = await begun(sessions, clock)
    await befalls("unavailable")
    await sessions.keep_turn(session_id, a_turn(0))
    clock.advance(KEPT_FOR)
    with pytest.raises(KmsUnavailable):
        await sessions.keep_turn(session_id, a_turn(1))
    await sessions.keep_turn(session_id, a_turn(1))
    kept = await sessions.of_call(person_id, call_id)
    assert kept.turns == [a_turn(0), a_turn(1)]


async def test_a_session_is_held_by_nobody_who_waits_for_kms(database, keys, clock):
    first = sessions_of(database, Keyring(database, keys, clock), clock)
    person_id, call_id, session_id = await begun(first, clock)

    async def the_same_turn_is_kept_by_another():
        async with asyncio.timeout(WITHIN_S):
            await first.keep_turn(session_id, a_turn(0))

    waiting = Keyring(database, Meanwhile(keys, the_same_turn_is_kept_by_another), clock)
    second = sessions_of(database, waiting, clock)
    await second.keep_turn(session_id, a_turn(0))
    with pytest.raises(ContentDiffers):
        await second.keep_turn(session_id, a_turn(0, "It was a short day."))
    kept = await first.of_call(person_id, call_id)
    assert kept.turns == [a_turn(0)]


async def test_no_turn_is_kept_of_whom_another_process_deleted(database, keys, clock):
    sessions = sessions_of(database, Keyring(database, keys, clock), clock)
    person_id, _, session_id = await begun(sessions, clock)
    async with database.transaction() as connection:
        await store.destroy_person_key(connection, person_id, clock.now())
    with pytest.raises(PersonErased):
        await sessions.keep_turn(session_id, a_turn(0))
    async with database.transaction() as connection:
        assert await store.next_sequence(connection, session_id) == 0
