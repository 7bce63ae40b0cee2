"""What a conversation will need first, begun when Twilio asks how to answer: its stream opens a moment later.

Nothing is handed over from here to the stream. The greeting's audio is kept by its text, the connections belong to their
clients. So a stream that opens at another gateway, or never, leaves nothing behind: it opens there as it would have anyway.
"""

import asyncio

import structlog

from voice_gateway.briefing import Briefing
from voice_gateway.calls import STREAM_OPENS_WITHIN
from voice_gateway.conversations import Conversations
from voice_gateway.errors import SpeechUnavailable
from voice_gateway.streams import Speech

log = structlog.get_logger()


class Preparations:
    """Begins what is needed first, and lets go of it where it is not."""

    def __init__(self, speech: Speech, conversations: Conversations) -> None:
        self._speech = speech
        self._conversations = conversations
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, briefing: Briefing | None) -> None:
        """Returns at once. `briefing` is that of a person who is to be greeted; who was greeted already needs none."""
        task = asyncio.create_task(self._prepare(briefing))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def drop(self) -> None:
        """Nobody is waited for any more."""
        for task in self._running:
            task.cancel()

    async def _prepare(self, briefing: Briefing | None) -> None:
        try:
            async with asyncio.timeout(STREAM_OPENS_WITHIN.total_seconds()), asyncio.TaskGroup() as work:
                self._speech.to_text.connect()
                work.create_task(self._speech.judge.connect())
                if briefing is not None:
                    work.create_task(self._prepare_greeting(briefing))
        except TimeoutError:
            log.warning("conversation.not_prepared", waited_s=STREAM_OPENS_WITHIN.total_seconds())

    async def _prepare_greeting(self, briefing: Briefing) -> None:
        programme = self._conversations.programme(briefing)
        greeting = programme.greeting_for(briefing.spoken_name)
        try:
            await self._speech.from_text.prepare(greeting, programme.locale)
        except SpeechUnavailable as error:
            log.warning("greeting.not_prepared", reason=str(error))  # its stream asks for it again
