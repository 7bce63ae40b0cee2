import base64
import hashlib
import hmac
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_scheduler.errors import KeyUnusable, SealBroken
from window_scheduler.sealed import Sealer, sealer_from

ADA, BOB = UUID(int=1), UUID(int=2)
SEALER = Sealer(bytes(range(32)))


@given(st.text(max_size=200))
def test_what_is_sealed_opens_again(words):
    assert SEALER.open(SEALER.seal(words, person_id=ADA, column="name"), person_id=ADA, column="name") == words


def test_the_same_words_are_never_sealed_alike():
    assert SEALER.seal("Ada", person_id=ADA, column="name") != SEALER.seal("Ada", person_id=ADA, column="name")


@pytest.mark.parametrize(("person_id", "column"), [(BOB, "name"), (ADA, "phone_number")])
def test_what_was_moved_does_not_open(person_id, column):
    sealed = SEALER.seal("Ada", person_id=ADA, column="name")
    with pytest.raises(SealBroken):
        SEALER.open(sealed, person_id=person_id, column=column)


@given(st.integers(0, 300))
def test_what_was_changed_does_not_open(bit):
    sealed = bytearray(SEALER.seal("Ada Lovelace", person_id=ADA, column="name"))
    sealed[bit // 8 % len(sealed)] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        SEALER.open(bytes(sealed), person_id=ADA, column="name")


@given(st.binary(max_size=40))
def test_what_was_never_sealed_does_not_open(anything):
    with pytest.raises(SealBroken):
        SEALER.open(anything, person_id=ADA, column="name")


def test_another_key_does_not_open():
    sealed = SEALER.seal("Ada", person_id=ADA, column="name")
    with pytest.raises(SealBroken, match="DAYBOOK_PEOPLE_KEY_FILE"):
        Sealer(bytes(32)).open(sealed, person_id=ADA, column="name")


def hkdf(key, purpose):
    """The first 32 bytes of RFC 5869 with SHA-256 and no salt, from its text."""
    extracted = hmac.digest(bytes(32), key, hashlib.sha256)
    return hmac.digest(extracted, purpose + b"\x01", hashlib.sha256)


def test_a_number_is_hashed_as_rfc_2104_and_rfc_5869_say():
    number_key = hkdf(bytes(range(32)), b"daybook/opted-out-numbers/v1")
    expected = hmac.digest(number_key, b"+436601234567", hashlib.sha256)
    assert SEALER.number_hash("+436601234567") == expected
    assert SEALER.number_key_id == hkdf(bytes(range(32)), b"daybook/opted-out-numbers/v1/key-id")[:8]


@given(st.integers(1, 10**14), st.integers(1, 10**14))
def test_two_numbers_have_one_hash_where_they_are_one_number_and_it_is_another_under_another_key(one, other):
    same = SEALER.number_hash(f"+{one}") == SEALER.number_hash(f"+{other}")
    assert same == (one == other)
    assert SEALER.number_hash(f"+{one}") != Sealer(bytes(32)).number_hash(f"+{one}")


def test_a_key_is_read_from_its_file(tmp_path):
    file = tmp_path / "people.key"
    file.write_bytes(base64.encodebytes(bytes(range(32))))
    sealed = SEALER.seal("Ada", person_id=ADA, column="name")
    assert sealer_from(file).open(sealed, person_id=ADA, column="name") == "Ada"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds 0"),
        (b"not base64!", "not base64"),
        (base64.b64encode(bytes(16)), "holds 16"),
        (bytes(range(128, 160)), "no file of text"),
    ],
)
def test_a_key_that_is_none_is_refused_with_how_to_make_one(tmp_path, content, said):
    file = tmp_path / "people.key"
    file.write_bytes(content)
    with pytest.raises(KeyUnusable, match=said) as refused:
        sealer_from(file)
    assert "head -c 32 /dev/urandom | base64" in str(refused.value)


def test_a_missing_key_file_is_told(tmp_path):
    with pytest.raises(KeyUnusable, match="DAYBOOK_PEOPLE_KEY_FILE"):
        sealer_from(tmp_path / "none.key")
