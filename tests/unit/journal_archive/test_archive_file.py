"""Whatever is in a ZIP file, it is an archive that a Daybook wrote or it is refused, and nobody's words are repeated."""

import hashlib
import json
import struct
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal import wav
from journal_archive.archive_file import ArchiveFile
from journal_archive.refusals import ArchiveRefused, EntryRefused

# always the same: they stand in the names of tests, by which the processes of a run of tests agree
PERSON, ENTRY = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
FOLDER = "entries/2026-11-24 0900 Café"
DOCUMENT = {
    "entry": {"entry_id": ENTRY, "started_at": "2026-11-24T08:00:00Z", "outcome": "SESSION_OUTCOME_COMPLETED"},
    "turns": [{"sequence": 0, "speaker": "SPEAKER_PERSON", "text": "Quentin was here."}],
}
REVISION = {"number": 1, "author": "AUTHOR_PERSON", "made_at": "2026-11-24T09:00:00Z", "title": "Quentin"}
FILES = {
    "entry.json": json.dumps(DOCUMENT).encode(),
    "revisions.jsonl": json.dumps(REVISION).encode() + b"\n",
    "recording.wav": wav.header(2) + b"\x01\x02\x03\x04",
}


def manifest(files, **changed):
    listed = [
        {"name": name, "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    ]
    told = {"format_version": 1, "entries": [{"entry_id": ENTRY, "folder": FOLDER, "files": listed}]}
    return json.dumps({**told, **changed}).encode()


@pytest.fixture
def written(tmp_path):
    """A ZIP file of these files; journal.json lists FILES, and what `listed` says otherwise."""

    def write(*, listed=None, top=None, **changed):
        files = {f"{FOLDER}/{name}": content for name, content in FILES.items()}
        files |= {FOLDER + "/" + name.replace("_", "."): content for name, content in changed.items()}
        files["journal.json"] = manifest({**FILES, **(listed or {})})
        files |= top or {}
        path = tmp_path / "journal.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                if content is not None:
                    archive.writestr(name, content)
        return path

    return write


def taken(path):
    with ArchiveFile(path) as archive:
        return [message for listed in archive.manifest.entries for message in archive.messages(listed, PERSON)]


def test_an_entry_is_a_header_turns_revisions_and_audio(written):
    header, turn, revision, person, daybook = taken(written())
    assert (header.header.person_id, header.header.entry.entry_id) == (PERSON, ENTRY)
    assert turn.turn.text == "Quentin was here."
    assert revision.revision.title == "Quentin"
    assert (person.audio.audio, daybook.audio.audio) == (b"\x01\x03", b"\x02\x04")


def test_a_file_that_macos_packed_anew_is_read(written):
    path = written(top={"__MACOSX/._journal.json": b"", ".DS_Store": b""})
    with zipfile.ZipFile(path) as archive:
        files = {name.replace("é", "e\u0301"): archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert len(taken(path)) == 5


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "entries/../../up", "a\\b", "C:/up", "c:up"])
def test_a_name_that_leads_out_of_the_file_is_refused(written, name):
    with pytest.raises(ArchiveRefused, match="names in it that no Daybook gives") as refused:
        taken(written(top={name: b""}))
    assert "passwd" not in str(refused.value)


def test_two_files_of_one_name_are_refused(written):
    path = written()
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("journal.json", b"{}")
    with pytest.raises(ArchiveRefused, match="twice the same"):
        taken(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "has no journal.json at its top"),
        (b"{", "is not as a Daybook writes it"),
        (b"[]", "is not as a Daybook writes it"),
        (b"\xff", "is not as a Daybook writes it"),
        (b"{}", "is not as a Daybook writes it"),
        pytest.param(b"[" * 100_000, "is not as a Daybook writes it", id="deep"),
        (manifest(FILES, format_version="Quentin"), "is not as a Daybook writes it"),
        (manifest(FILES, entries=[{"Quentin": 1}]), "is not as a Daybook writes it"),
        (manifest(FILES, format_version=2, entries={"later": "form"}), "has the format 2, and this Daybook reads 1"),
    ],
)
def test_a_list_that_cannot_be_right_is_refused(written, content, sentence):
    with pytest.raises(ArchiveRefused, match=sentence) as refused:
        taken(written(top={"journal.json": content}))
    assert "Quentin" not in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"entry_json": None}, "its entry.json is not in the ZIP file"),
        ({"entry_json": FILES["entry.json"] + b" "}, "its entry.json was changed"),
        ({"revisions_jsonl": b""}, "its revisions.jsonl was changed"),
        ({"revisions_jsonl": b"Quentin\n"}, "its revisions.jsonl is not as a Daybook writes it"),
        ({"recording_wav": wav.header(2) + b"\x01\x02\x03\x05"}, "its recording.wav was changed"),
        ({"recording_wav": b"Quentin"}, "its recording.wav is no recording"),
    ],
)
def test_what_was_changed_is_refused(written, changed, sentence):
    with pytest.raises(EntryRefused, match=sentence) as refused:
        taken(written(**changed))
    assert "Quentin" not in str(refused.value)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (b"Quentin", "its entry.json is not as a Daybook writes it"),
        (json.dumps({**DOCUMENT, "Quentin": 1}).encode(), "its entry.json is not as a Daybook writes it"),
        (
            json.dumps({"entry": {"entry_id": "00000000-0000-4000-8000-000000000000"}}).encode(),
            "its entry.json is of another entry",
        ),
    ],
)
def test_what_no_daybook_wrote_is_refused_whatever_its_checksum(written, document, sentence):
    with pytest.raises(EntryRefused, match=sentence) as refused:
        taken(written(entry_json=document, listed={"entry.json": document}))
    assert "Quentin" not in str(refused.value)


def test_what_claims_to_be_larger_than_anything_that_a_daybook_writes_is_not_read(written):
    path = written()
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(FILES_AT_THE_END))
    content[at + 24 : at + 28] = struct.pack("<I", 3 * 1024**3)
    path.write_bytes(content)
    with pytest.raises(EntryRefused, match=r"its recording\.wav is larger than any that a Daybook writes"):
        taken(path)


FILES_AT_THE_END = b"recording.wav"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_changed_byte_is_refused_or_changes_nothing(written, data):
    path = written()
    sound, content = taken(path), bytearray(path.read_bytes())
    at = data.draw(st.integers(min_value=0, max_value=len(content) - 1))
    content[at] ^= data.draw(st.integers(min_value=1, max_value=255))
    path.write_bytes(content)
    try:
        found = taken(path)
    except (ArchiveRefused, EntryRefused):
        return
    assert found == sound
