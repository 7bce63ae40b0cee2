"""What a person on the line does in the next 20 ms: listens, talks, presses a key, hangs up. Pure turn-taking."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from emulators.mulaw import BYTES_PER_MS
from emulators.twilio.personas import Press
from emulators.twilio.tracks import FRAME_BYTES, FRAME_MS, SILENT_FRAME, full_frame

_BREATH_MS = 300


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words, and the sound of them."""

    text: str
    audio: bytes

    @property
    def lasts_ms(self) -> int:
        return len(self.audio) // BYTES_PER_MS


Move = Utterance | Press


@dataclass(frozen=True, slots=True)
class Act:
    """20 ms of a person. `started` and `finished` tell which utterance begins or ends in them."""

    audio: bytes = SILENT_FRAME
    started: Utterance | None = None
    finished: Utterance | None = None
    digits: str = ""
    hangs_up: bool = False


@dataclass(frozen=True, slots=True)
class Manners:
    """How the person takes turns, all in virtual milliseconds."""

    reply_pause_ms: float
    patience_ms: float
    talks_over_after_ms: float | None = None
    breaks_off: bool = False


class Person:
    """Takes its turn when Daybook has said something and has been quiet for a while.

    Args:
        opening: said on picking up, without waiting.
        moves: one for each turn.
        menu: one for each time that nothing but a key is asked for.
        manners: when it is the person's turn, and when they lose patience.
    """

    def __init__(
        self, opening: Utterance | None, moves: Sequence[Move], menu: Sequence[Press], manners: Manners
    ) -> None:
        self._opening = opening
        self._moves = deque(moves)
        self._menu = deque(menu)
        self._manners = manners
        self._saying: Utterance | None = None
        self._said_bytes = 0
        self._age_ms = 0
        self._nobody_spoke_ms = 0
        self._heard_ms = 0
        self._quiet_ms = 0
        self._talks_over = manners.talks_over_after_ms is not None

    @property
    def opens_for_ms(self) -> int:
        """How long they take to pick up and to say what they say without waiting for anybody."""
        return 0 if self._opening is None else _BREATH_MS + self._opening.lasts_ms

    def next(self, *, hears_sound: bool, asked_for_key: bool) -> Act:
        """The next 20 ms. `asked_for_key`: nothing that they say would be listened to."""
        self._age_ms += FRAME_MS
        self._listen(hears_sound)
        if self._saying is not None:
            return self._talk_on(self._saying, started=False)
        if self._opening is not None:
            if self._age_ms <= _BREATH_MS:
                return Act()
            opening, self._opening = self._opening, None
            return self._begin(opening)
        if self._nobody_spoke_ms >= self._manners.patience_ms:
            return Act(hangs_up=True)
        moves: deque[Move] | deque[Press] = self._menu if asked_for_key else self._moves
        if self._is_my_turn():
            if moves:
                return self._begin(moves.popleft())
            self._heard_ms = 0  # what was asked is not answered, and is no prompt to answer by anything else
        return Act()

    def _listen(self, hears_sound: bool) -> None:
        if hears_sound:
            self._heard_ms += FRAME_MS
            self._quiet_ms = 0
            self._nobody_spoke_ms = 0
        else:
            self._quiet_ms += FRAME_MS
            self._nobody_spoke_ms += FRAME_MS

    def _is_my_turn(self) -> bool:
        if self._talks_over and self._manners.talks_over_after_ms is not None:
            return self._heard_ms >= self._manners.talks_over_after_ms
        return self._heard_ms > 0 and self._quiet_ms >= self._manners.reply_pause_ms

    def _begin(self, move: Move) -> Act:
        self._talks_over = False
        self._heard_ms = 0
        if isinstance(move, Press):
            return Act(digits=move.press)
        self._saying = move
        self._said_bytes = 0
        return self._talk_on(move, started=True)

    def _talk_on(self, utterance: Utterance, *, started: bool) -> Act:
        self._nobody_spoke_ms = 0
        if self._breaks_off_in(utterance):
            return Act(hangs_up=True)
        end = self._said_bytes + FRAME_BYTES
        audio = full_frame(utterance.audio[self._said_bytes : end])
        self._said_bytes = end
        finished = end >= len(utterance.audio)
        if finished:
            self._saying = None
            # what Daybook said meanwhile was talked over, and is no prompt to answer
            self._heard_ms = 0
        return Act(audio=audio, started=utterance if started else None, finished=utterance if finished else None)

    def _breaks_off_in(self, utterance: Utterance) -> bool:
        is_last = self._manners.breaks_off and not self._moves
        return is_last and self._said_bytes >= len(utterance.audio) // 2
