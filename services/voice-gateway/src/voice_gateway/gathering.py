"""The standard orchestrator: the same conversation by Twilio's own voice and recogniser, one `<Say>` and `<Gather>` a turn.

Nothing of it is kept here between two webhooks but which calls are held, and what is being said in them (`unfinished`): each
begins with the turns that the journal has. Twilio tells no times, so the turns' are estimates: what is said takes its words'
time, and what it waited is how long it was told to wait. Nor does it tell how much of a prompt was heard where the person
spoke into it, or, where they hung up, more of what they were saying than it had told by then.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

import grpc
import structlog

from chassis.clock import Clock
from chassis.errors import Unavailable
from voice_gateway import twiml
from voice_gateway.attempts import Attempt
from voice_gateway.briefing import Briefing, Briefings
from voice_gateway.callbacks import Gathered, Partial
from voice_gateway.calls import CallsInProgress
from voice_gateway.conversation import Conversation
from voice_gateway.conversations import Conversations
from voice_gateway.exchange import (
    AnsweredByMachine,
    AskVerdict,
    Began,
    Closed,
    End,
    Event,
    HangUp,
    Heard,
    Judged,
    KeepTurn,
    LineGone,
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
from voice_gateway.journal import Journal, OpenedSession
from voice_gateway.keeper import Keeper
from voice_gateway.programmes import Programme
from voice_gateway.progress import Progress
from voice_gateway.standing import standing_after
from voice_gateway.telling import Telling
from voice_gateway.unfinished import Unfinished
from voice_gateway.verdict import Judge
from voice_gateway.waiting import PATIENCE_MS, QUIET_BEFORE_VERDICT_MS, SCREENED_MS, SILENCE_MS

log = structlog.get_logger()

JOURNAL_WITHIN_S = 5.0
MS_PER_WORD = 400
MACHINE_SILENCE_MS = 2_000
"""A machine that was told apart before it was greeted, and is silent for so long, has said what it has to say."""

_HELD = 10_000
_NOT_ASKED = -1

_News = Gathered | Closed | None
"""What a step is about: what the person did, that they have hung up, or None for a conversation to be begun."""


@dataclass(frozen=True)
class Addresses:
    """Where Twilio reports what it heard, and what it has heard so far."""

    gathered: str
    partial: str


_NOWHERE = Addresses("", "")


class Gathering:
    """Holds conversations turn by turn."""

    def __init__(
        self,
        *,
        briefings: Briefings,
        journal: Journal,
        progress: Progress,
        telling: Telling,
        judge: Judge,
        clock: Clock,
        calls: CallsInProgress,
        conversations: Conversations,
    ) -> None:
        self._briefings = briefings
        self._journal = journal
        self._progress = progress
        self._telling = telling
        self._judge = judge
        self._clock = clock
        self._calls = calls
        self._conversations = conversations
        self._steps: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._held: OrderedDict[str, Unfinished] = OrderedDict()

    async def begin(self, attempt: Attempt, call_sid: str, briefing: Briefing, addresses: Addresses) -> str:
        """The TwiML that greets, or that goes on where another orchestrator stopped."""
        return await self._step(attempt, call_sid, briefing, addresses, None)

    async def go_on(self, attempt: Attempt, gathered: Gathered, addresses: Addresses) -> str:
        """The TwiML after the person said something, pressed a key, or did neither."""
        briefing = await self._briefings.of_call(attempt.call_id)
        return await self._step(attempt, gathered.call_sid, briefing, addresses, gathered)

    async def hung_up(self, attempt: Attempt, call_sid: str) -> None:
        """The carrier told that the call has ended: so has its conversation, if this process held it and it was not over."""
        if attempt.attempt_id in self._held:
            briefing = await self._briefings.of_call(attempt.call_id)
            await self._step(attempt, call_sid, briefing, _NOWHERE, Closed())

    def overhear(self, attempt: Attempt, partial: Partial, turns: int) -> None:
        """What the person has said so far, in a `<Gather>` after so many turns; of no use where another process asked them."""
        if (unfinished := self._held.get(attempt.attempt_id)) is not None:
            unfinished.hear(partial, turns)

    async def _step(
        self, attempt: Attempt, call_sid: str, briefing: Briefing, addresses: Addresses, news: _News
    ) -> str:
        """One step of a call at a time: what was said last is kept before its session ends."""
        step = self._steps.setdefault(attempt.call_id, asyncio.Lock())
        async with step:
            document = await self._take_step(attempt, call_sid, briefing, addresses, news)
        if self._calls.is_over(attempt.attempt_id):
            self._held.pop(attempt.attempt_id, None)
        return document

    async def _take_step(
        self, attempt: Attempt, call_sid: str, briefing: Briefing, addresses: Addresses, news: _News
    ) -> str:
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
            return await self._part_without_journal(attempt, call_sid, self._conversations.programme(briefing), news)
        if opened.finished:
            self._calls.ended(attempt.attempt_id)
            return twiml.hang_up()
        begun_to_say = self._hold(attempt).text_after(len(opened.turns))
        programme, conversation = self._conversations.open(attempt, briefing, opened)
        if not opened.turns:
            await self._telling.tell(self._progress.reflection_started(attempt, call_sid, opened.session_id))

        async def tell_opt_out() -> None:
            await self._end_told(attempt, call_sid, opened.session_id, Outcome.OPTED_OUT)

        machine = self._calls.machine(attempt)
        async with self._journal.keeping(opened.session_id) as keeper:
            exchange = _Exchange(
                conversation, programme, self._judge, keeper, tell_opt_out=tell_opt_out, now_ms=opened.kept_ms
            )
            await exchange.handle(_events(news, machine, opened, begun_to_say))
            if exchange.outcome is not None:
                await self._end(keeper, exchange.outcome)
        if exchange.outcome is None:
            waits_ms = MACHINE_SILENCE_MS if machine and not exchange.said else _patience_ms(conversation.turns)
            turns = len(conversation.turns)
            self._held[attempt.attempt_id] = Unfinished(turns)
            return twiml.say_and_gather(
                " ".join(exchange.said),
                language=programme.locale,
                action_url=addresses.gathered,
                partial_url=f"{addresses.partial}?turns={turns}",
                timeout_s=waits_ms // 1000,
            )
        self._calls.ended(attempt.attempt_id)
        await self._end_told(attempt, call_sid, opened.session_id, exchange.outcome)
        log.info("conversation.ended", session_id=opened.session_id, outcome=exchange.outcome)
        return twiml.say_and_hang_up(" ".join(exchange.said), language=programme.locale)

    def _hold(self, attempt: Attempt) -> Unfinished:
        """The call is held here from now on, and was perhaps before."""
        unfinished = self._held.setdefault(attempt.attempt_id, Unfinished(_NOT_ASKED))
        if len(self._held) > _HELD:
            self._held.popitem(last=False)
        return unfinished

    async def _part_without_journal(self, attempt: Attempt, call_sid: str, programme: Programme, news: _News) -> str:
        """Nothing can be kept; but whoever wants no more calls is to get none."""
        if not (isinstance(news, Gathered) and _wants_no_more_calls(news, programme)):
            return twiml.say_and_hang_up(programme.cannot_keep, language=programme.locale)
        log.info("person.opted_out")
        await self._end_told(attempt, call_sid, "", Outcome.OPTED_OUT)
        return twiml.say_and_hang_up(programme.opt_out_confirmation, language=programme.locale)

    async def _end_told(self, attempt: Attempt, call_sid: str, session_id: str, outcome: Outcome) -> None:
        await self._telling.tell(self._progress.reflection_ended(attempt, call_sid, session_id, outcome))

    async def _end(self, keeper: Keeper, outcome: Outcome) -> None:
        try:
            await keeper.finish(outcome, self._clock.now())
        except grpc.aio.AioRpcError as error:
            log.error("session.unfinished", code=error.code().name)


class _Exchange:
    """What one webhook's events lead to, all of it at once: what is to be said counts as said."""

    def __init__(
        self,
        conversation: Conversation,
        programme: Programme,
        judge: Judge,
        keeper: Keeper,
        *,
        tell_opt_out: Callable[[], Awaitable[None]],
        now_ms: int,
    ) -> None:
        self._conversation = conversation
        self._programme = programme
        self._judge = judge
        self._keeper = keeper
        self._tell_opt_out = tell_opt_out
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
                        await self._tell_opt_out()
                    case HangUp():
                        waiting = [*(event for event in waiting if isinstance(event, Heard)), Closed()]
                    case End(outcome):
                        self.outcome = outcome
                    case _:
                        pass


