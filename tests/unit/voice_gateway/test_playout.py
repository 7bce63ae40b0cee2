"""What was heard, to the frame: our account of it beside the emulated carrier's own playback, whatever the network takes."""

from collections import deque
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from emulators.twilio.playout import Playout as FarPlayout
from voice_gateway.exchange import Speaker
from voice_gateway.media import SILENCE
from voice_gateway.recording import Recording

FRAME_MS, FRAME_BYTES = 20, 160


@dataclass
class Wire:
    """Messages one way, each as long under way as the others, in frames."""

    takes: int
    under_way: deque = field(default_factory=deque)

    def send(self, now: int, message) -> None:
        self.under_way.append((now + self.takes, message))

    def arrived(self, now: int) -> list:
        messages = []
        while self.under_way and self.under_way[0][0] <= now:
            messages.append(self.under_way.popleft()[1])
        return messages


class Call:
    """A gateway's account of a call, and the carrier at the other end of two wires."""

    def __init__(self, *, there: int, back: int) -> None:
        self.to_carrier, self.to_us = Wire(there), Wire(back)
        self.carrier = FarPlayout()
        self.recording = Recording(starts_at_ms=0, next_sequences={})
        self.heard, self.account = bytearray(), bytearray()
        self.now = self.prompts = 0
        self.began, self.ended, self.cut = {}, [], []

    def speak(self, frames: int) -> None:
        self.prompts += 1
        mark = f"prompt-{self.prompts}"
        audio = bytes([self.prompts]) * (frames * FRAME_BYTES)
        self.recording.sent(mark, audio)
        self.recording.all_sent(mark)
        for message in (f"{mark}/begun", audio, mark):
            self.to_carrier.send(self.now, message)

    def clear(self) -> None:
        self.to_carrier.send(self.now, f"cleared-{self.recording.clear()}")
        self.to_carrier.send(self.now, None)

    def pass_frame(self) -> None:
        """20 ms: the carrier takes what came, plays a frame, and sends one with the marks that were reached behind it."""
        for message in self.to_carrier.arrived(self.now):
            if message is None:
                for mark in self.carrier.clear():
                    self.to_us.send(self.now, mark)
            elif isinstance(message, bytes):
                self.carrier.append(message)
            else:
                self.carrier.mark(message)
        played, reached = self.carrier.take(FRAME_BYTES)
        self.heard += played.ljust(FRAME_BYTES, SILENCE)
        for message in (self.now, *reached):
            self.to_us.send(self.now, message)
        for message in self.to_us.arrived(self.now):
            self.hear(message)
        self.now += 1

    def hear(self, message) -> None:
        if isinstance(message, int):
            self.write(self.recording.heard(message * FRAME_MS, SILENCE * FRAME_BYTES)[1])
        elif message.endswith("/begun"):
            self.began[message.removesuffix("/begun")] = self.recording.begins(message.removesuffix("/begun"))
        elif message.startswith("cleared-"):
            self.cut += self.recording.cleared(int(message.removeprefix("cleared-")))
        else:
            self.recording.ends(message)

    def write(self, segments) -> None:
        for segment in segments:
            if segment.track is Speaker.DAYBOOK:
                self.account += SILENCE * (segment.starts_at_ms * 8 - len(self.account)) + segment.audio

    def finish(self) -> None:
        for _ in range(self.to_carrier.takes + self.to_us.takes + 2):
            self.pass_frame()
        self.write(self.recording.finish())


deeds = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(1, 60)),
        st.tuples(st.just("clear"), st.none()),
        st.tuples(st.just("speak"), st.integers(1, 80)),
    ),
    max_size=20,
)


@given(deeds=deeds, there=st.integers(0, 12), back=st.integers(0, 12))
def test_what_was_heard_at_any_interruption_is_exact_to_the_frame(deeds, there, back):
    call = Call(there=there, back=back)
    plays_until = 0
    for deed, argument in deeds:
        if deed == "pass":
            for _ in range(argument):
                call.pass_frame()
        elif deed == "clear":
            call.clear()
            plays_until = call.now
        elif call.now >= plays_until:  # one prompt at a time, as a conversation speaks
            call.speak(argument)
            plays_until = call.now + argument + there + back + 1
    call.finish()
    account, heard = bytes(call.account), bytes(call.heard[: call.recording.now_ms * 8])
    for prompt in range(1, call.prompts + 1):
        ours, theirs = place_of(prompt, account), place_of(prompt, heard)
        if theirs:
            assert abs(len(ours) - len(theirs)) <= FRAME_BYTES
            assert ours[:1] in ((), (theirs[0],))
        else:  # it was cleared in the frame in which it would have begun
            assert len(ours) <= FRAME_BYTES
    for cut in call.cut:
        played = len(place_of(int(cut.mark.removeprefix("prompt-")), heard))
        assert abs(cut.heard_ms * 8 - played) <= FRAME_BYTES


def place_of(prompt: int, track: bytes) -> tuple[int, ...]:
    """Where a prompt's bytes are on a track."""
    return tuple(at for at, byte in enumerate(track) if byte == prompt)
