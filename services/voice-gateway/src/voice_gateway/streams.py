"""Media streams: who may open one, and the way of one from its first message to the session's end in the journal."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial

import grpc
import structlog

from chassis.clock import Clock
from chassis.errors import DaybookError
from chassis.telemetry import call_context, span
from voice_gateway import metrics
from voice_gateway.attempts import Attempt, parse_attempt_id
from voice_gateway.briefing import Briefings
from voice_gateway.calls import CallsInProgress
from voice_gateway.catching_up import CatchingUpEar
from voice_gateway.conversations import Conversations
from voice_gateway.errors import ForgedRequest, StreamRefused
from voice_gateway.exchange import Outcome
from voice_gateway.journal import Journal
from voice_gateway.keeper import Keeper
from voice_gateway.line import MEDIA_PATH, POLICY_VIOLATION, TRY_AGAIN_LATER, Line
from voice_gateway.pace import Pace
from voice_gateway.progress import Progress
from voice_gateway.recording import Recording
from voice_gateway.session import Senses, Session
from voice_gateway.signatures import Signatures
from voice_gateway.speech_to_text import SpeechToText
from voice_gateway.speech_trouble import SpeechTrouble
from voice_gateway.stream_tokens import StreamTokens
from voice_gateway.text_to_speech import TextToSpeech
from voice_gateway.twiml import ATTEMPT_PARAMETER, TOKEN_PARAMETER
from voice_gateway.verdict import Judge

log = structlog.get_logger()

START_WITHIN_S = 5.0
JOURNAL_WITHIN_S = 8.0


@dataclass(frozen=True)
class Speech:
    """Google's three parts."""

    to_text: SpeechToText
    from_text: TextToSpeech
    judge: Judge


class MediaStreams:
    """
    Args:
        fastest_audio: how many times as fast as life audio may come for long.
    """

    def __init__(
        self,
        *,
        signatures: Signatures,
        tokens: StreamTokens,
        calls: CallsInProgress,
        briefings: Briefings,
        journal: Journal,
        progress: Progress,
        speech: Speech,
        trouble: SpeechTrouble,
        clock: Clock,
        conversations: Conversations,
        fastest_audio: float,
    ) -> None:
        self._signatures = signatures
        self._tokens = tokens
        self._calls = calls
        self._briefings = briefings
        self._journal = journal
        self._progress = progress
        self._speech = speech
        self._trouble = trouble
        self._clock = clock
        self._conversations = conversations
        self._fastest_audio = fastest_audio

    def admits(self, signature: str | None) -> bool:
        """Whether an upgrade that bears this signature comes from Twilio."""
        try:
            self._signatures.check_stream(MEDIA_PATH, signature)
        except ForgedRequest as error:
            metrics.forged_requests.labels("stream").inc()
            log.warning("signature.refused", surface="stream", reason=str(error))
            return False
        return True

    async def serve(self, line: Line) -> None:
        """Serves one stream that was admitted, for as long as its call lasts and until the journal has all of it."""
        try:
            started = await line.await_start(START_WITHIN_S)
            started_s = time.monotonic()
            attempt = parse_attempt_id(started.parameters.get(ATTEMPT_PARAMETER, ""))
            self._tokens.redeem(started.parameters.get(TOKEN_PARAMETER, ""), attempt.attempt_id, started.call_sid)
        except DaybookError as error:
            reason = error.reason if isinstance(error, StreamRefused) else type(error).__name__
            metrics.refused_streams.labels(reason).inc()
            log.warning("stream.refused", reason=reason, detail=str(error))
            line.close(POLICY_VIOLATION)
            return
        with (
            structlog.contextvars.bound_contextvars(call_id=attempt.call_id, attempt_id=attempt.attempt_id),
            span("conversation", context=call_context(attempt.call_id), attributes={"attempt": attempt.number}),
        ):
            try:
                async with self._calls.holding(attempt):
                    await self._hold(line, attempt, started.call_sid, started_s)
            except (DaybookError, grpc.aio.AioRpcError) as error:
                # without the person's briefing or the journal there is no conversation; Twilio asks again what to do
                metrics.refused_streams.labels(type(error).__name__).inc()
                log.error(
                    "stream.not_held", reason=str(error) if isinstance(error, DaybookError) else error.code().name
                )
            except ExceptionGroup as error:
                metrics.conversations.labels("failed").inc()
                log.error("conversation.failed", exc_info=error)
            finally:
                line.close(TRY_AGAIN_LATER)

    async def _hold(self, line: Line, attempt: Attempt, call_sid: str, started_s: float) -> None:
        briefing = await self._briefings.of_call(attempt.call_id)
        opened = await self._journal.open_session(
            attempt,
            person_id=briefing.person_id,
            started_at=self._clock.now(),
            within_s=JOURNAL_WITHIN_S,
        )
        if opened.finished:
            self._calls.ended(attempt.attempt_id)
            return
        programme, conversation = self._conversations.open(attempt, briefing, opened)
        recording = Recording(starts_at_ms=opened.kept_ms, next_sequences=opened.next_sequences)
        ear = self._speech.to_text.listen(programme.locale)
        if opened.settled_ms < opened.kept_ms:
            earlier = partial(self._journal.said_by_person, opened.session_id, opened.settled_ms, opened.kept_ms)
            ear = CatchingUpEar(ear, earlier)
        senses = Senses(programme, ear, opened.settled_ms, self._speech.from_text, self._speech.judge)
        log.info("stream.started", session_id=opened.session_id, turns=len(opened.turns), at_ms=opened.kept_ms)
        async with asyncio.TaskGroup() as telling, self._journal.keeping(opened.session_id) as keeper:
            telling.create_task(self._progress.reflection_started(attempt, call_sid, opened.session_id))

            def tell_opt_out() -> None:
                telling.create_task(
                    self._progress.reflection_ended(attempt, call_sid, opened.session_id, Outcome.OPTED_OUT)
                )

            session = Session(
                line,
                conversation,
                recording,
                senses,
                keeper,
                Pace(self._fastest_audio, started_s),
                on_opt_out=tell_opt_out,
                on_hang_up=partial(self._calls.ended, attempt.attempt_id),
                on_no_speech=self._trouble.note,
                started_s=started_s,
            )
            self._calls.runs(attempt, session)
            outcome = await session.run()
            if outcome is None:
                log.warning("stream.broken", session_id=opened.session_id, turns=len(conversation.turns))
                metrics.conversations.labels("broken").inc()
                return
            await self._finish(keeper, outcome)
            metrics.conversations.labels(outcome).inc()
            log.info(
                "conversation.ended",
                session_id=opened.session_id,
                outcome=outcome,
                turns=len(conversation.turns),
                recording_ms=recording.now_ms,
            )
            await self._progress.reflection_ended(attempt, call_sid, opened.session_id, outcome)

    async def _finish(self, keeper: Keeper, outcome: Outcome) -> None:
        try:
            await keeper.finish(outcome, self._clock.now())
        except grpc.aio.AioRpcError as error:
            log.error("session.unfinished", code=error.code().name)