def _events(news: _News, machine: AnsweredByMachine | None, opened: OpenedSession, begun_to_say: str) -> list[Event]:
    now_ms = opened.kept_ms
    known: list[Event] = [machine] if machine else []
    match news:
        case None:
            has_spoken = bool(machine and machine.takes_messages)
            return [*known, Began(now_ms), *([Tick(now_ms + QUIET_BEFORE_VERDICT_MS)] if has_spoken else [])]
        case Closed() if begun_to_say:
            # first the line: nothing that these words ask for can be said any more
            return [LineGone(), Heard(begun_to_say, now_ms, now_ms + _duration_ms(begun_to_say)), news]
        case Closed():
            return [news]
        case Gathered(digits=digits) if digits:
            return [Pressed(digits[0])]
        case Gathered(speech=speech) if speech.strip():
            ends_ms = now_ms + _duration_ms(speech)
            # the machine first: whether it was one after all, what it says will tell
            return [*known, Heard(speech, now_ms, ends_ms), Tick(ends_ms + QUIET_BEFORE_VERDICT_MS)]
        case _:
            waited_ms = now_ms + max(SILENCE_MS, _patience_ms(opened.turns))
            # twice: the first may only ask for a verdict, the second finds the person silent for as long
            return [*known, Tick(waited_ms), Tick(waited_ms)]


def _patience_ms(turns: Sequence[Turn]) -> int:
    """How long nothing may be heard after these turns until something is said, or done."""
    if standing_after(turns).screened:
        return SCREENED_MS
    return PATIENCE_MS if turns and turns[-1].speaker is Speaker.PERSON else SILENCE_MS


def _wants_no_more_calls(gathered: Gathered, programme: Programme) -> bool:
    return gathered.digits.startswith("9") or programme.is_opt_out(gathered.speech)


def _duration_ms(text: str) -> int:
    return MS_PER_WORD * len(text.split())
