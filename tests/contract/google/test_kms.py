"""The emulator of Cloud KMS, asked by the client that Google publishes."""

import google_crc32c
import grpc
import httpx2
import pytest
from google.api_core import exceptions
from google.cloud.kms_v1 import KeyManagementServiceAsyncClient, types
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceGrpcAsyncIOTransport

from emulators import google_kms

RING = "projects/p/locations/europe-west3/keyRings/daybook"
KEY = f"{RING}/cryptoKeys/journal"
PLACE, SECRET = b"where it belongs", b"k" * 32
State = types.CryptoKeyVersion.CryptoKeyVersionState


@pytest.fixture
async def kms():
    async with google_kms.serve(google_kms.KmsSettings(crypto_keys=KEY)) as running:
        yield running


@pytest.fixture
async def client(kms):
    async with grpc.aio.insecure_channel(kms.endpoint) as channel:
        yield KeyManagementServiceAsyncClient(transport=KeyManagementServiceGrpcAsyncIOTransport(channel=channel))


async def encrypt(client, name=KEY, **more):
    request = types.EncryptRequest(
        name=name,
        plaintext=SECRET,
        plaintext_crc32c=google_crc32c.value(SECRET),
        additional_authenticated_data=PLACE,
        additional_authenticated_data_crc32c=google_crc32c.value(PLACE),
    )
    for field, value in more.items():
        setattr(request, field, value)
    return await client.encrypt(request=request, retry=None)


async def decrypt(client, ciphertext, name=KEY, place=PLACE):
    request = types.DecryptRequest(name=name, ciphertext=ciphertext, additional_authenticated_data=place)
    return await client.decrypt(request=request, retry=None)


async def test_what_is_encrypted_is_decrypted_and_the_checksums_fit(client):
    sealed = await encrypt(client)
    assert sealed.name == f"{KEY}/cryptoKeyVersions/1"
    assert sealed.verified_plaintext_crc32c
    assert sealed.verified_additional_authenticated_data_crc32c
    assert sealed.ciphertext_crc32c == google_crc32c.value(sealed.ciphertext)
    opened = await decrypt(client, sealed.ciphertext)
    assert (opened.plaintext, opened.plaintext_crc32c) == (SECRET, google_crc32c.value(SECRET))


async def test_without_a_checksum_none_is_said_to_be_verified(client):
    sealed = await client.encrypt(request=types.EncryptRequest(name=KEY, plaintext=SECRET), retry=None)
    assert not sealed.verified_plaintext_crc32c
    assert not sealed.verified_additional_authenticated_data_crc32c


async def test_a_checksum_that_does_not_fit_is_refused(client):
    for field in ("plaintext_crc32c", "additional_authenticated_data_crc32c"):
        with pytest.raises(exceptions.InvalidArgument, match=f"The checksum in field {field} did not match"):
            await encrypt(client, **{field: 1})


async def test_what_was_changed_or_belongs_elsewhere_does_not_open(client):
    other = await client.create_crypto_key(parent=RING, crypto_key_id="other", crypto_key=types.CryptoKey())
    sealed = (await encrypt(client)).ciphertext
    for ciphertext, name, place in (
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), KEY, PLACE),
        (sealed, other.name, PLACE),
        (sealed, KEY, b"elsewhere"),
        (b"", KEY, PLACE),
        (sealed[:8], KEY, PLACE),
    ):
        with pytest.raises(exceptions.InvalidArgument, match="Decryption failed: verify that 'name' refers"):
            await decrypt(client, ciphertext, name, place)


async def test_a_later_version_encrypts_and_each_decrypts_its_own(client):
    former = (await encrypt(client)).ciphertext
    await client.create_crypto_key_version(parent=KEY, crypto_key_version=types.CryptoKeyVersion())
    changed = await client.update_crypto_key_primary_version(name=KEY, crypto_key_version_id="2")
    assert changed.primary.name == f"{KEY}/cryptoKeyVersions/2"
    later = await encrypt(client)
    assert later.name.endswith("/2")
    assert not (await decrypt(client, former)).used_primary
    assert (await decrypt(client, later.ciphertext)).used_primary


async def test_a_version_that_is_disabled_or_destroyed_is_not_used(client):
    sealed, version = (await encrypt(client)).ciphertext, f"{KEY}/cryptoKeyVersions/1"

    async def put(state):
        changed = types.CryptoKeyVersion(name=version, state=state)
        await client.update_crypto_key_version(crypto_key_version=changed, update_mask={"paths": ["state"]})

    await put(State.DISABLED)
    for asking in (encrypt(client), decrypt(client, sealed)):
        with pytest.raises(exceptions.FailedPrecondition, match="is not enabled, current state is: DISABLED"):
            await asking
    await put(State.ENABLED)
    assert (await decrypt(client, sealed)).plaintext == SECRET
    await client.destroy_crypto_key_version(name=version)
    with pytest.raises(exceptions.FailedPrecondition, match="current state is: DESTROYED"):
        await decrypt(client, sealed)
    with pytest.raises(exceptions.FailedPrecondition, match="is in state DESTROYED"):
        await put(State.ENABLED)


async def test_what_is_not_there_is_not_found(client):
    for asking in (
        encrypt(client, name=f"{RING}/cryptoKeys/none"),
        client.get_crypto_key(name=f"{RING}/cryptoKeys/none"),
        client.update_crypto_key_primary_version(name=KEY, crypto_key_version_id="7"),
        client.destroy_crypto_key_version(name=f"{KEY}/cryptoKeyVersions/none"),
    ):
        with pytest.raises(exceptions.NotFound):
            await asking
    with pytest.raises(exceptions.AlreadyExists):
        await client.create_crypto_key(parent=RING, crypto_key_id="journal", crypto_key=types.CryptoKey())
    with pytest.raises(exceptions.InvalidArgument, match="does not match a known format"):
        await client.create_crypto_key(parent="nowhere", crypto_key_id="journal", crypto_key=types.CryptoKey())


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("unavailable", exceptions.ServiceUnavailable),
        ("resource_exhausted", exceptions.ResourceExhausted),
        ("permission_denied", exceptions.PermissionDenied),
    ],
)
async def test_a_fault_befalls_the_next_request(kms, client, kind, error):
    async with httpx2.AsyncClient(base_url=kms.admin_url) as admin:
        assert (await admin.post("/faults", json={"kind": kind})).status_code == 201
    with pytest.raises(error):
        await encrypt(client)
    assert (await encrypt(client)).ciphertext


async def test_a_corrupt_answer_is_given_away_by_its_checksum(kms, client):
    async with httpx2.AsyncClient(base_url=kms.admin_url) as admin:
        await admin.post("/faults", json={"kind": "corrupt"})
    sealed = await encrypt(client)
    assert sealed.ciphertext_crc32c != google_crc32c.value(sealed.ciphertext)
