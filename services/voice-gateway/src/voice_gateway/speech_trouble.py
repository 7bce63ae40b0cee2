"""Whether Google's speech can be had, as far as this process has seen lately: a call that cannot have it is held without it."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

REMEMBERED_FOR = timedelta(seconds=30)
"""Then a call tries it again."""


class SpeechTrouble:
    """What was wrong last: the call that met it goes on by the standard orchestrator, and so do those that come next.

    Args:
        now: a monotonic clock, seconds.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._reason = ""
        self._until = now()

    def note(self, reason: str) -> None:
        """A call could not be held by Google's speech, for that reason: a stable term for logs and metrics."""
        self._reason = reason
        self._until = self._now() + REMEMBERED_FOR.total_seconds()

    def reason(self) -> str | None:
        """Why no call is to be tried with it just now, or None."""
        return self._reason if self._now() < self._until else None
