"""Who has picked up, by what they say first: a person, a voicemail, or a call screener. Pure.

Twilio's answering machine detection knows no call screener and may come late (reference/telephony.md, E.1), so what the machine
says is listened to as well. Once the first question was answered it is a person, whatever is said.
"""

from collections.abc import Sequence
from enum import Enum, auto

from voice_gateway.exchange import Purpose, Turn
from voice_gateway.programmes import Programme
from voice_gateway.standing import Standing


class Picked(Enum):
    PERSON = auto()
    """As far as is known."""
    SCREENER = auto()
    """It has asked who calls, and was not told yet."""
    MACHINE = auto()


class Answering:
    """
    Attributes:
        picked: who has picked up.
        met_screener: a call screener has asked who calls.
        message: what a voicemail is told; empty: nothing.
    """

    def __init__(self, programme: Programme, turns: Sequence[Turn], *, leaves_message: bool) -> None:
        self._programme = programme
        self.picked = Picked.PERSON
        self.met_screener = any(turn.purpose is Purpose.SCREENING_ANSWER for turn in turns)
        self.message = programme.voicemail_message if leaves_message else ""

    def hear(self, text: str, standing: Standing) -> None:
        """Words, before they count as the person's."""
        if standing.talks or standing.closed:
            return
        if self._programme.is_screening(text):
            self.picked = Picked.SCREENER
            self.met_screener = True
        elif self._programme.is_machine(text):
            self.picked = Picked.MACHINE

    def answered_screener(self) -> None:
        self.picked = Picked.PERSON

    def is_machine(self) -> None:
        self.picked = Picked.MACHINE
