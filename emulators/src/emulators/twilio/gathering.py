"""When a `<Gather>` ends, and with what; and what it tells while somebody speaks. Pure.

https://www.twilio.com/docs/voice/twiml/gather
"""

from dataclasses import dataclass
from itertools import count

from emulators.twilio.line import LineFrame
from emulators.twilio.person import Utterance
from emulators.twilio.tracks import FRAME_MS
from emulators.twilio.twiml import Gather

CONFIDENCE = "0.93"
PARTIAL_EVERY_MS = 2_000
"""Twilio does not say how often; its recogniser tells more often than that."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the person gave, as the parameters of the action's request; none of them where they gave nothing."""

    parameters: dict[str, str]


class Gathering:
    """Args: `gather` is the verb that is being carried out."""

    def __init__(self, gather: Gather) -> None:
        self._gather = gather
        self._digits = ""
        self._said: list[str] = []
        self._saying: Utterance | None = None
        self._saying_ms = 0
        self._partials = count()
        self._prompts_over = False
        self._nothing_ms = 0

    def interrupts(self, frame: LineFrame) -> bool:
        """Whether the person barges in on the prompts with this frame."""
        return (self._gather.speech and frame.started is not None) or (self._gather.dtmf and bool(frame.digits))

    def hear(self, frame: LineFrame, *, prompts_over: bool) -> Gathered | None:
        """Takes the next 20 ms.

        Returns:
            What was gathered, once it is over; None while it lasts.
        """
        self._prompts_over = self._prompts_over or prompts_over
        self._nothing_ms += FRAME_MS
        if self._gather.speech:
            self._hear_speech(frame)
        if self._gather.dtmf:
            for digit in frame.digits:
                self._nothing_ms = 0
                if digit == self._gather.finish_on_key:
                    return self._with_digits()
                self._digits += digit
                if len(self._digits) == self._gather.num_digits:
                    return self._with_digits()
        return self._after_silence()

    def partial_result(self) -> dict[str, str] | None:
        """The parameters of the request about what was heard so far, if one is due after this frame."""
        if self._saying is None or self._saying_ms % PARTIAL_EVERY_MS:
            return None
        words = self._saying.text.split()
        heard = words[: len(words) * self._saying_ms // self._saying.lasts_ms]
        return {
            "StableSpeechResult": " ".join([*self._said, *heard[:-1]]),
            "UnstableSpeechResult": " ".join(heard[-1:]),
            "SequenceNumber": str(next(self._partials)),
        }

    def _hear_speech(self, frame: LineFrame) -> None:
        if frame.started is not None:
            self._saying = frame.started
            self._saying_ms = 0
        self._saying_ms += FRAME_MS
        if frame.finished is not None:
            self._saying = None
            self._said.append(frame.finished.text)
            self._nothing_ms = 0

    def _after_silence(self) -> Gathered | None:
        if self._saying is not None:
            self._nothing_ms = 0
            return None
        if self._digits:
            return self._with_digits() if self._nothing_ms >= self._gather.timeout_s * 1000 else None
        if self._said:
            if self._nothing_ms < self._gather.speech_timeout_s * 1000:
                return None
            return Gathered({"SpeechResult": " ".join(self._said), "Confidence": CONFIDENCE})
        if not self._prompts_over:
            self._nothing_ms = 0
            return None
        return Gathered({}) if self._nothing_ms >= self._gather.timeout_s * 1000 else None

    def _with_digits(self) -> Gathered:
        return Gathered({"Digits": self._digits})
