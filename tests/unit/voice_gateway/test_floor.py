from voice_gateway.floor import MOST_PATIENCE_MS, Floor
from voice_gateway.waiting import QUIET_BEFORE_PROMPT_MS, SPEECH_LOST_MS


def at(floor: Floor, now_ms: int, sound_ms: int | None = None) -> Floor:
    floor.pass_time(now_ms, sound_ms)
    return floor


def test_a_sound_is_taken_for_speech_until_it_is_over():
    floor = Floor(0)
    assert not floor.speaking
    assert at(floor, 5_000, 5_000).speaking
    assert at(floor, 5_000 + QUIET_BEFORE_PROMPT_MS - 1, 5_000).speaking
    assert not at(floor, 5_000 + QUIET_BEFORE_PROMPT_MS, 5_000).speaking
    assert floor.quiet_ms == QUIET_BEFORE_PROMPT_MS


def test_words_for_a_sound_are_waited_for_and_the_longer_the_later_the_recogniser_is():
    quick, slow = Floor(0), Floor(0)
    at(quick, 3_000, 3_000).words(2_800)
    at(slow, 11_000, 3_000).words(2_000)
    for floor in (quick, slow):
        at(floor, 12_000, 12_000)
    assert at(quick, 13_000, 12_000).awaits_words
    assert not at(quick, 14_000, 12_000).awaits_words, "a cough has no words"
    assert at(slow, 25_000, 12_000).awaits_words
    slow.words(11_900)
    assert not slow.awaits_words


def test_a_recogniser_that_says_nothing_is_not_waited_for_for_ever():
    floor = at(Floor(0), 30_000, 2_000)
    floor.words(1_000)
    at(floor, 31_000, 31_000)
    assert not at(floor, 31_000 + MOST_PATIENCE_MS, 31_000).awaits_words


def test_a_sound_that_goes_on_without_a_word_is_no_speech():
    floor = Floor(0)
    for now_ms in range(0, SPEECH_LOST_MS + 5_000, 100):
        at(floor, now_ms, now_ms)
    assert not floor.speaking
    assert not floor.awaits_words


def test_daybook_may_take_the_floor():
    floor = at(Floor(0), 5_000, 5_000)
    floor.speech_began(5_000)
    floor.take()
    assert not floor.speaking
    assert floor.quiet_ms >= QUIET_BEFORE_PROMPT_MS
