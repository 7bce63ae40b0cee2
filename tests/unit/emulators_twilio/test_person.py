from itertools import pairwise

from pydantic import ValidationError
from pytest import mark, raises  # noqa: PT013 - two names read better than a prefix here

from emulators.twilio.person import Manners, Person, Utterance
from emulators.twilio.personas import PERSONAS, Persona, PersonaBook, Press, UnknownPersona
from emulators.twilio.tracks import FRAME_BYTES

MANNERS = Manners(reply_pause_ms=600, patience_ms=5000)


def saying(text, frames=10):
    return Utterance(text, bytes([0x10] * FRAME_BYTES * frames))


def play(person, hears):
    """The acts of the person, one for each 20 ms; `hears` is a text: '#' for sound, '.' for silence, ',' for one in which
    nothing but a key is asked for.
    """
    return [person.next(hears_sound=sound == "#", asked_for_key=sound == ",") for sound in hears]


def first(acts, what):
    return next(index for index, act in enumerate(acts) if what(act))


def test_somebody_waits_until_the_prompt_is_over_and_600_ms_longer():
    person = Person(None, [saying("a")], [], MANNERS)
    acts = play(person, "." * 20 + "#" * 50 + "." * 10 + "#" * 5 + "." * 60)
    assert first(acts, lambda act: act.started) == 20 + 50 + 10 + 5 + 29
    assert first(acts, lambda act: act.finished) == 20 + 50 + 10 + 5 + 29 + 9


def test_somebody_says_one_thing_a_prompt():
    person = Person(None, [saying("a"), saying("b"), saying("c")], [], MANNERS)
    acts = play(person, ("#" * 10 + "." * 60) * 2)
    assert [act.started.text for act in acts if act.started] == ["a", "b"]


def test_nobody_speaks_unasked():
    assert not any(act.started for act in play(Person(None, [saying("a")], [], MANNERS), "." * 200))


def test_what_was_talked_over_is_no_prompt():
    person = Person(None, [saying("a", frames=50), saying("b")], [], MANNERS)
    acts = play(person, "#" * 10 + "." * 30 + "#" * 40 + "." * 60)
    assert [act.started.text for act in acts if act.started] == ["a"]


def test_somebody_who_interrupts_does_it_once():
    manners = Manners(reply_pause_ms=600, patience_ms=5000, talks_over_after_ms=400)
    person = Person(None, [saying("a"), saying("b")], [], manners)
    acts = play(person, "#" * 200)
    assert first(acts, lambda act: act.started) == 19
    assert sum(1 for act in acts if act.started) == 1


def test_where_only_a_key_is_asked_for_it_is_pressed_and_nothing_said():
    person = Person(None, [saying("a")], [Press(press="1")], MANNERS)
    acts = play(person, ("#" * 10 + "," * 60) * 2 + "#" * 10 + "." * 60)
    assert [act.digits for act in acts if act.digits] == ["1"]
    assert first(acts, lambda act: act.started) > 140


def test_an_opening_comes_unasked_and_the_script_after_a_prompt():
    person = Person(saying("hello"), [saying("a")], [], MANNERS)
    acts = play(person, "." * 40 + "#" * 10 + "." * 40)
    assert [act.started.text for act in acts if act.started] == ["hello", "a"]
    assert first(acts, lambda act: act.started) == 15


def test_a_key_is_pressed_in_turn():
    acts = play(Person(None, [Press(press="9")], [], MANNERS), "#" * 10 + "." * 40)
    assert [act.digits for act in acts if act.digits] == ["9"]


def test_patience_ends_when_nobody_has_spoken_for_long():
    acts = play(Person(None, [], [], MANNERS), "." * 100 + "#" + "." * 250)
    assert first(acts, lambda act: act.hangs_up) == 100 + 250


def test_somebody_who_breaks_off_says_half_of_the_last_thing():
    manners = Manners(reply_pause_ms=600, patience_ms=5000, breaks_off=True)
    person = Person(None, [saying("a"), saying("b")], [], manners)
    acts = play(person, ("#" * 10 + "." * 50) * 2)
    assert [act.finished.text for act in acts if act.finished] == ["a"]
    assert first(acts, lambda act: act.hangs_up) - first(acts, lambda act: act.started and act.started.text == "b") == 5


@mark.parametrize("name", PERSONAS)
def test_every_persona_can_be_chosen(name):
    book = PersonaBook("brief")
    book.choose("1", name, {"rings_s": 0})
    assert book.behind("1") == (name, PERSONAS[name].model_copy(update={"rings_s": 0}))
    assert book.behind("2")[0] == "brief"


@mark.parametrize(("name", "overrides", "error"), [("x", {}, UnknownPersona), ("busy", {"x": 1}, ValidationError)])
def test_a_persona_that_does_not_exist_is_refused(name, overrides, error):
    with raises(error):
        PersonaBook("brief").choose("1", name, overrides)


def test_personas_do_not_repeat_themselves():
    for persona in PERSONAS.values():
        words = [entry for entry in persona.script if isinstance(entry, str)]
        assert all(one != next_one for one, next_one in pairwise(words))
        assert isinstance(persona, Persona)
