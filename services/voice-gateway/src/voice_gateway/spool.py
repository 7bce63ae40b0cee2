"""What of a session is not durable yet: its turns and its audio, each in its order, sealed while they wait.

The line is drawn where something is handed in: it is sealed at once, and opened again only to be written to the journal. In
clear are thus the part of a second of each track that is being recorded, and what is on its way out. A segment costs 3 µs this
way, so a journal that is healthy needs no other. The cipher is AES-256-GCM; its key is made at random for each session, is
written nowhere, and is gone with the process. Times, numbers and who spoke stand in clear.

All sessions of a process share one `Room`, since it is the process whose memory is bounded. A session whose audio waits is
to be told of it, and ended, while there is room for all that may still be said in it.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from voice_gateway.exchange import Speaker, Turn
from voice_gateway.media import BYTES_PER_MS
from voice_gateway.recording import SEGMENT_BYTES, SEGMENT_MS, Segment

AWAY_AFTER_MS = 10_000
"""So much of what a person said waits where the journal is not only slow."""
TIME_TO_END_MS = 60_000
"""How long a call may still last once its person is to be told: they finish their sentence, and hear the last words."""
_KEY_BITS = 256
_NONCE_BYTES = 12
_TAG_BYTES = 16
_BYTES_TO_END = len(Speaker) * (TIME_TO_END_MS // SEGMENT_MS + 2) * (SEGMENT_BYTES + _TAG_BYTES)
"""What a call may still fill: two segments more than its time, the one that is in the making and the one before."""


class Room:
    """How much may wait in one process.

    Args:
        limit_bytes: of all sessions together.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._taken_bytes = 0
        self._filling = 0

    @property
    def taken_bytes(self) -> int:
        return self._taken_bytes

    @property
    def is_short(self) -> bool:
        """Whether what is left would no longer last the calls that are held until they can be ended."""
        return self._limit_bytes - self._taken_bytes < self._filling * _BYTES_TO_END

    def has(self, size: int) -> bool:
        return self._taken_bytes + size <= self._limit_bytes

    def take(self, size: int) -> None:
        self._taken_bytes += size

    def give_back(self, size: int) -> None:
        self._taken_bytes -= size

    def one_more_fills_it(self) -> None:
        self._filling += 1

    def one_less_fills_it(self) -> None:
        self._filling -= 1


@dataclass(frozen=True)
class Remainder:
    """What waits at some moment, and what is lost already: counts and times, no words."""

    turns: int
    audio_ms: dict[Speaker, int]

    def __bool__(self) -> bool:
        return bool(self.turns or any(self.audio_ms.values()))


@dataclass(frozen=True)
class _SealedTurn:
    without_words: Turn
    number: int
    words: bytes


@dataclass(frozen=True)
class _SealedSegment:
    without_audio: Segment
    number: int
    audio: bytes

    @property
    def duration_ms(self) -> int:
        return (len(self.audio) - _TAG_BYTES) // BYTES_PER_MS


class _Seal:
    """One key and its nonces, which are counted."""

    def __init__(self) -> None:
        self._cipher = AESGCM(AESGCM.generate_key(_KEY_BITS))
        self._number = 0

    def close(self, clear: bytes) -> tuple[int, bytes]:
        """The number of the nonce, and what was sealed with it."""
        self._number += 1
        return self._number, self._cipher.encrypt(self._number.to_bytes(_NONCE_BYTES, "big"), clear, None)

    def open(self, number: int, sealed: bytes) -> bytes:
        return self._cipher.decrypt(number.to_bytes(_NONCE_BYTES, "big"), sealed, None)


class Spool:
    """What waits of one session. It takes part of the room until all of it is acknowledged or given up."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._room.one_more_fills_it()
        self._fills = True
        self._seal = _Seal()
        self._turns: deque[_SealedTurn] = deque()
        self._audio: dict[Speaker, deque[_SealedSegment]] = {track: deque() for track in Speaker}
        self._lost_turns = 0
        self._lost_ms: dict[Speaker, int] = dict.fromkeys(Speaker, 0)

    def add_turn(self, turn: Turn) -> None:
        """A turn always finds room: all words of a call take less than a second of its audio."""
        number, words = self._seal.close(turn.text.encode())
        self._turns.append(_SealedTurn(replace(turn, text=""), number, words))
        self._room.take(len(words))

    def first_turn(self) -> Turn | None:
        if not self._turns:
            return None
        sealed = self._turns[0]
        return replace(sealed.without_words, text=self._seal.open(sealed.number, sealed.words).decode())

    def acknowledge_turn(self) -> None:
        """The first turn is durable."""
        self._room.give_back(len(self._turns.popleft().words))

    def give_up_turn(self) -> None:
        """The first turn will never be durable."""
        self._lost_turns += 1
        self.acknowledge_turn()

    def add_audio(self, segment: Segment) -> bool:
        """
        Returns:
            Whether it was taken. A track without a segment can have none after it, so once one found no room none is taken.
        """
        size = len(segment.audio) + _TAG_BYTES
        if self._lost_ms[segment.track] or not self._room.has(size):
            self._lost_ms[segment.track] += len(segment.audio) // BYTES_PER_MS
            return False
        number, audio = self._seal.close(segment.audio)
        self._audio[segment.track].append(_SealedSegment(replace(segment, audio=b""), number, audio))
        self._room.take(size)
        return True

    def audio_after(self, sent: Mapping[Speaker, int]) -> Segment | None:
        """The earliest segment that bears a number above the one its track was sent up to; None where there is none."""
        found: _SealedSegment | None = None
        for track, waiting in self._audio.items():
            if not waiting:
                continue
            position = max(0, sent.get(track, -1) + 1 - waiting[0].without_audio.sequence)
            if position < len(waiting) and (
                found is None or waiting[position].without_audio.starts_at_ms < found.without_audio.starts_at_ms
            ):
                found = waiting[position]
        if found is None:
            return None
        return replace(found.without_audio, audio=self._seal.open(found.number, found.audio))

    def acknowledge(self, track: Speaker, next_sequence: int) -> None:
        """All of that track before that number is durable."""
        waiting = self._audio[track]
        while waiting and waiting[0].without_audio.sequence < next_sequence:
            self._room.give_back(len(waiting.popleft().audio))

    @property
    def segments(self) -> int:
        return sum(map(len, self._audio.values()))

    @property
    def is_to_end(self) -> bool:
        """Whether its call is to be ended: the journal is away, and the room would not last much longer."""
        person = self._audio[Speaker.PERSON]
        if not person or not self._room.is_short:
            return False
        return person[-1].without_audio.starts_at_ms - person[0].without_audio.starts_at_ms >= AWAY_AFTER_MS

    def ends(self) -> None:
        """Nothing more will be added."""
        if self._fills:
            self._fills = False
            self._room.one_less_fills_it()

    def remainder(self) -> Remainder:
        """What would be lost if the process went now, or is lost already."""
        return Remainder(
            self._lost_turns + len(self._turns),
            {
                track: self._lost_ms[track] + sum(segment.duration_ms for segment in waiting)
                for track, waiting in self._audio.items()
            },
        )

    def give_up_audio(self) -> None:
        """None of it will ever be durable."""
        for track in self._audio:
            waiting = self._audio[track]
            while waiting:
                self._lost_ms[track] += waiting[0].duration_ms
                self._room.give_back(len(waiting.popleft().audio))

    def give_up(self) -> None:
        """The session is left as it is."""
        self.ends()
        self.give_up_audio()
        while self._turns:
            self.give_up_turn()
