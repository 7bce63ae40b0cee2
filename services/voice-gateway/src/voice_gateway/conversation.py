"""What Daybook does next in a conversation: greet, ask, listen, wait, close.

The end of speech is not the end of a thought. Daybook says nothing while the person speaks; a while after they fell silent
it asks what they are about (`AskVerdict`), and in doubt it waits (`waiting`).

    greeting → question → listening ⇄ verdict → next question … → closing → hang up → end
                              └ ten seconds of quiet: "Take your time."; ten more: the next question
                              └ fifteen seconds without a word: "Are you still there?"; fifteen more: closing

A key, or words to its effect, are obeyed at any moment: 9 opts out, 0 ends, * repeats the question, # skips it. The greeting,
the last words, and that Daybook is back after a break are heard to their end; any other prompt gives way to the person, not
to a cough or an "mhm". Whoever is no person is told little: a voicemail one message, a call screener who calls (`answering`).
"""

from collections.abc import Sequence

from voice_gateway.answering import Answering, Picked
from voice_gateway.exchange import (
    AnsweredByMachine,
    Began,
    Clear,
    Closed,
    Command,
    CutOff,
    End,
    Event,
    Heard,
    Hearing,
    JournalAway,
    Judged,
    KeepTurn,
    LineGone,
    Outcome,
    Played,
    Pressed,
    Purpose,
    Sounding,
    Speaker,
    SpeechBegan,
    SpeechEnded,
    Tick,
    Turn,
    Unspoken,
    Verdict,
)
from voice_gateway.floor import Floor
from voice_gateway.judging import Judging
from voice_gateway.programmes import Programme
from voice_gateway.prompting import MARK_LOST_MS, Prompting, Said
from voice_gateway.script import Script
from voice_gateway.standing import LAST_WORDS, standing_after
from voice_gateway.waiting import QUIET_BEFORE_PROMPT_MS, Quiet, Wait, what_to_wait_for

TIME_TO_CLOSE_MS = 30_000
"""How long before the longest call is over it is brought to a close."""
FAILURES_BEFORE_GIVING_UP = 3

_NEEDED = LAST_WORDS | {Purpose.GREETING, Purpose.SCREENING_ANSWER}
"""Prompts without which there is no call, or no more of it."""
_HEARD_TO_THE_END = _NEEDED | {Purpose.RESUMPTION}


