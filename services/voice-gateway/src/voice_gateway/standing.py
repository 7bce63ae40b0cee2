"""Where a conversation stands: what was reached in it, which its turns alone tell. So another process can carry it on."""

from collections.abc import Sequence
from dataclasses import dataclass

from voice_gateway.exchange import Outcome, Purpose, Speaker, Turn

LAST_WORDS = frozenset({Purpose.OPT_OUT_CONFIRMATION, Purpose.CLOSING, Purpose.VOICEMAIL_MESSAGE})


@dataclass
class Standing:
    """
    Attributes:
        greeted: the greeting was heard.
        question: the index of the question that was asked last, -1 before the first.
        answered: the person has said something since then.
        talks: somebody has answered a question, so it is a person.
        encouraged: they were told since then to take their time.
        asked_if_there: they were asked whether they are there, and have said nothing since.
        opted_out: they want no more calls.
        closed: the last words were said.
        spoken: they have said anything at all.
        screened: a call screener was told who calls, and nobody was greeted since.
        machine: a voicemail was spoken to.
    """

    greeted: bool = False
    question: int = -1
    answered: bool = False
    talks: bool = False
    encouraged: bool = False
    asked_if_there: bool = False
    opted_out: bool = False
    closed: bool = False
    spoken: bool = False
    screened: bool = False
    machine: bool = False

    def prompted(self, purpose: Purpose) -> None:
        """A prompt was begun to be heard."""
        match purpose:
            case Purpose.GREETING:
                self.greeted = True
                self.screened = False
            case Purpose.QUESTION:
                self.question += 1
                self.answered = self.encouraged = self.asked_if_there = False
            case Purpose.ENCOURAGEMENT:
                self.encouraged = True
            case Purpose.ARE_YOU_THERE:
                self.asked_if_there = True
            case Purpose.SCREENING_ANSWER:
                self.screened = True
                # it was no person who was asked anything by now, or has answered
                self.question = -1
                self.spoken = self.answered = self.talks = False
            case Purpose.VOICEMAIL_MESSAGE:
                self.machine = self.closed = True
            case Purpose.OPT_OUT_CONFIRMATION:
                self.opted_out = self.closed = True
            case Purpose.CLOSING:
                self.closed = True
            case _:
                pass

    def heard(self) -> None:
        """The person said something."""
        self.spoken = self.answered = True
        self.talks = self.talks or self.question >= 0
        self.asked_if_there = False

    def outcome(self, intended: Outcome | None) -> Outcome:
        """How the session ends if the call ends now; `intended` is how it was being brought to its close, if it was."""
        if self.opted_out:
            return Outcome.OPTED_OUT
        if self.machine:
            return Outcome.VOICEMAIL
        if intended is Outcome.SILENT and self.spoken and self.closed:
            return Outcome.CUT_SHORT  # somebody spoke up into the last words
        if intended is not None:
            return intended
        if not self.spoken:
            return Outcome.SILENT
        return Outcome.COMPLETED if self.closed else Outcome.CUT_SHORT


def standing_after(turns: Sequence[Turn]) -> Standing:
    """Where a conversation stands after these turns."""
    standing = Standing()
    for turn in turns:
        if turn.speaker is Speaker.PERSON:
            standing.heard()
        elif turn.purpose is not None:
            standing.prompted(turn.purpose)
    return standing
