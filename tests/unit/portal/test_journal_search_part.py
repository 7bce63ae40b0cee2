"""The page of what was found, where nothing was."""

from datetime import UTC, datetime
from types import SimpleNamespace

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.time_zones import zone_named
from portal.catalogues import Languages
from portal.entry_lines import Telling, pieces_of
from portal.pages import Pages
from portal.readers_clock import LocalClock
from portal.static_files import StaticFiles

ENGLISH, VIENNA = Languages().of("en-GB"), zone_named("Europe/Vienna")


def test_how_far_was_looked_is_told_by_the_readers_days():
    at = Timestamp()
    at.FromDatetime(datetime(2026, 3, 9, 23, 30, tzinfo=UTC))
    page = Pages(StaticFiles()).page(
        "journal_search.html",
        ENGLISH,
        visit=SimpleNamespace(form_token=""),
        clock=LocalClock(VIENNA, is_theirs=True, now=datetime(2026, 12, 1, tzinfo=VIENNA)),
        query="walk",
        after="",
        refused="",
        hits=[],
        unreadable=0,
        older={"q": "walk", "after": "token"},
        searched_back_to=at,
        pieces_of=pieces_of,
        tell=Telling(ENGLISH, VIENNA),
        longest_query=500,
        most_words=32,
    )
    assert "back to 10 March 2026" in page.body.decode()
