"""How late a reply's audio is, by a carrier's ear."""

import pytest

from benchmarks.calls.replies import Reply

FRAME_S = 0.02


def reply():
    return Reply(words_s=100.0, frame_s=FRAME_S)


@pytest.mark.parametrize(("after_s", "late"), [(1.5, 0), (1.54, 0), (1.541, 1), (1.58, 2), (9.0, 10)])
def test_frames_that_come_together_are_due_one_after_the_other(after_s, late):
    it = reply()
    it.hear(10, 100 + after_s, usual_s=1.5)
    assert (it.frames, it.late) == (10, late)


def test_a_frame_every_twenty_milliseconds_is_in_time_as_its_first_was():
    it = reply()
    for number in range(100):
        it.hear(1, 101.53 + number * FRAME_S, usual_s=1.5)
    assert it.late == 0
    it.hear(2, 101.53 + 102 * FRAME_S, usual_s=1.5)  # 70 and 50 ms after their moments
    assert it.late == 2


def test_while_nobody_knows_when_a_reply_is_due_none_is_late():
    it = reply()
    it.hear(10, 109, usual_s=None)
    assert (it.first_s, it.late) == (109, 0)
