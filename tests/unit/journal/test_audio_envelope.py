"""The envelope of audio; and Cobblestone-256, as it is carried out here and by `independent_reader`, by its public vectors."""

import hashlib
import json
import zlib
from pathlib import Path

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st
from independent_reader import open_cobblestone, place

from journal.audio_envelope import CONTEXT, OVERHEAD_BYTES, seal_audio, unseal_audio
from journal.envelope import KEY_BYTES, Key, Kind, Place
from journal.errors import IntegrityError

keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES).map(Key)
moments = st.integers(0, 86_400_000)
places = st.builds(
    Place,
    person_id=st.uuids(),
    record_id=st.uuids(),
    kind=st.sampled_from([Kind.AUDIO_OF_PERSON, Kind.AUDIO_OF_DAYBOOK]),
    sequence=st.integers(0, 100_000),
)
audios = st.binary(min_size=1, max_size=8000)


@given(keys, places, moments, audios)
def test_what_was_sealed_is_opened_here_and_by_another_program(key, where, starts_at_ms, audio):
    sealed = seal_audio(key, where, starts_at_ms, audio)
    assert len(sealed) == len(audio) + OVERHEAD_BYTES
    assert unseal_audio(key, where, starts_at_ms, sealed) == audio
    context = CONTEXT + place(where.person_id, where.record_id, where.kind, where.sequence)
    assert open_cobblestone(key.secret, context + starts_at_ms.to_bytes(8, "big"), sealed) == audio


@given(keys, places, moments, audios, st.data())
def test_any_changed_bit_and_any_cut_is_noticed(key, where, starts_at_ms, audio, data):
    sealed = seal_audio(key, where, starts_at_ms, audio)
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    changed = bytearray(sealed)
    changed[bit // 8] ^= 1 << bit % 8
    length = data.draw(st.integers(0, len(sealed) - 1))
    for damaged in (bytes(changed), sealed[:length], sealed + b"\0", sealed + sealed):
        with pytest.raises(IntegrityError, match="its bytes were changed, or it belongs elsewhere"):
            unseal_audio(key, where, starts_at_ms, damaged)


@given(keys, places, places, moments, moments)
def test_a_segment_opens_nowhere_else_and_at_no_other_moment(key, where, elsewhere, starts_at_ms, at_ms):
    sealed = seal_audio(key, where, starts_at_ms, b"\x01" * 100)
    if (elsewhere, at_ms) == (where, starts_at_ms):
        assert unseal_audio(key, elsewhere, at_ms, sealed) == b"\x01" * 100
        return
    with pytest.raises(IntegrityError):
        unseal_audio(key, elsewhere, at_ms, sealed)


@given(keys, keys, places)
def test_another_key_opens_nothing(key, other, where):
    sealed = seal_audio(key, where, 0, b"\x01" * 100)
    if other != key:
        with pytest.raises(IntegrityError):
            unseal_audio(other, where, 0, sealed)


PUBLIC = json.loads(Path(__file__).with_name("cobblestone_256.json").read_text())
VECTORS = {vector["comment"]: vector for vector in PUBLIC["vectors"]}


def asked(comment):
    """Key, context and message of a vector."""
    vector = VECTORS[comment]
    return bytes.fromhex(PUBLIC["key"]), bytes.fromhex(vector["ctx"]), zlib.decompress(bytes.fromhex(vector["ct_zlib"]))


def open_by_the_library(key, context, message):
    decryptor = Cobblestone256Decryptor(key, context)
    return decryptor.update(message) + decryptor.finalize()


@pytest.mark.parametrize("decrypt", [open_by_the_library, open_cobblestone])
@pytest.mark.parametrize("name", VECTORS)
def test_the_public_vectors(name, decrypt):
    key, context, message = asked(name)
    assert hashlib.sha512(decrypt(key, context, message)).hexdigest() == VECTORS[name]["message_sha512"]
    for damaged in (message[:-1], message + b"\0", message[:60] + bytes([message[60] ^ 1]) + message[61:]):
        with pytest.raises((InvalidTag, AssertionError)):
            decrypt(key, context, damaged)


@pytest.mark.parametrize("decrypt", [open_by_the_library, open_cobblestone])
def test_chunks_that_changed_places_or_are_missing_do_not_open(decrypt):
    key, context, message = asked("two full chunks followed by short chunk")
    head, first, second, last = message[:56], message[56:16_456], message[16_456:32_856], message[32_856:]
    for damaged in ([second, first, last], [first, second], [first, last], [first, first, second, last], [last]):
        with pytest.raises((InvalidTag, AssertionError)):
            decrypt(key, context, head + b"".join(damaged))
