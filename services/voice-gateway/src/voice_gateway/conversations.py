"""The conversation of a call, opened alike by whoever holds it: in the person's language and programme, and where it stood."""

from voice_gateway.attempts import Attempt
from voice_gateway.briefing import Briefing
from voice_gateway.conversation import Conversation
from voice_gateway.journal import OpenedSession
from voice_gateway.programme_files import programme_for
from voice_gateway.programmes import Programme

ATTEMPT_THAT_LEAVES_A_MESSAGE = 1
"""A voicemail is told at most one a call, however often it picks up."""


class Conversations:
    """
    Args:
        operator_name: who calls, as the person is told.
        max_call_s: how long a conversation may become.
    """

    def __init__(self, *, operator_name: str, max_call_s: int) -> None:
        self._operator_name = operator_name
        self._max_ms = max_call_s * 1000

    def programme(self, briefing: Briefing) -> Programme:
        """The words for a person, before anything was said."""
        return programme_for(briefing.locale, self._operator_name, briefing.programme)

    def open(self, attempt: Attempt, briefing: Briefing, opened: OpenedSession) -> tuple[Programme, Conversation]:
        """The conversation of an attempt's call, with its words, going on from what is kept of it already."""
        programme = self.programme(briefing).going_on_from(opened.turns)
        conversation = Conversation(
            programme,
            greeting=programme.greeting_for(briefing.spoken_name),
            max_ms=self._max_ms,
            turns=opened.turns,
            closing=opened.closing,
            leaves_message=attempt.number == ATTEMPT_THAT_LEAVES_A_MESSAGE,
        )
        return programme, conversation
