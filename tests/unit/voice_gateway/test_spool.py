"""What waits for the journal: nothing of it is out of order, in clear, or beyond the room that there is."""

import gc
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from voice_gateway.exchange import Speaker, Turn
from voice_gateway.recording import SEGMENT_MS, Segment
from voice_gateway.spool import AWAY_AFTER_MS, TIME_TO_END_MS, Room, Spool

SEGMENT_BYTES = SEGMENT_MS * 8


def segment(number: int, track: Speaker = Speaker.PERSON) -> Segment:
    return Segment(track, number, number * SEGMENT_MS, bytes([number % 256]) * SEGMENT_BYTES)


def turn(number: int, text: str = "I went for a walk.") -> Turn:
    return Turn(number, Speaker.PERSON, text, None, number * 1000, number * 1000 + 500)


def all_of(spool: Spool) -> list[Segment]:
    """As the keeper reads it for one stream."""
    sent: dict[Speaker, int] = {}
    read = []
    while (found := spool.audio_after(sent)) is not None:
        sent[found.track] = found.sequence
        read.append(found)
    return read


def test_turns_come_out_as_they_went_in():
    spool = Spool(Room(10**6))
    spool.add_turn(turn(0, "Grüß dich."))
    spool.add_turn(turn(1))
    assert spool.first_turn() == spool.first_turn() == turn(0, "Grüß dich.")
    spool.acknowledge_turn()
    assert spool.first_turn() == turn(1)
    spool.acknowledge_turn()
    assert spool.first_turn() is None
    assert not spool.remainder()


def test_nothing_that_waits_is_in_clear():
    room = Room(10**6)
    spool = Spool(room)
    spool.add_turn(turn(0, "a word that nobody is to read"))
    spool.add_audio(Segment(Speaker.PERSON, 0, 0, b"audio that nobody is to hear"))
    seen, to_see = set(), deque([spool])
    held: list[bytes | str] = []
    while to_see:
        it = to_see.popleft()
        if id(it) not in seen and not isinstance(it, type):
            seen.add(id(it))
            held += [it] if isinstance(it, bytes | str) else []
            to_see += gc.get_referents(it)
    assert len(held) > 2
    assert not any("nobody" in text if isinstance(text, str) else b"nobody" in text for text in held)


def test_the_same_words_look_different_each_time_and_in_each_session():
    room = Room(10**6)
    spools = [Spool(room), Spool(room)]
    for spool in spools:
        spool.add_turn(turn(0))
        spool.add_turn(turn(1))
    assert len({sealed.words for spool in spools for sealed in spool._turns}) == 4


@given(
    st.lists(st.one_of(st.sampled_from(Speaker), st.tuples(st.sampled_from(Speaker), st.integers(0, 12))), max_size=60)
)
def test_what_is_not_acknowledged_waits_in_order_and_takes_its_room(deeds):
    room = Room(10**7)
    spool = Spool(room)
    added = dict.fromkeys(Speaker, 0)
    safe = dict.fromkeys(Speaker, 0)
    for deed in deeds:
        if isinstance(deed, Speaker):
            assert spool.add_audio(segment(added[deed], deed))
            added[deed] += 1
        else:
            track, next_sequence = deed
            spool.acknowledge(track, min(next_sequence, added[track]))
            safe[track] = max(safe[track], min(next_sequence, added[track]))
    waiting = all_of(spool)
    for track in Speaker:
        expected = [segment(number, track) for number in range(safe[track], added[track])]
        assert [it for it in waiting if it.track is track] == expected
        assert spool.remainder().audio_ms[track] == len(expected) * SEGMENT_MS
    assert waiting == sorted(waiting, key=lambda it: it.starts_at_ms)
    assert spool.segments == len(waiting)
    assert room.taken_bytes == len(waiting) * (SEGMENT_BYTES + 16)


def test_what_finds_no_room_is_told_and_leaves_no_hole_in_the_numbers():
    room = Room(3 * (SEGMENT_BYTES + 16))
    spool = Spool(room)
    assert [spool.add_audio(segment(number)) for number in range(4)] == [True, True, True, False]
    spool.acknowledge(Speaker.PERSON, 2)
    assert not spool.add_audio(segment(4)), "though there is room again: the journal would refuse it"
    assert [it.sequence for it in all_of(spool)] == [2]
    assert spool.remainder().audio_ms[Speaker.PERSON] == 3 * SEGMENT_MS


def test_a_call_is_to_end_while_there_is_room_for_all_that_may_still_be_said():
    room = Room(4 * 2**20)
    spools = [Spool(room), Spool(room)]
    told_at = 0
    while not any(spool.is_to_end for spool in spools):
        for spool in spools:
            for track in Speaker:
                assert spool.add_audio(segment(told_at, track))
        told_at += 1
    assert told_at * SEGMENT_MS > AWAY_AFTER_MS
    for number in range(told_at, told_at + TIME_TO_END_MS // SEGMENT_MS):
        for spool in spools:
            for track in Speaker:
                assert spool.add_audio(segment(number, track))


def test_a_journal_that_is_only_slow_ends_no_call():
    room = Room(900_000)
    spool = Spool(room)
    assert room.is_short, "one minute of both tracks does not fit"
    for number in range(AWAY_AFTER_MS // SEGMENT_MS):
        spool.add_audio(segment(number))
    assert not spool.is_to_end
    spool.ends()
    assert not room.is_short, "it fills it no more"


def test_what_is_given_up_is_told_and_gives_its_room_back():
    room = Room(10**6)
    spool = Spool(room)
    spool.add_turn(turn(0))
    spool.add_audio(segment(0))
    spool.give_up()
    assert room.taken_bytes == 0
    lost = spool.remainder()
    assert (lost.turns, lost.audio_ms[Speaker.PERSON]) == (1, SEGMENT_MS)
