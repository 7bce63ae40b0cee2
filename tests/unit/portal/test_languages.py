"""In which language a page is, and how it writes days and times."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalogues import Languages
from portal.languages import accepted

SHIPPED = Languages()
PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "You are called at %(at)s."
msgstr "Der Anruf kommt um %(at)s."

msgid "%(num)d day"
msgid_plural "%(num)d days"
msgstr[0] "%(num)d Tag"
msgstr[1] "%(num)d Tage"
"""


@pytest.fixture
def languages(tmp_path):
    (tmp_path / "de.po").write_text(PO)
    return Languages(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [
        (["de-AT"], "de"),
        (["fr", "de"], "de"),
        (["en-GB", "de"], "en"),
        (["fr"], "en"),
        ([], "en"),
        (["", "x-nonsense", "de"], "de"),
        (["de-US"], "de"),
        (["en-MX"], "en"),
        (["EN-us"], "en"),
        (["De-at"], "de"),
    ],
)
def test_the_first_language_that_there_is_is_taken_and_else_english(languages, wanted, tag):
    assert languages.of(*wanted).tag == tag


@given(
    st.lists(st.text(max_size=12) | st.from_regex(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", fullmatch=True), max_size=3)
)
def test_whatever_is_asked_for_there_is_a_language(wanted):
    language = SHIPPED.of(*wanted)
    assert language.tag in SHIPPED.tags
    assert language.day(date(2026, 12, 1))


def test_sentences_are_said_in_it_and_unknown_ones_in_english(languages):
    german = languages.of("de-AT")
    assert german.say("You are called at %(at)s.", at="8") == "Der Anruf kommt um 8."
    assert german.say("100 % new") == "100 % new"
    assert [german.say_of(number, "%(num)d day", "%(num)d days") for number in (1, 2)] == ["1 Tag", "2 Tage"]
    assert languages.of("en").say_of(1, "%(num)d day", "%(num)d days") == "1 day"


def test_days_and_times_are_written_as_the_country_does(languages):
    german, american = languages.of("de-AT"), languages.of("en-US")
    vienna = ZoneInfo("Europe/Vienna")
    at = datetime(2026, 12, 1, 19, 30, tzinfo=UTC)
    assert german.day(date(2026, 12, 1)) == "Dienstag, 1. Dezember"
    assert american.day(date(2026, 12, 1)) == "Tuesday, December 1"
    assert german.time(time(20, 30)) == "20:30"
    assert american.moment(at, vienna).replace("\u202f", " ") == "8:30 PM"
    assert german.month(date(2026, 12, 1)) == "Dezember 2026"
    assert american.weekday(date(2026, 12, 1)) == "Tue"


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", ["de-AT", "de", "en"]),
        ("en;q=0.5, de", ["de", "en"]),
        ("de;q=0, en", ["en"]),
        ("de;q=x, en", ["en"]),
        ("", []),
    ],
)
def test_what_a_browser_asks_for_is_read(header, tags):
    assert accepted(header) == tags
