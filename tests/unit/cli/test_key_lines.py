import pytest

from daybook.journal.v1.keys_pb2 import KeyEncryptionKey
from daybook_cli.key_lines import progress, standing, still_under_others

ACTIVE = KeyEncryptionKey(kek_id="2", name="second", at_hand=True, active=True, persons=7)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (ACTIVE, "active"),
        (KeyEncryptionKey(kek_id="1", at_hand=True, persons=3), "in use until"),
        (KeyEncryptionKey(kek_id="1", at_hand=True, removable=True), "may be removed; older backups need it"),
        (KeyEncryptionKey(kek_id="1", persons=3), "is missing: mount it again"),
    ],
)
def test_a_key_is_told_by_what_it_is_for(key, said):
    assert standing(key).startswith(said)


def test_progress_is_told_at_each_tenth():
    told = [progress(done, done + 7, 100) for done in range(0, 100, 7)]
    assert [line.partition(" ")[0] for line in told if line] == [
        "14",
        "21",
        "35",
        "42",
        "56",
        "63",
        "70",
        "84",
        "91",
        "100",
    ]
    assert progress(100, 105, 100) == ""
    assert progress(0, 0, 0) == ""


def test_nothing_is_left():
    assert still_under_others([ACTIVE, KeyEncryptionKey(kek_id="1", removable=True)], []) == ""


def test_who_still_works_with_another_active_key_is_told():
    assert "1 key came under another key meanwhile" in still_under_others([ACTIVE, KeyEncryptionKey(persons=1)], [])


def test_whose_keys_did_not_open_is_told_up_to_ten():
    told = still_under_others([ACTIVE, KeyEncryptionKey(persons=12)], [f"person-{number:02}" for number in range(12)])
    assert told.startswith("12 keys did not open and stayed as they are, those of: person-00, ")
    assert "person-09 and 2 more." in told
    assert "person-10" not in told
