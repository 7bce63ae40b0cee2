import io
import zipfile
from datetime import UTC, datetime

import pytest

from journal.zip_pieces import LARGE_BYTES, ZipPieces

AT = datetime(2026, 11, 24, 8, 5, 30, tzinfo=UTC)
PIECE = b"\x01\xff" * 64_000


def test_what_is_taken_piece_by_piece_is_a_zip_file_and_little_of_it_is_held():
    made = io.BytesIO()
    with ZipPieces() as pieces:
        for name in ("entries/2026 Київ/recording.wav", "journal.json"):
            with pieces.member(name, AT, 100 * len(PIECE)) as member:
                for _ in range(100):
                    member.write(PIECE)
                    made.write(pieces.take())
        made.write(pieces.end())
    archive = zipfile.ZipFile(made)
    assert archive.testzip() is None
    assert archive.namelist() == ["entries/2026 Київ/recording.wav", "journal.json"]
    assert archive.read("journal.json") == PIECE * 100
    assert archive.getinfo("journal.json").date_time == (2026, 11, 24, 8, 5, 30)
    assert pieces.most_bytes < 2 * len(PIECE)


def test_a_file_of_which_more_than_four_gigabytes_were_sent_goes_on(tmp_path):
    """What stands before is a hole in the file, as far as the disk knows."""
    before = 5 * 1024**3
    with (tmp_path / "large.zip").open("wb") as file, ZipPieces(before) as pieces:
        file.seek(before)
        with pieces.member("recording.wav", AT, LARGE_BYTES + 1) as member:
            member.write(PIECE)
        file.write(pieces.end())
    archive = zipfile.ZipFile(tmp_path / "large.zip")
    with archive:
        assert archive.getinfo("recording.wav").header_offset == before
        assert archive.read("recording.wav") == PIECE


def test_who_gives_up_in_the_middle_of_a_file_leaves_nothing_behind():
    class GivenUp(Exception):
        pass

    def give_up():
        with ZipPieces() as pieces, pieces.member("recording.wav", AT, 1) as member:
            member.write(PIECE)
            raise GivenUp

    with pytest.raises(GivenUp):
        give_up()


@pytest.mark.parametrize("year", [1, 1979, 2108, 9999])
def test_a_year_that_zip_does_not_know_is_left_out(year):
    made = io.BytesIO()
    with ZipPieces() as pieces:
        with pieces.member("entry.md", AT.replace(year=year), 1) as member:
            member.write(b"a")
        made.write(pieces.end())
    assert zipfile.ZipFile(made).getinfo("entry.md").date_time[0] == 1980
