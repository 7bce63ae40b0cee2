"""What the person hears of what was sent to them: the far end's playout, followed by its marks. Pure.

Twilio plays what it is sent in order, and sends a mark back when all audio before it was played, or cleared
(reference/telephony.md, B.9); a mark that comes back is therefore no proof of having been heard. But each comes between the two
pieces of the person's audio between which it happened, so the person's audio is the clock that dates it, exact to one piece:

- a mark right before a prompt comes back behind the 20 ms in which the prompt began to be heard;
- a mark sent right before a clear comes back when the clear was obeyed, and until then the prompt was heard.
"""

from dataclasses import dataclass, field

from voice_gateway.media import BYTES_PER_MS

PIECE_MS = 20
"""How long the pieces are in which Twilio sends the person's audio."""


@dataclass(frozen=True)
class CutShort:
    """A prompt of which the rest was cleared.

    Attributes:
        mark: whose prompt.
        heard_ms: how much of it was played.
        sent_ms: how much of it there was; `all_sent` tells whether that was all of it.
    """

    mark: str
    heard_ms: int
    sent_ms: int
    all_sent: bool

    @property
    def share(self) -> float:
        """How much of the whole prompt was heard, 0 to 1. While more was still to be sent, its length is not known: then as if
        twice as much were to come as was heard, which leaves out words rather than make them up.
        """
        whole_ms = self.sent_ms if self.all_sent else max(self.sent_ms, 2 * self.heard_ms)
        return self.heard_ms / whole_ms if whole_ms else 0.0


@dataclass
class _Prompt:
    mark: str
    begun: bool = False
    over: bool = False
    cleared_by: int | None = None
    sent_bytes: int = 0
    all_sent: bool = False
    played_bytes: int = 0
    waiting: bytearray = field(default_factory=bytearray)

    def cut_short(self) -> CutShort:
        heard_ms, sent_ms = self.played_bytes // BYTES_PER_MS, self.sent_bytes // BYTES_PER_MS
        return CutShort(self.mark, heard_ms, sent_ms, self.all_sent)


class Playout:
    """The prompts that were sent and not heard to their end."""

    def __init__(self) -> None:
        self._prompts: list[_Prompt] = []
        self._clears = 0

    def sent(self, mark: str, audio: bytes) -> None:
        """More of a prompt was sent, behind all that was sent before."""
        prompt = self._of(mark)
        if prompt is None:
            prompt = _Prompt(mark)
            self._prompts.append(prompt)
        prompt.waiting += audio
        prompt.sent_bytes += len(audio)

    def all_sent(self, mark: str) -> None:
        prompt = self._of(mark)
        if prompt is not None:
            prompt.all_sent = True

    def begins(self, mark: str) -> bool:
        """A prompt began `PIECE_MS` ago; what was sent before it is over. False where it is unknown."""
        prompt = self._of(mark)
        if prompt is None or prompt.begun:
            return False
        del self._prompts[: self._prompts.index(prompt)]
        prompt.begun = True
        return True

    def ends(self, mark: str) -> None:
        """The mark behind a prompt came back: it was played to its end, unless a clear is under way."""
        prompt = self._of(mark)
        if prompt is not None and prompt.cleared_by is None:
            prompt.over = True

    def clear(self) -> int:
        """All that is not played yet is being cleared.

        Returns:
            The clear's number, for `cleared`.
        """
        self._clears += 1
        for prompt in self._prompts:
            if not prompt.over and prompt.cleared_by is None:
                prompt.cleared_by = self._clears
        return self._clears

    def cleared(self, number: int) -> list[CutShort]:
        """A clear was obeyed: what was not played by now is never heard. Nothing where that is known."""
        cleared = [prompt for prompt in self._prompts if prompt.cleared_by == number]
        self._prompts = [prompt for prompt in self._prompts if prompt.cleared_by != number]
        return [prompt.cut_short() for prompt in cleared]

    def play(self, size_bytes: int) -> bytes:
        """So much time passes: what is heard in it, shorter where there is no more."""
        prompt = next((prompt for prompt in self._prompts if prompt.begun), None)
        if prompt is None:
            return b""
        audio = bytes(prompt.waiting[:size_bytes])
        del prompt.waiting[: len(audio)]
        prompt.played_bytes += len(audio)
        return audio

    def _of(self, mark: str) -> _Prompt | None:
        return next((prompt for prompt in self._prompts if prompt.mark == mark), None)
