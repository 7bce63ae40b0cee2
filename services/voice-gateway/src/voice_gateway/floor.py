"""Who has the floor: whether the person speaks, and for how long nobody has. Pure, in media time (`exchange`).

The recogniser tells it in words, but late, and for seconds not at all when it is out of order. The sounds that the person makes
are known at once and tell nothing else. So whoever makes a sound is taken to speak, and where the recogniser has told nothing
about a sound yet it is waited for whether it was a word.
"""

from voice_gateway.waiting import QUIET_BEFORE_PROMPT_MS, SPEECH_LOST_MS, WORDS_OVERDUE_MS

TOLD_WITHIN_MS = 300
"""A sound so soon after what the recogniser told belongs to that."""
LEAST_PATIENCE_MS, MOST_PATIENCE_MS = 1_500, 20_000
"""How long it is waited for words at the least, where the recogniser is quick, and at the most."""


class Floor:
    """
    Attributes:
        now_ms: the present.
        words_unsettled: words are being heard that are not settled.
    """

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.words_unsettled = False
        self._speaking = False
        self._quiet_since_ms = now_ms
        self._speech_seen_ms = 0
        self._sound_ms = now_ms - QUIET_BEFORE_PROMPT_MS
        self._told_until_ms = now_ms
        self._late_by_ms = 0

    @property
    def speaking(self) -> bool:
        """Whether the person speaks, or makes a sound that may be speech."""
        return self._speaking or self.now_ms - self._last_sound_ms < QUIET_BEFORE_PROMPT_MS

    @property
    def quiet_ms(self) -> int:
        """For how long nobody has spoken."""
        return self.now_ms - self.quiet_since_ms

    @property
    def quiet_since_ms(self) -> int:
        return max(self._quiet_since_ms, self._last_sound_ms)

    @property
    def awaits_words(self) -> bool:
        """Whether it is to be known yet what was said last."""
        if self.words_unsettled and self.quiet_ms < WORDS_OVERDUE_MS:
            return True
        if self._last_sound_ms <= self._told_until_ms + TOLD_WITHIN_MS:
            return False
        patience_ms = min(max(2 * self._late_by_ms, LEAST_PATIENCE_MS), MOST_PATIENCE_MS)
        return self.now_ms - self._last_sound_ms < patience_ms

    @property
    def _last_sound_ms(self) -> int:
        """When a sound was made that may be speech. One that goes on for long without a word is none."""
        return min(self._sound_ms, self._told_until_ms + SPEECH_LOST_MS)

    def begin(self, at_ms: int) -> None:
        self.now_ms = self._quiet_since_ms = self._told_until_ms = at_ms

    def pass_time(self, at_ms: int, sound_ms: int | None) -> None:
        """So much audio has arrived, with the last sound in it."""
        self.now_ms = at_ms
        if sound_ms is not None:
            self._sound_ms = max(self._sound_ms, sound_ms)
        if self._speaking and at_ms - self._speech_seen_ms > SPEECH_LOST_MS:
            self._speaking = False
            self._quiet_since_ms = at_ms

    def speech_began(self, at_ms: int) -> None:
        self._speaking = True
        self._speech_seen_ms = max(at_ms, self.now_ms)
        self._told(at_ms)

    def speech_ended(self, at_ms: int) -> None:
        self._speaking = False
        self._quiet_since_ms = max(self._quiet_since_ms, at_ms)
        self._told(at_ms)

    def words(self, until_ms: int) -> None:
        """Words were heard, up to then."""
        self._speech_seen_ms = max(self._speech_seen_ms, self.now_ms)
        self._quiet_since_ms = max(self._quiet_since_ms, until_ms)
        self._told(until_ms)

    def _told(self, until_ms: int) -> None:
        self._told_until_ms = max(self._told_until_ms, until_ms)
        self._late_by_ms = max(self.now_ms - until_ms, 0)

    def prompt_ended(self, at_ms: int) -> None:
        """Daybook has spoken until then."""
        self.now_ms = max(self.now_ms, at_ms)
        self._quiet_since_ms = max(self._quiet_since_ms, at_ms)

    def nothing_was_said(self) -> None:
        """Daybook wanted to speak and could not: the quiet begins anew."""
        self._quiet_since_ms = self.now_ms

    def take(self) -> None:
        """Daybook takes the floor, whoever speaks."""
        self._speaking = False
        self._sound_ms = min(self._sound_ms, self.now_ms - QUIET_BEFORE_PROMPT_MS)
        self._quiet_since_ms = min(self._quiet_since_ms, self.now_ms - QUIET_BEFORE_PROMPT_MS)
