"""Which questions a person is asked."""

import pytest

import window_scheduler.people
from voice_gateway.exchange import Purpose, Speaker, Turn
from voice_gateway.programme_files import LANGUAGES, programme_for
from voice_gateway.programmes import DEFAULT_PROGRAMME

EVENING, GRATITUDE, FREE = (LANGUAGES["en"].programmes[name] for name in ("evening_review", "gratitude", "free"))
GERMAN = LANGUAGES["de"].programmes["gratitude"]


def asked(*questions):
    """The turns of a conversation in which these were asked, and each was answered."""
    turns = []
    for question in questions:
        turns.append(Turn(len(turns), Speaker.DAYBOOK, question, Purpose.QUESTION, 0, 0))
        turns.append(Turn(len(turns), Speaker.PERSON, "words", None, 0, 0))
    return turns


def questions_of(name, turns=(), locale="en-US"):
    return programme_for(locale, "Daybook", name).going_on_from(turns).questions


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_language_has_the_programmes_that_a_person_may_choose(language):
    assert language.programmes.keys() == window_scheduler.people.PROGRAMMES
    assert DEFAULT_PROGRAMME == window_scheduler.people.DEFAULT_PROGRAMME


def test_the_questions_are_those_of_the_programme_in_the_persons_language():
    assert questions_of("gratitude") == GRATITUDE
    assert questions_of("gratitude", locale="de-AT") == GERMAN
    assert questions_of("gratitude", locale="fi-FI") == GRATITUDE
    assert questions_of("of_a_newer_release") == EVENING


@pytest.mark.parametrize("heard", [GRATITUDE[:1], GRATITUDE, (GRATITUDE[0], "Who or what…")])
@pytest.mark.parametrize("name", ["evening_review", "gratitude", "free"])
def test_a_conversation_goes_on_with_the_programme_that_it_began_with(name, heard):
    assert questions_of(name, asked(*heard)) == GRATITUDE


def test_questions_that_another_release_or_language_asked_stay_as_they_were():
    assert questions_of("free", asked("Whom do you miss?", "Since when?")) == ("Whom do you miss?", "Since when?")
    assert questions_of("gratitude", asked(GERMAN[0])) == (GERMAN[0], *GRATITUDE[1:])
