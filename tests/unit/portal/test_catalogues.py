"""Whatever the portal says is in each language that it speaks."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import portal
import voice_gateway
from portal.catalogues import CATALOGUES

PACKAGE = Path(portal.__file__).parent
WORDS = Path(voice_gateway.__file__).parent / "words"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"trimmed": "true"}}
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "marked", "say"), None),
    **dict.fromkeys(("ngettext",), (1, 2)),
    "say_of": (2, 3),
}
PLACE = re.compile(r"%\((\w+)\)")


@pytest.fixture(scope="module")
def texts():
    """All that stands in templates and code; a pair where it has a form for one and one for many."""
    found = extract_from_dir(PACKAGE, METHODS, OPTIONS, KEYWORDS)
    return {text for _file, _line, text, _comments, _context in found}


def test_the_search_finds_texts_of_templates_and_of_code(texts):
    assert "This link signs you in on this device. It can be used once." in texts
    assert "There is no such page." in texts


def test_templates_say_nothing_where_the_search_does_not_look():
    """It knows trans, _ and ngettext in them, and no method of a language."""
    saying = [
        path.name for path in PACKAGE.glob("templates/*.html") if "language.say" in path.read_text(encoding="utf-8")
    ]
    assert saying == []


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.po")), ids=lambda path: path.stem)
def test_a_catalogue_has_every_text_with_the_same_places_and_no_other(texts, path):
    with path.open("rb") as file:
        catalogue = {each.id: each for each in read_po(file, locale=path.stem, abort_invalid=True) if each.id}
    assert set(catalogue) == texts, "make locales brings the catalogue up to the texts"
    for text, message in catalogue.items():
        translated = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(translated), f"not translated: {text}"
        assert not message.fuzzy, text
        places = {place for part in ([text] if isinstance(text, str) else text) for place in PLACE.findall(part)}
        assert {place for part in translated for place in PLACE.findall(part)} == places, text


def test_german_says_du_on_the_pages_and_in_calls():
    """In a call the formal words may be those of others: what a person says, a voicemail, whoever screens it."""
    formal = re.compile(
        r"(?<=[\w,;] )(?:Sie|Ihr|Ihre|Ihren|Ihrem|Ihrer|Ihnen)\b"
    )  # not at a beginning, where it may be "it"
    with (CATALOGUES / "de.po").open("rb") as file:
        texts = [str(each.string) for each in read_po(file, locale="de")]
    called = WORDS.joinpath("de.toml").read_text(encoding="utf-8").partition("[phrases]")[0]
    assert [text for text in [*texts, *called.splitlines()] if formal.search(text)] == []
