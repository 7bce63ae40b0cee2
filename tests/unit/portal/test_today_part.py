"""The part of the first page that a call changes: nothing that somebody wrote is markup in it."""

from datetime import date

from portal.call_story import CallStage, CallWords
from portal.catalogues import Languages
from portal.day_story import DayWords, WindowWords
from portal.live import version_of
from portal.pages import Pages
from portal.static_files import StaticFiles

ENGLISH, PAGES = Languages().of("en-GB"), Pages(StaticFiles())
EVIL = '"><img src=x onerror=alert(1)><script>alert(1)</script>'


def part_of(**call) -> str:
    words = CallWords(
        **{"name": "A call", "stage": CallStage.OVER, "sentence": "We talked.", "steps": ["One."], **call}
    )
    day = DayWords(date(2026, 12, 1), "", [words], [WindowWords("20:00", "We ring you in this time.")])
    return PAGES.part("today_part.html", ENGLISH, words=day, night=None)


def test_a_title_is_text_and_never_markup():
    part = part_of(entry_id="e", entry_title=EVIL)
    assert "<img" not in part
    assert "<script" not in part
    assert "&lt;script&gt;" in part


def test_a_call_leads_to_its_entry_once_there_is_one():
    assert 'href="/journal/e"' in part_of(entry_id="e")
    assert "href" not in part_of()


def test_a_part_is_known_by_what_it_says():
    assert version_of(part_of()) == version_of(part_of())
    assert version_of(part_of()) != version_of(part_of(sentence="We try again."))
