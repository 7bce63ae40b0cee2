"""The telephone line of an answered call: every 20 ms the person hears a frame and makes one."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from emulators.mulaw import BYTES_PER_MS
from emulators.twilio.person import Person, Utterance
from emulators.twilio.playout import Playout
from emulators.twilio.scaled_time import ScaledTime
from emulators.twilio.tracks import FRAME_BYTES, FRAME_MS, Stretch, Track, full_frame, is_loud

Tell = Callable[..., None]

_LONGEST_PAUSE_BYTES = 1500 * BYTES_PER_MS


@dataclass(slots=True)
class Spoken:
    """An utterance as it went; `end_ms` is None while it lasts, and stays so where the person broke off."""

    text: str
    start_ms: int
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LineFrame:
    """20 ms of the line: what the person made, and the marks of the app's audio that they have now heard."""

    audio: bytes
    digits: str
    started: Utterance | None
    finished: Utterance | None
    marks: tuple[str, ...]


class Line:
    """Frame n is due n times 20 ms after the answer; a late line catches up and leaves none out.

    Args:
        time: the network's time.
        person: who picked up.
        tell: the call's event feed, called with a kind and facts.
    """

    def __init__(self, time: ScaledTime, person: Person, tell: Tell) -> None:
        self._time = time
        self._person = person
        self._tell = tell
        self._frames = 0
        self._listener: asyncio.Queue[LineFrame] | None = None
        self._asks_for_key = False
        self.playout = Playout()
        self.said = Track()
        self.heard = Track()
        self.spoken: list[Spoken] = []

    @property
    def connected_ms(self) -> int:
        return self._frames * FRAME_MS

    async def run(self) -> None:
        """Carries sound until the person hangs up."""
        answered_at = self._time.now()
        try:
            while True:
                await self._time.until(answered_at + (self.connected_ms + FRAME_MS) / 1000)
                if self._carry_one_frame():
                    self._tell("person.hung_up", at_ms=self.connected_ms)
                    return
        finally:
            self._tell_heard(self.heard.close())
            self.said.close()

    @contextmanager
    def listening(self, *, for_key: bool = False) -> Iterator["asyncio.Queue[LineFrame]"]:
        """The frames from now on, while the block runs. `for_key`: the app takes a key, and nothing that is said."""
        frames: asyncio.Queue[LineFrame] = asyncio.Queue()
        self._listener, self._asks_for_key = frames, for_key
        try:
            yield frames
        finally:
            self._listener, self._asks_for_key = None, False

    def _carry_one_frame(self) -> bool:
        audio, marks = self.playout.take(FRAME_BYTES)
        heard = full_frame(audio)
        # a pause between two sentences is no end: by its melody one hears that a voice goes on
        hears_sound = is_loud(heard) or is_loud(self.playout.ahead(_LONGEST_PAUSE_BYTES))
        act = self._person.next(hears_sound=hears_sound, asked_for_key=self._asks_for_key)
        if act.hangs_up:
            return True
        start_ms = self.connected_ms
        self._frames += 1
        self._tell_heard(self.heard.add(heard))
        self.said.add(act.audio)
        if act.started is not None:
            self.spoken.append(Spoken(act.started.text, start_ms))
            self._tell("person.speaking", at_ms=start_ms, text=act.started.text)
        if act.finished is not None:
            self.spoken[-1].end_ms = self.connected_ms
            self._tell("person.spoke", at_ms=self.connected_ms, text=act.finished.text)
        if act.digits:
            self._tell("person.pressed", at_ms=start_ms, digits=act.digits)
        if self._listener is not None:
            self._listener.put_nowait(LineFrame(act.audio, act.digits, act.started, act.finished, marks))
        return False

    def _tell_heard(self, stretch: Stretch | None) -> None:
        if stretch is not None:
            self._tell("daybook.heard", **stretch.as_json())
