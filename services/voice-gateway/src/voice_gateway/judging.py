"""Which of what the person said a verdict was asked about, and whether the answer still fits. Pure."""

from collections.abc import Sequence

from voice_gateway.exchange import AskVerdict, Turn


class Judging:
    """One question at a time. Whoever goes on meanwhile is to be judged anew, by all that they will have said.

    Attributes:
        unjudged: something was said that no verdict was asked about, or none that came in time.
    """

    def __init__(self, *, unjudged: bool) -> None:
        self.unjudged = unjudged
        self._asked = 0
        self._awaits = False

    @property
    def awaits(self) -> bool:
        return self._awaits

    def said(self) -> None:
        """They said something, and it is settled."""
        self.unjudged = True
        self._awaits = False

    def goes_on(self) -> None:
        """They speak again: what is being judged is not all they say."""
        if self._awaits:
            self.said()

    def is_answered(self, number: int) -> bool:
        """Whether this is the answer that is awaited. It is not awaited any more then."""
        if not self._awaits or number != self._asked:
            return False
        self._awaits = False
        return True

    def ask(self, question: str, turns: Sequence[Turn], quiet_ms: int) -> AskVerdict:
        self._asked += 1
        self._awaits = True
        self.unjudged = False
        return AskVerdict(self._asked, question, tuple(turns), quiet_ms)
