"""What a person has begun to say in a `<Gather>`, as Twilio tells it while they speak: all that is left of it where they hang up.

It is in memory alone and in clear, as long as they speak; what the `<Gather>` tells in the end takes its place.
"""

from voice_gateway.callbacks import Partial

LONGEST_TEXT = 20_000


class Unfinished:
    """
    Args:
        turns: how many turns the conversation had when the person was asked to speak; -1 where they were not, by this process.
    """

    def __init__(self, turns: int) -> None:
        self._turns = turns
        self._number = -1
        self._text = ""

    def hear(self, partial: Partial, turns: int) -> None:
        """One more result, of a `<Gather>` after so many turns. They come in any order, and those of an earlier one late."""
        if turns == self._turns and partial.number > self._number:
            self._number = partial.number
            self._text = partial.speech[:LONGEST_TEXT]

    def text_after(self, turns: int) -> str:
        """The words, unless there are more turns by now: where another process has gone on, they are among these."""
        return self._text.strip() if turns == self._turns else ""
