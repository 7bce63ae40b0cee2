"""What Daybook is saying: a prompt that plays, one that is being broken off, one that waits for the person to pause. Pure."""

from dataclasses import dataclass

from voice_gateway.exchange import Clear, Command, Purpose, Speak

MARK_LOST_MS = 60_000
"""No prompt is that long: its mark went missing."""
CLEAR_LOST_MS = 2_000
"""Nor does it take that long to clear one."""
BREAK_OFF = "…"


@dataclass(frozen=True)
class Prompt:
    """`sounds_from_ms` is when it began to be heard; none while it has not."""

    text: str
    purpose: Purpose
    mark: str
    said_at_ms: int
    sounds_from_ms: int | None = None


@dataclass(frozen=True)
class Said:
    """What was heard of a prompt, and until when."""

    prompt: Prompt
    text: str
    starts_at_ms: int
    ends_at_ms: int


class Prompting:
    """One prompt at a time."""

    def __init__(self) -> None:
        self.playing: Prompt | None = None
        self.due: tuple[str, Purpose] | None = None
        self._stopping: Prompt | None = None
        self._stopped_at_ms = 0
        self._said = 0

    @property
    def is_breaking_off(self) -> bool:
        """A prompt was cleared that sounded, and how much of it was heard is not known yet."""
        return self._stopping is not None

    def say(self, text: str, purpose: Purpose, now_ms: int) -> list[Command]:
        self.due = None
        self._said += 1
        self.playing = Prompt(text, purpose, f"prompt-{self._said}", now_ms)
        return [Speak(text, purpose, self.playing.mark)]

    def plays(self, mark: str) -> bool:
        return self.playing is not None and self.playing.mark == mark

    def sounds(self, mark: str, at_ms: int) -> Prompt | None:
        """A prompt began to be heard; none where it is no more the one that plays."""
        prompt = self.playing
        if prompt is None or prompt.mark != mark:
            return None
        self.playing = Prompt(prompt.text, prompt.purpose, mark, prompt.said_at_ms, at_ms)
        return self.playing

    def over(self, at_ms: int) -> tuple[Prompt | None, Said | None]:
        """The prompt that played is over: it, and what was heard of it."""
        prompt, self.playing = self.playing, None
        if prompt is None or prompt.sounds_from_ms is None:
            return prompt, None
        return prompt, Said(prompt, prompt.text, prompt.sounds_from_ms, max(at_ms, prompt.sounds_from_ms))

    def break_off(self, now_ms: int) -> list[Command]:
        """Says no more of what plays. What was heard of it is told by `broken_off`, once that is known."""
        prompt, self.playing = self.playing, None
        if prompt is None:
            return []
        if prompt.sounds_from_ms is not None:
            self._stopping, self._stopped_at_ms = prompt, now_ms
        return [Clear()]

    def broken_off(self, mark: str, at_ms: int, share: float) -> Said | None:
        """What was heard of the prompt that was broken off; none where it was not a word, or this is another's news."""
        prompt = self._stopping
        if prompt is None or prompt.mark != mark:
            return None
        self._stopping = None
        text = heard_of(prompt.text, share)
        if not text or prompt.sounds_from_ms is None:
            return None
        return Said(prompt, text, prompt.sounds_from_ms, max(at_ms, prompt.sounds_from_ms))

    def breaking_off_is_lost(self, now_ms: int) -> bool:
        return self._stopping is not None and now_ms - self._stopped_at_ms > CLEAR_LOST_MS

    def suppose_heard(self) -> Said | None:
        """What is taken for heard of the prompt that is being broken off, where nobody can tell any more: all of it."""
        prompt = self._stopping
        return None if prompt is None else self.broken_off(prompt.mark, self._stopped_at_ms, 1.0)


def heard_of(text: str, share: float) -> str:
    """The words of a text of which that share was heard, as far as an even pace tells; marked where there were more."""
    words = text.split()
    heard = int(len(words) * min(max(share, 0.0), 1.0) + 1e-9)
    if heard == len(words):
        return text
    return f"{' '.join(words[:heard])}{BREAK_OFF}" if heard else ""
