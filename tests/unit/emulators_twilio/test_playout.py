from hypothesis import given
from hypothesis import strategies as st

from emulators.twilio.playout import Playout

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.binary(max_size=500)),
        st.tuples(st.just("mark"), st.text("abc", min_size=1, max_size=3)),
        st.tuples(st.just("take"), st.integers(1, 400)),
        st.tuples(st.just("clear"), st.none()),
    ),
    max_size=40,
)


def test_a_mark_is_reached_with_the_last_byte_before_it():
    playout = Playout()
    playout.append(b"a" * 200)
    playout.mark("here")
    playout.append(b"b" * 200)
    assert playout.take(160) == (b"a" * 160, ())
    assert playout.take(160) == (b"a" * 40 + b"b" * 120, ("here",))


def test_a_mark_behind_no_audio_is_reached_at_once():
    playout = Playout()
    playout.mark("now")
    assert playout.take(160) == (b"", ("now",))


def test_clear_forgets_the_audio_and_returns_the_marks_in_order():
    playout = Playout()
    playout.append(bytes(80_000))
    playout.mark("a")
    playout.mark("b")
    assert playout.buffered_ms == 10_000
    assert playout.clear() == ("a", "b")
    assert playout.buffered_ms == 0
    assert playout.take(160) == (b"", ())


@given(MOVES)
def test_audio_and_marks_come_out_once_and_in_order(moves):
    playout = Playout()
    waiting: list[int | str] = []
    for move, given_with in moves:
        match move:
            case "append":
                playout.append(given_with)
                waiting += given_with
            case "mark":
                playout.mark(given_with)
                waiting.append(given_with)
            case "clear":
                assert list(playout.clear()) == [it for it in waiting if isinstance(it, str)]
                waiting.clear()
            case "take":
                audio, marks = playout.take(given_with)
                came = []
                while waiting and (isinstance(waiting[0], str) or sum(isinstance(it, int) for it in came) < given_with):
                    came.append(waiting.pop(0))
                assert audio == bytes(it for it in came if isinstance(it, int))
                assert list(marks) == [it for it in came if isinstance(it, str)]
