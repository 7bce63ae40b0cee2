from datetime import UTC, datetime, timedelta
from uuid import uuid4

from journal.envelope import new_key
from journal.opened_keys import OpenedKeys

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)


def test_a_key_is_found_by_its_wrap_until_its_time_is_over():
    opened, person_id, key = OpenedKeys(kept_for=A_MINUTE), uuid4(), new_key()
    assert opened.find(person_id, b"wrap", NOW) is None
    opened.keep(person_id, b"wrap", key, NOW)
    assert opened.find(person_id, b"wrap", NOW + A_MINUTE - timedelta(microseconds=1)) == key
    assert opened.find(uuid4(), b"wrap", NOW) is None
    assert opened.find(person_id, b"wrap", NOW + A_MINUTE) is None
    assert opened.find(person_id, b"wrap", NOW) is None, "it is not in memory any more"


def test_another_wrap_of_the_same_key_is_another():
    opened, person_id = OpenedKeys(), uuid4()
    opened.keep(person_id, b"former", new_key(), NOW)
    assert opened.find(person_id, b"later", NOW) is None


def test_the_one_that_was_used_least_recently_goes_first():
    opened, (first, second, third) = OpenedKeys(most=2), [uuid4() for _ in range(3)]
    for person_id in (first, second):
        opened.keep(person_id, b"wrap", new_key(), NOW)
    assert opened.find(first, b"wrap", NOW)
    opened.keep(third, b"wrap", new_key(), NOW)
    assert opened.find(second, b"wrap", NOW) is None
    assert opened.find(first, b"wrap", NOW)
    assert opened.find(third, b"wrap", NOW)


def test_a_key_is_forgotten_at_once():
    opened, person_id = OpenedKeys(), uuid4()
    opened.keep(person_id, b"wrap", new_key(), NOW)
    opened.forget(person_id)
    opened.forget(person_id)
    assert opened.find(person_id, b"wrap", NOW) is None
