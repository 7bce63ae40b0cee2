"""The standard orchestrator: the same conversation by Twilio's own voice and recogniser, one `<Say>` and `<Gather>` a turn.

Nothing of it is kept here between two webhooks: each begins with the turns that the journal has. Twilio tells no times, so the
turns' are estimates: what is said takes its words' time, and what it waited is how long it was told to wait.
"""

from collections.abc import Callable, Sequence

import grpc
import structlog

from chassis.clock import Clock
from chassis.errors import Unavailable
from voice_gateway import twiml
from voice_gateway.attempts import Attempt
from voice_gateway.briefing import Briefings
from voice_gateway.callbacks import Gathered
from voice_gateway.calls import CallsInProgress
from voice_gateway.conversation import PATIENCE_MS, QUIET_BEFORE_VERDICT_MS, SILENCE_MS, Conversation
from voice_gateway.exchange import (
    AskVerdict,
    Began,
    Closed,
    End,
    Event,
    HangUp,
    Heard,
    Judged,
    KeepTurn,
    OptOut,
    Outcome,
    Played,
    Pressed,
    Sounding,
    Speak,
    Speaker,
    Tick,
    Turn,
)
from voice_gateway.journal import Journal, Keeper
from voice_gateway.programmes import Programme, programme_for
from voice_gateway.progress import Progress
from voice_gateway.verdict import Judge

log = structlog.get_logger()

JOURNAL_WITHIN_S = 5.0
MS_PER_WORD = 400


class Gathering:
    """
    Args:
        operator_name: who calls, as the greeting says it.
        max_call_s: how long a conversation may become.
    """

    def __init__(
        self,
        *,
        briefings: Briefings,
        journal: Journal,
        progress: Progress,
        judge: Judge,
        clock: Clock,
        calls: CallsInProgress,
        operator_name: str,
        max_call_s: int,
    ) -> None:
        self._briefings = briefings
        self._journal = journal
        self._progress = progress
        self._judge = judge
        self._clock = clock
        self._calls = calls
        self._operator_name = operator_name
        self._max_ms = max_call_s * 1000

    async def begin(self, attempt: Attempt, call_sid: str, action_url: str) -> str:
        """The TwiML that greets, or that goes on where another orchestrator stopped."""
        return await self._step(attempt, call_sid, action_url, lambda now_ms: [Began(now_ms)])

    async def go_on(self, attempt: Attempt, gathered: Gathered, action_url: str) -> str:
        """The TwiML after the person said something, pressed a key, or did neither."""
        return await self._step(attempt, gathered.call_sid, action_url, lambda now_ms: _events(gathered, now_ms))

    async def _step(
        self, attempt: Attempt, call_sid: str, action_url: str, events: Callable[[int], list[Event]]
    ) -> str:
        briefing = await self._briefings.of_call(attempt.call_id)
        programme = programme_for(briefing.locale)
        try:
            opened = await self._journal.open_session(
                attempt,
                person_id=briefing.person_id,
                started_at=self._clock.now(),
                within_s=JOURNAL_WITHIN_S,
            )
        except Unavailable:
            log.error("stream.not_held", reason="journal")
            self._calls.ended(attempt.attempt_id)
            return twiml.say_and_hang_up(programme.cannot_keep, language=programme.locale)
        if opened.finished:
            self._calls.ended(attempt.attempt_id)
            return twiml.hang_up()
        conversation = Conversation(
            programme,
            greeting=programme.greeting_for(briefing.spoken_name, self._operator_name),
            max_ms=self._max_ms,
            turns=opened.turns,
        )
        if not opened.turns:
            await self._progress.reflection_started(attempt, call_sid, opened.session_id)
        async with self._journal.keeping(opened.session_id) as keeper:
            exchange = _Exchange(conversation, programme, self._judge, keeper, now_ms=opened.kept_ms)
            await exchange.handle(events(opened.kept_ms))
            if exchange.outcome is not None:
                await self._end(keeper, exchange.outcome)
        if exchange.outcome is None:
            return twiml.say_and_gather(
                " ".join(exchange.said),
                language=programme.locale,
                action_url=action_url,
                timeout_s=(PATIENCE_MS if _person_spoke_last(conversation.turns) else SILENCE_MS) // 1000,
            )
        self._calls.ended(attempt.attempt_id)
        await self._progress.reflection_ended(attempt, call_sid, opened.session_id, exchange.outcome)
        log.info("conversation.ended", session_id=opened.session_id, outcome=exchange.outcome)
        return twiml.say_and_hang_up(" ".join(exchange.said), language=programme.locale)

    async def _end(self, keeper: Keeper, outcome: Outcome) -> None:
        try:
            await keeper.finish(outcome, self._clock.now())
        except grpc.aio.AioRpcError as error:
            log.error("session.unfinished", code=error.code().name)


class _Exchange:
    """What one webhook's events lead to, all of it at once: what is to be said counts as said."""

    def __init__(
        self, conversation: Conversation, programme: Programme, judge: Judge, keeper: Keeper, *, now_ms: int
    ) -> None:
        self._conversation = conversation
        self._programme = programme
        self._judge = judge
        self._keeper = keeper
        self._now_ms = now_ms
        self.said: list[str] = []
        self.outcome: Outcome | None = None

    async def handle(self, events: list[Event]) -> None:
        """Events are handled in order until something is to be said."""
        waiting = list(events)
        while waiting and not (self.said and isinstance(waiting[0], Tick)):
            event = waiting.pop(0)
            if isinstance(event, Tick | Played):
                self._now_ms = max(self._now_ms, event.at_ms)
            for command in self._conversation.handle(event):
                match command:
                    case Speak(text, _, mark):
                        self.said.append(text)
                        ends_ms = self._now_ms + _duration_ms(text)
                        waiting[:0] = [Sounding(mark, self._now_ms), Played(mark, ends_ms)]
                    case KeepTurn(turn):
                        self._keeper.keep_turn(turn)
                    case AskVerdict():
                        verdict = await self._judge.judge(command, self._programme.questions)
                        log.info("verdict.given", verdict=verdict or "none", silence_ms=command.silence_ms)
                        waiting.insert(0, Judged(command.number, verdict))
                    case OptOut():
                        log.info("person.opted_out")
                    case HangUp():
                        waiting = [Closed()]
                    case End(outcome):
                        self.outcome = outcome
                    case _:
                        pass


def _events(gathered: Gathered, now_ms: int) -> list[Event]:
    if gathered.digits:
        return [Pressed(digit) for digit in gathered.digits[:1]]
    if gathered.speech.strip():
        ends_ms = now_ms + _duration_ms(gathered.speech)
        return [Heard(gathered.speech, now_ms, ends_ms), Tick(ends_ms + QUIET_BEFORE_VERDICT_MS)]
    # twice: the first may only ask for a verdict, the second finds the person silent for as long
    return [Tick(now_ms + SILENCE_MS), Tick(now_ms + SILENCE_MS)]


def _duration_ms(text: str) -> int:
    return MS_PER_WORD * len(text.split())


def _person_spoke_last(turns: Sequence[Turn]) -> bool:
    return bool(turns) and turns[-1].speaker is Speaker.PERSON
