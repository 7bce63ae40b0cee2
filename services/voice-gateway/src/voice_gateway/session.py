"""One call's conversation, carried out: what arrives on the line becomes events, what the conversation decides is done.

Everything of a call happens on one event loop, so an event is decided and its commands are begun without anything in between.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from chassis.telemetry import observe
from voice_gateway.conversation import Conversation
from voice_gateway.errors import SpeechRefused, SpeechUnavailable, StreamBroken
from voice_gateway.exchange import (
    AnsweredByMachine,
    AskVerdict,
    Began,
    BeginClosing,
    Clear,
    Closed,
    Command,
    CutOff,
    End,
    Event,
    HangUp,
    Heard,
    JournalAway,
    Judged,
    KeepTurn,
    LineGone,
    OptOut,
    Outcome,
    Played,
    Pressed,
    Purpose,
    Sounding,
    Speak,
    Tick,
    Turn,
    Unspoken,
)
from voice_gateway.keeper import Keeper
from voice_gateway.line import NORMAL_CLOSURE, TRY_AGAIN_LATER, Line
from voice_gateway.loudness import Loudness
from voice_gateway.media import Audio, Digit, Frame, MarkReached, Stopped
from voice_gateway.metrics import (
    barge_ins,
    recognition_s,
    streams_given_up,
    synthesis_s,
    time_to_first_audio_s,
    turn_gap_s,
    unspoken_prompts,
)
from voice_gateway.pace import Pace
from voice_gateway.programmes import Programme
from voice_gateway.recording import Recording
from voice_gateway.speech_to_text import Ear, SpeechEvent
from voice_gateway.text_to_speech import TextToSpeech
from voice_gateway.verdict import Judge
from voice_gateway.waiting import next_look_ms

log = structlog.get_logger()

BEGUN, CLEARED = "/begun", "cleared-"
"""What marks are called beside the end of a prompt, which bears its name."""
TURNS_SAFE_WITHIN_S = 3.0
"""How long a prompt waits for the turns before it to be durable; then the call goes on, and they become so later."""
TRIES_TO_SPEAK = 2
FIRST_WORDS = frozenset({Purpose.GREETING, Purpose.RESUMPTION})
"""Of a stream. Without a voice for them there is none for this call."""
LAST_WORDS_WITHIN_S = 2.0
"""How long words that were begun before the line was closed may take to be settled."""


@dataclass(frozen=True)
class Senses:
    """How one call hears, speaks and judges, in one language.

    Attributes:
        hears_from_ms: the moment of the recording from which on the ear hears. What was said before the stream began, and is
            not in words yet, it hears too.
    """

    programme: Programme
    ear: Ear
    hears_from_ms: int
    voice: TextToSpeech
    judge: Judge


class Session:
    """One conversation on one line.

    Args:
        on_opt_out: called at once when the person wants no more calls.
        on_hang_up: called when the conversation is over, before its line is closed.
        on_no_speech: called before the stream is broken off because it has no recogniser or no voice, with the reason.
        started_s: when the stream started, by the monotonic clock.
    """

    def __init__(
        self,
        line: Line,
        conversation: Conversation,
        recording: Recording,
        senses: Senses,
        keeper: Keeper,
        pace: Pace,
        *,
        on_opt_out: Callable[[], None],
        on_hang_up: Callable[[], None],
        on_no_speech: Callable[[str], None],
        started_s: float,
    ) -> None:
        self._line = line
        self._conversation = conversation
        self._recording = recording
        self._senses = senses
        self._keeper = keeper
        self._pace = pace
        self._on_opt_out = on_opt_out
        self._on_hang_up = on_hang_up
        self._on_no_speech = on_no_speech
        self._starts_at_ms = recording.now_ms
        self._ticked_ms = self._ticks_at_ms = recording.now_ms
        self._loudness = Loudness()
        self._sound_ms: int | None = None
        self._started_s = started_s
        self._spoken_to = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._speaking: asyncio.Task[None] | None = None
        self._line_over = asyncio.Event()
        self._broken = False
        self._outcome: Outcome | None = None

    async def run(self) -> Outcome | None:
        """Holds the conversation until it ends.

        Returns:
            How it ended, or None where the stream broke: then it is to be carried on in another.
        """
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._start(self._listen_to_the_line())
            self._start(self._watch_the_keeper())
            listening = group.create_task(self._listen_to_speech())
            self._apply(Began(self._recording.now_ms))
            await self._line_over.wait()
            for task in tuple(self._tasks):
                task.cancel()
            # first the line: what is said into it from now on is heard by nobody. A gateway that does not know yet that
            # the conversation is over learns it from the last words among its turns.
            self._line.close(TRY_AGAIN_LATER if self._broken else NORMAL_CLOSURE)
            await self._hear_out(listening)
            if not self._broken:
                self._apply(Closed())
        self._keeper.keep_audio(self._recording.finish())
        return self._outcome

    def answered_by_machine(self, machine: AnsweredByMachine) -> None:
        self._apply(machine)

    def break_off(self) -> None:
        """Leaves the conversation to another stream of the same call, unless its last words are being said: then it is over."""
        if not self._line_over.is_set():
            self._broken = not self._conversation.is_closing
            self._apply(LineGone())

    def _go_on_without(self, reason: str) -> None:
        """There is no speech of Google's to be had: the call goes on by the standard orchestrator."""
        self._on_no_speech(reason)
        self.break_off()

    def _start(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _hear_out(self, listening: "asyncio.Task[None]") -> None:
        """What was said before the line was closed is still words, if they are settled soon."""
        self._senses.ear.finish()
        await asyncio.wait([listening], timeout=LAST_WORDS_WITHIN_S)
        if not listening.done():
            log.warning("speech.unsettled", waited_s=LAST_WORDS_WITHIN_S)
            listening.cancel()

    # ---------------------------------------------------------------------------------------------------- what arrives

    async def _listen_to_the_line(self) -> None:
        try:
            await self._line.listen(self._take)
        except StreamBroken as error:
            streams_given_up.labels(error.reason).inc()
            log.warning("stream.given_up", reason=error.reason, detail=str(error))
        self.break_off()

    def _take(self, frame: Frame) -> None:
        match frame:
            case Audio(timestamp_ms, audio):
                self._hear(timestamp_ms, audio)
            case MarkReached(name):
                self._pass_mark(name)
            case Digit(digit):
                log.info("key.pressed")
                self._apply(Pressed(digit))
            case Stopped():
                self._apply(LineGone())
            case _:
                pass

    def _hear(self, timestamp_ms: int, audio: bytes) -> None:
        audio, segments = self._recording.heard(timestamp_ms, audio)
        self._keeper.keep_audio(segments)
        now_ms = self._recording.now_ms
        is_sound = self._loudness.is_sound(audio)
        if is_sound:
            self._sound_ms = now_ms
        self._senses.ear.feed(audio, is_sound=is_sound)
        if now_ms >= self._ticks_at_ms:
            if self._pace.runs_away(now_ms - self._ticked_ms, time.monotonic()):
                raise StreamBroken("too_fast", "Its audio came much faster than life.")
            self._ticked_ms = now_ms
            self._tick()

    async def _listen_to_speech(self) -> None:
        try:
            async with aclosing(self._senses.ear.events()) as events:
                async for event in events:
                    self._take_in(_later(event, self._senses.hears_from_ms))
        except SpeechRefused as error:
            log.error("speech.refused", reason=str(error))
            self._go_on_without("google_speech_refused")
        except SpeechUnavailable as error:
            log.error("speech.unavailable", reason=str(error))
            self._go_on_without("google_speech_unavailable")

    async def _watch_the_keeper(self) -> None:
        await self._keeper.until_to_end()
        self._apply(JournalAway())

    def _take_in(self, event: SpeechEvent) -> None:
        if isinstance(event, Heard) and event.ends_at_ms >= self._starts_at_ms:
            observe(recognition_s, max(0, self._recording.now_ms - event.ends_at_ms) / 1000)
        if Clear() in self._apply(event):
            barge_ins.inc()
        self._tick()  # it may be all that was waited for

    # ------------------------------------------------------------------------------------------------------ what is done

    def _apply(self, event: Event) -> Sequence[Command]:
        """Decides and does; what was decided."""
        commands = self._conversation.handle(event)
        for command in commands:
            self._do(command)
        return commands

    def _tick(self) -> None:
        now_ms = self._recording.now_ms
        self._apply(Tick(now_ms, self._sound_ms))
        self._ticks_at_ms = next_look_ms(now_ms, self._conversation.quiet_since_ms)

    def _do(self, command: Command) -> None:
        match command:
            case Speak():
                self._speaking = self._start(self._speak(command))
            case Clear():
                if self._speaking is not None:
                    self._speaking.cancel()
                self._line.clear(f"{CLEARED}{self._recording.clear()}")
            case KeepTurn(turn):
                self._keeper.keep_turn(turn)
                _log_turn(turn)
            case BeginClosing(outcome):
                self._keeper.begin_closing(outcome)
            case AskVerdict():
                self._start(self._ask(command))
            case OptOut():
                log.info("person.opted_out")
                self._on_opt_out()
            case HangUp():
                if not self._broken:
                    self._on_hang_up()
                self._line_over.set()
            case End(outcome):
                self._outcome = outcome

    async def _ask(self, asked: AskVerdict) -> None:
        verdict = await self._senses.judge.judge(asked, self._senses.programme.questions)
        log.info("verdict.given", number=asked.number, verdict=verdict or "none", silence_ms=asked.silence_ms)
        self._apply(Judged(asked.number, verdict))

    async def _speak(self, prompt: Speak) -> None:
        began_s = time.monotonic()
        await self._until_turns_are_safe()
        sounding = False
        for _ in range(TRIES_TO_SPEAK):
            asked_s = time.monotonic()
            try:
                async with aclosing(self._senses.voice.speak(prompt.text, self._senses.programme.locale)) as pieces:
                    async for piece in pieces:
                        if not sounding:
                            sounding = True
                            observe(synthesis_s, time.monotonic() - asked_s)
                            self._measure_gap(prompt, began_s)
                            self._line.send_mark(f"{prompt.mark}{BEGUN}")
                        self._recording.sent(prompt.mark, piece)
                        self._line.send_audio(piece)
            except SpeechUnavailable as error:
                log.warning("prompt.broken_off", purpose=prompt.purpose, sounding=sounding, reason=str(error))
            if sounding:
                self._recording.all_sent(prompt.mark)
                self._line.send_mark(prompt.mark)
                return
        unspoken_prompts.labels(prompt.purpose).inc()
        if prompt.purpose in FIRST_WORDS:
            self._go_on_without("google_voice_unavailable")
        else:
            self._apply(Unspoken(prompt.mark))

    def _measure_gap(self, prompt: Speak, began_s: float) -> None:
        now_s = time.monotonic()
        observe(turn_gap_s, now_s - began_s)
        if not self._spoken_to:
            self._spoken_to = True
            observe(time_to_first_audio_s, now_s - self._started_s)
        at_ms = self._recording.now_ms
        log.info("prompt.sounding", purpose=prompt.purpose, at_ms=at_ms, gap_ms=round((now_s - began_s) * 1000))

    def _pass_mark(self, name: str) -> None:
        """A mark came back: a prompt has begun to be heard, has ended, or is cleared (`playout`)."""
        now_ms = self._recording.now_ms
        if name.endswith(BEGUN):
            mark = name.removesuffix(BEGUN)
            sounds_at_ms = self._recording.begins(mark)
            if sounds_at_ms is not None:
                self._apply(Sounding(mark, sounds_at_ms))
        elif name.startswith(CLEARED) and (number := name.removeprefix(CLEARED)).isdecimal():
            for cut in self._recording.cleared(int(number)):
                self._apply(CutOff(cut.mark, now_ms, cut.share))
        else:
            self._recording.ends(name)
            self._apply(Played(name, now_ms))

    async def _until_turns_are_safe(self) -> None:
        try:
            async with asyncio.timeout(TURNS_SAFE_WITHIN_S):
                await self._keeper.turns_safe()
        except TimeoutError:
            log.warning("turns.waiting", waited_s=TURNS_SAFE_WITHIN_S)


def _later(event: SpeechEvent, by_ms: int) -> SpeechEvent:
    """What was heard so long after its stream began, as a time of the recording."""
    if isinstance(event, Heard):
        return replace(event, starts_at_ms=event.starts_at_ms + by_ms, ends_at_ms=event.ends_at_ms + by_ms)
    return replace(event, at_ms=event.at_ms + by_ms)


def _log_turn(turn: Turn) -> None:
    log.info(
        "turn.finished",
        sequence=turn.sequence,
        speaker=turn.speaker,
        purpose=turn.purpose,
        starts_at_ms=turn.starts_at_ms,
        ends_at_ms=turn.ends_at_ms,
    )
