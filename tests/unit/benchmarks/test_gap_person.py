"""Who answers in the benchmark of gaps: when they speak, and how long they wait."""

from random import Random

import pytest

from benchmarks.calls.scene import FRAME_MS
from benchmarks.gap.own_times import PROMPT_MS
from benchmarks.gap.person import ANSWERED_WITHIN_S, GREETED_MS, PAUSE_MS, SPEECH_MS, Person

FRAME_S = FRAME_MS / 1000


class Talk:
    """A person, and the time that their frames take."""

    def __init__(self, seed=1):
        self.person = Person(Random(seed))
        self.now_s = 100.0
        self.plays_until_s = 0.0

    def frame(self):
        self.now_s += FRAME_S
        return self.person.speaks_now(self.now_s, self.plays_until_s)

    def frames_until(self, speaks):
        frames = 1
        while self.frame() is not speaks:
            frames += 1
        return frames

    def until_silent(self):
        """They greet nobody, and say something; the first frame after it is out too."""
        self.frames_until(True)
        self.frames_until(False)

    def hear(self, length_ms):
        self.plays_until_s = max(self.plays_until_s, self.now_s) + length_ms / 1000
        self.person.hear(length_ms / FRAME_MS, self.now_s)


def test_nothing_is_waited_for_before_the_first_thing_is_said():
    talk = Talk()
    talk.hear(3 * PROMPT_MS)
    assert talk.frames_until(True) == GREETED_MS // FRAME_MS + 1
    assert talk.person.waited_s == []


@pytest.mark.parametrize("seed", range(20))
def test_a_wait_is_from_the_last_frame_of_speech_to_the_first_audio(seed):
    talk = Talk(seed)
    talk.frames_until(True)
    assert SPEECH_MS[0] // FRAME_MS <= talk.frames_until(False) <= SPEECH_MS[1] // FRAME_MS
    for _ in range(9):
        assert not talk.frame()
    talk.hear(PROMPT_MS)
    assert talk.person.waited_s == [pytest.approx(10 * FRAME_S)]


def test_they_speak_again_once_all_of_it_was_heard():
    talk = Talk()
    talk.until_silent()
    for _ in range(PROMPT_MS // FRAME_MS):
        talk.hear(FRAME_MS)
    pause = talk.frames_until(True) - 1
    assert PAUSE_MS[0] <= pause * FRAME_MS - PROMPT_MS <= PAUSE_MS[1] + FRAME_MS
    assert len(talk.person.waited_s) == 1


def test_half_of_an_answer_is_none_to_speak_after():
    talk = Talk()
    talk.until_silent()
    talk.hear(PROMPT_MS / 2)
    assert not any(talk.frame() for _ in range(500))


def test_whom_nobody_answers_counts_as_having_waited_as_long_as_one_can():
    talk = Talk()
    talk.until_silent()
    talk.frames_until(True)
    assert talk.person.waited_s == [ANSWERED_WITHIN_S]


def test_no_two_calls_keep_step():
    lengths = {(talk.frames_until(True), talk.frames_until(False)) for talk in map(Talk, range(20))}
    assert len(lengths) > 10