class Conversation:
    """One conversation, as a state machine: `handle` takes what happened and returns what to do, in that order.

    Args:
        programme: the words.
        greeting: the words that begin it.
        max_ms: how long the recording may become.
        turns: what is kept of the conversation already, where another process began it.
        closing: how it was about to end there, if its last words were due.
        leaves_message: whether a voicemail is told anything.
    """

    def __init__(
        self,
        programme: Programme,
        *,
        greeting: str,
        max_ms: int,
        turns: Sequence[Turn] = (),
        closing: Outcome | None = None,
        leaves_message: bool = False,
    ) -> None:
        self._programme = programme
        self._max_ms = max_ms
        self._turns = list(turns)
        self._standing = standing_after(turns)
        self._floor = Floor(turns[-1].ends_at_ms if turns else 0)
        self._prompting = Prompting()
        self._script = Script(programme, greeting, self._standing, self._prompting, self._floor)
        self._answering = Answering(programme, turns, leaves_message=leaves_message)
        self._closing = closing
        self._begun = False
        self._ended = False
        self._judging = Judging(unjudged=self._standing.answered)
        self._failures = 0
        self._heard_meanwhile: list[Heard] = []

    @property
    def turns(self) -> Sequence[Turn]:
        """All that is over, in order."""
        return self._turns

    @property
    def is_closing(self) -> bool:
        """The last words are being said, or are due: it is not to be carried on, whatever becomes of its line."""
        return self._script.is_closing

    @property
    def quiet_since_ms(self) -> int:
        """Since when nobody speaks, by what is known."""
        return self._floor.quiet_since_ms

    def handle(self, event: Event) -> list[Command]:
        """What to do now that this has happened; after `HangUp` only words still count, after `End` nothing does."""
        if self._ended or (self._script.hung_up and not isinstance(event, Heard | Closed)):
            return []
        match event:
            case Began(at_ms):
                return self._begin(at_ms)
            case Tick(at_ms, sound_ms):
                self._floor.pass_time(at_ms, sound_ms)
                return self._pass_time()
            case SpeechBegan(at_ms):
                self._floor.speech_began(at_ms)
                self._judging.goes_on()
                return self._withdraw()
            case SpeechEnded(at_ms):
                self._floor.speech_ended(at_ms)
                return []
            case Hearing(text, at_ms):
                self._floor.words_unsettled = True
                self._judging.goes_on()
                return self._notice_words(text, at_ms)
            case Heard():
                return self._hear(event)
            case Judged(number, verdict):
                return self._weigh(number, verdict)
            case Sounding(mark, at_ms):
                self._begin_to_sound(mark, at_ms)
                return []
            case Played(mark, at_ms):
                return self._finish_prompt(at_ms) if self._prompting.plays(mark) else []
            case CutOff(mark, at_ms, share):
                return self._keep_said(self._prompting.broken_off(mark, at_ms, share)) + self._catch_up()
            case Unspoken(mark):
                return self._go_without() if self._prompting.plays(mark) else []
            case Pressed(digit):
                return self._obey_key(digit)
            case AnsweredByMachine(takes_messages):
                return self._meet_machine(takes_messages=takes_messages)
            case JournalAway():
                return self._script.close_without_journal()
            case LineGone():
                return self._script.hang_up()
            case Closed():
                commands = self._keep_said(self._prompting.suppose_heard()) + self._catch_up()
                self._ended = True
                return [*commands, End(self._script.outcome_if_over())]

    # ------------------------------------------------------------------------------------------------ what happened

    def _begin(self, at_ms: int) -> list[Command]:
        self._floor.begin(at_ms)
        self._begun = True
        if self._standing.closed:
            return self._script.hang_up()
        if self._closing is not None:
            return self._script.close_again(self._closing, self._answering.message)
        if self._answering.picked is Picked.MACHINE:
            return []  # which is waited for, and then told its message
        if self._standing.greeted and not self._standing.screened:
            return self._script.resume()
        return self._script.greet()

    def _notice_words(self, text: str, until_ms: int) -> list[Command]:
        """Words were heard, up to then: they are a sign of speech, and a prompt that sounds meanwhile gives way."""
        self._floor.words(until_ms)
        prompt = self._prompting.playing
        if prompt is None or prompt.purpose in _HEARD_TO_THE_END:
            return []
        if prompt.sounds_from_ms is None:
            return self._withdraw()
        if until_ms <= prompt.sounds_from_ms or self._programme.is_backchannel(text):
            return []  # they were spoken before it began, or only show that they listen
        return self._script.break_off()

    def _withdraw(self) -> list[Command]:
        """A prompt that nobody has heard yet is not said, since the person speaks; what it was to do is not done."""
        prompt = self._prompting.playing
        if prompt is None or prompt.sounds_from_ms is not None or prompt.purpose in _HEARD_TO_THE_END:
            return []
        return self._script.break_off()

    def _hear(self, heard: Heard) -> list[Command]:
        text = heard.text.strip()
        if not text:
            self._floor.words_unsettled = False
            return []
        commands = self._notice_words(text, heard.ends_at_ms)
        if self._prompting.is_breaking_off:
            # first what was heard of the prompt is to be known: turns are kept in their order
            self._heard_meanwhile.append(heard)
            return commands
        self._floor.words_unsettled = False
        return commands + self._take_in(text, heard)

    def _catch_up(self) -> list[Command]:
        heard, self._heard_meanwhile = self._heard_meanwhile, []
        return [command for each in heard for command in self._hear(each)]

    def _take_in(self, text: str, heard: Heard) -> list[Command]:
        commands: list[Command] = [self._keep(Speaker.PERSON, text, None, heard.starts_at_ms, heard.ends_at_ms)]
        if self._is_only_listening(text, heard):
            return commands
        self._answering.hear(text, self._standing)
        self._standing.heard()
        self._judging.said()
        if self._programme.is_opt_out(text):
            return commands + self._script.opt_out()
        if self._script.hung_up or self._script.is_closing or self._standing.question < 0:
            return commands
        if self._programme.is_end(text):
            return commands + self._script.close(Outcome.COMPLETED)
        if self._programme.is_repeat(text):
            return commands + self._repeat()
        return commands + self._skip() if self._programme.is_skip(text) else commands

    def _is_only_listening(self, text: str, heard: Heard) -> bool:
        """An "mhm" into a prompt is no answer to it, nor is a call screener's "please hold" the person."""
        prompt = self._prompting.playing
        if prompt is not None and prompt.sounds_from_ms is not None and heard.ends_at_ms > prompt.sounds_from_ms:
            return self._programme.is_backchannel(text)
        return self._standing.screened and self._programme.is_hold(text)

    def _weigh(self, number: int, verdict: Verdict | None) -> list[Command]:
        """Acts on a verdict, unless the person has gone on meanwhile; in doubt (None) it goes on listening."""
        is_awaited = self._judging.is_answered(number)
        if self._answering.picked is not Picked.PERSON:
            return []
        if verdict is Verdict.WANTS_NO_MORE_CALLS:
            return self._script.opt_out()
        if not is_awaited:
            return []
        if self._floor.speaking:
            self._judging.said()
            return []
        if self._prompting.playing or self._script.outcome:
            return []
        if self._standing.question < 0 and verdict is not Verdict.WANTS_TO_STOP:
            return self._script.advance()
        match verdict:
            case Verdict.ANSWERED:
                return self._script.advance()
            case Verdict.COMPLETE | Verdict.WANTS_TO_STOP:
                return self._script.close(Outcome.COMPLETED)
            case Verdict.ASKS_SOMETHING:
                return self._script.cannot_answer()
            case Verdict.PAUSED if not self._standing.encouraged:
                return self._script.encourage()
            case _:
                return []

    def _begin_to_sound(self, mark: str, at_ms: int) -> None:
        prompt = self._prompting.sounds(mark, at_ms)
        if prompt is not None:
            self._failures = 0
            self._standing.prompted(prompt.purpose)
            self._judging.unjudged = self._judging.unjudged and self._standing.answered

    def _finish_prompt(self, at_ms: int) -> list[Command]:
        prompt, said = self._prompting.over(at_ms)
        if prompt is None:
            return []
        self._floor.prompt_ended(at_ms)
        commands = self._keep_said(said)
        if prompt.purpose in LAST_WORDS:
            return commands + self._script.hang_up()
        if self._may_advance_at_once():
            return commands + self._script.advance()
        return commands

    def _may_advance_at_once(self) -> bool:
        """The greeting was heard, and nobody said a word into it."""
        standing = self._standing
        somebody = self._answering.picked is Picked.PERSON and not standing.screened
        return somebody and standing.question < 0 and not self._judging.unjudged

    def _go_without(self) -> list[Command]:
        """A prompt could not be said. Its turn comes again by the same waiting; without a greeting there is no call."""
        prompt = self._prompting.playing
        self._prompting.playing = None
        self._floor.nothing_was_said()
        self._failures += 1
        if prompt is None or prompt.purpose in _NEEDED or self._failures >= FAILURES_BEFORE_GIVING_UP:
            return self._script.hang_up()
        return []

    # ---------------------------------------------------------------------------------------------------- the waiting

    def _pass_time(self) -> list[Command]:
        if self._floor.now_ms >= self._max_ms:
            return self._script.hang_up()
        if self._prompting.breaking_off_is_lost(self._floor.now_ms):
            return self._keep_said(self._prompting.suppose_heard()) + self._catch_up()
        if self._prompting.playing is not None:
            return self._await_mark()
        if self._floor.speaking and self._script.due_by_ms is not None and self._floor.now_ms >= self._script.due_by_ms:
            self._floor.take()
        if self._floor.speaking or self._prompting.is_breaking_off:
            return []
        return self._wait(self._floor.quiet_ms)

    def _await_mark(self) -> list[Command]:
        """A prompt whose mark went missing: what began to sound counts as heard, anything else as not said."""
        prompt = self._prompting.playing
        if prompt is None or self._floor.now_ms - prompt.said_at_ms <= MARK_LOST_MS:
            return []
        return [
            Clear(),
            *(self._go_without() if prompt.sounds_from_ms is None else self._finish_prompt(self._floor.now_ms)),
        ]

    def _wait(self, quiet_ms: int) -> list[Command]:
        if self._prompting.due is not None:
            return self._script.say(*self._prompting.due) if quiet_ms >= QUIET_BEFORE_PROMPT_MS else []
        if self._floor.now_ms >= self._max_ms - TIME_TO_CLOSE_MS:
            return self._script.close_as_it_stands() if quiet_ms >= QUIET_BEFORE_PROMPT_MS else []
        if self._judging.awaits:
            return []
        quiet = Quiet(quiet_ms, awaits_words=self._floor.awaits_words, unjudged=self._judging.unjudged)
        match what_to_wait_for(quiet, self._standing, self._answering.picked):
            case Wait.FOR_MORE:
                return []
            case Wait.VERDICT:
                return [self._judging.ask(self._script.question(), self._turns, quiet_ms)]
            case Wait.ADVANCE:
                return self._script.advance()
            case Wait.ENCOURAGE:
                return self._script.encourage()
            case Wait.ASK_IF_THERE:
                return self._script.ask_if_there()
            case Wait.ANSWER_SCREENER:
                self._answering.answered_screener()
                self._judging.unjudged = False
                return self._script.answer_screener()
            case Wait.GREET:
                self._judging.unjudged = False
                return self._script.greet()
            case Wait.LEAVE_MESSAGE:
                return self._script.leave_message(self._answering.message)
            case Wait.CLOSE:
                return self._script.close_as_it_stands()

    # ------------------------------------------------------------------------------------------------------ what to do

    def _obey_key(self, digit: str) -> list[Command]:
        match digit:
            case "9":
                return self._script.opt_out()
            case _ if self._script.is_closing:
                return []
            case "0":
                return self._script.stop()
            case "*" if self._standing.question >= 0:
                return self._repeat()
            case "#" if self._standing.question >= 0:
                return self._skip()
            case _:
                return []

    def _repeat(self) -> list[Command]:
        self._judging.unjudged = False
        return self._script.repeat()

    def _skip(self) -> list[Command]:
        self._judging.unjudged = False
        return self._script.skip()

    def _meet_machine(self, *, takes_messages: bool) -> list[Command]:
        """Unless somebody has answered a question by now, or a call screener was met: then it was mistaken for a voicemail."""
        if self._standing.talks or self._answering.met_screener or self._script.is_closing:
            return []
        self._answering.is_machine()
        self._prompting.due = None
        message = self._answering.message
        # not before its words are known: it may have been a call screener
        at_once = not self._floor.words_unsettled and (not message or (takes_messages and self._begun))
        return self._script.break_off() + (self._script.leave_message(message) if at_once else [])

    def _keep_said(self, said: Said | None) -> list[Command]:
        if said is None:
            return []
        return [self._keep(Speaker.DAYBOOK, said.text, said.prompt.purpose, said.starts_at_ms, said.ends_at_ms)]

    def _keep(self, speaker: Speaker, text: str, purpose: Purpose | None, starts_ms: int, ends_ms: int) -> KeepTurn:
        turn = Turn(len(self._turns), speaker, text, purpose, starts_ms, max(starts_ms, ends_ms))
        self._turns.append(turn)
        return KeepTurn(turn)
