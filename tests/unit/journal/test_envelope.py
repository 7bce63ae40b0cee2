from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.envelope import KEY_BYTES, Key, Kind, Place, new_key, seal, unseal, unwrap, wrap
from journal.errors import IntegrityError

keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES).map(Key)
places = st.builds(
    Place,
    person_id=st.uuids(),
    record_id=st.uuids(),
    kind=st.sampled_from(Kind),
    sequence=st.integers(min_value=0, max_value=2**63),
)
plaintexts = st.binary(max_size=200)


@given(keys, places, plaintexts)
def test_what_was_sealed_is_opened(key, place, plaintext):
    assert unseal(key, place, seal(key, place, plaintext)) == plaintext


@given(keys, places, plaintexts, st.data())
def test_any_changed_bit_is_noticed(key, place, plaintext, data):
    envelope = bytearray(seal(key, place, plaintext))
    bit = data.draw(st.integers(min_value=0, max_value=len(envelope) * 8 - 1))
    envelope[bit // 8] ^= 1 << bit % 8
    with pytest.raises(IntegrityError):
        unseal(key, place, bytes(envelope))


@given(keys, places, places, plaintexts)
def test_an_envelope_opens_nowhere_else(key, place, elsewhere, plaintext):
    envelope = seal(key, place, plaintext)
    if elsewhere == place:
        assert unseal(key, elsewhere, envelope) == plaintext
        return
    with pytest.raises(IntegrityError):
        unseal(key, elsewhere, envelope)


@pytest.mark.parametrize("changed", ["person_id", "record_id", "kind", "sequence"])
def test_each_part_of_the_place_is_bound(changed):
    key, person_id, record_id = new_key(), uuid4(), uuid4()
    place = Place(person_id, record_id, Kind.TURN, 3)
    other = {"person_id": uuid4(), "record_id": uuid4(), "kind": Kind.AUDIO_OF_PERSON, "sequence": 4}[changed]
    with pytest.raises(IntegrityError):
        unseal(key, Place(**{**vars(place), changed: other}), seal(key, place, b"a word"))


@given(keys, places, plaintexts, st.data())
def test_a_cut_envelope_is_noticed(key, place, plaintext, data):
    envelope = seal(key, place, plaintext)
    kept = data.draw(st.integers(min_value=0, max_value=len(envelope) - 1))
    with pytest.raises(IntegrityError):
        unseal(key, place, envelope[:kept])


def test_another_key_is_told_from_damage():
    place = Place(uuid4(), uuid4(), Kind.TURN)
    key, other = new_key(), new_key()
    with pytest.raises(IntegrityError, match=f"sealed by the key {key.id}, and the key at hand is {other.id}"):
        unseal(other, place, seal(key, place, b"a word"))


def test_the_error_names_the_record_and_the_kind_and_no_content():
    record_id = UUID("00000000-0000-4000-8000-00000000002a")
    place = Place(uuid4(), record_id, Kind.TURN, 7)
    envelope = seal(new_key(), place, b"a word")
    with pytest.raises(IntegrityError) as raised:
        unseal(new_key(), place, envelope)
    assert f"The turn 7 of the record {record_id} cannot be opened" in str(raised.value)
    assert "Restore it from a backup" in str(raised.value)
    assert "a word" not in str(raised.value)


def test_equal_content_does_not_look_equal():
    key, place = new_key(), Place(uuid4(), uuid4(), Kind.TURN)
    assert seal(key, place, b"a word") != seal(key, place, b"a word")


def test_the_layout_is_as_documented():
    key = Key(bytes(range(32)))
    envelope = seal(key, Place(uuid4(), uuid4(), Kind.TURN), b"twelve bytes")
    assert envelope[:5] == b"DBEN\x01"
    assert envelope[5:9].hex() == key.id == "630dcd29"
    assert len(envelope) == 21 + 12 + 16


def test_a_wrapped_key_is_unwrapped():
    outer, inner, place = new_key(), new_key(), Place(uuid4(), uuid4(), Kind.SESSION_KEY)
    assert unwrap(outer, place, wrap(outer, place, inner)) == inner


def test_what_is_no_key_is_not_unwrapped():
    outer, place = new_key(), Place(uuid4(), uuid4(), Kind.SESSION_KEY)
    with pytest.raises(IntegrityError, match="holds 5 bytes, and a key has 32"):
        unwrap(outer, place, seal(outer, place, b"short"))


def test_a_key_never_shows_in_a_repr():
    assert repr(new_key()) == "Key()"


def test_a_key_of_another_length_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        Key(b"short")
