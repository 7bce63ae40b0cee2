import unicodedata
from datetime import UTC, datetime
from pathlib import PureWindowsPath

from hypothesis import example, given
from hypothesis import strategies as st

from journal.archive_names import LONGEST_TITLE_BYTES, Folders, safe

BEGAN = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
FORBIDDEN = set('<>:"/\\|?*')


@given(st.text())
@example("../../etc/passwd")
@example("C:\\Windows")
@example("CON")
@example("evening.\u202egnp.exe")
@example("dots...")
@example("e\u0301" * 100)
def test_a_folder_has_a_name_that_every_system_takes(title):
    folder = Folders().folder(BEGAN, title)
    top, _, name = folder.partition("/")
    assert (top, name[:15]) == ("entries", "2026-11-24 0805")
    assert not FORBIDDEN & set(name)
    assert name == unicodedata.normalize("NFC", name)
    assert all(unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for each in name)
    assert not name.endswith((" ", "."))
    assert len(name.encode()) <= LONGEST_TITLE_BYTES + 16
    assert not PureWindowsPath(name).is_reserved()


@given(st.lists(st.sampled_from(["A day", "a DAY", "A day (2)", "straße", "STRASSE", "", "?"]), max_size=12))
def test_no_two_folders_are_the_same_to_a_system_that_knows_no_capitals(titles):
    folders = Folders()
    names = [folders.folder(BEGAN, title).casefold() for title in titles]
    assert len(set(names)) == len(names)


def test_words_are_kept_as_far_as_they_may_be():
    assert safe("Was tun? — «Київ»: 3/4") == "Was tun — «Київ» 3 4"
    assert Folders().folder(BEGAN, "") == "entries/2026-11-24 0805"
