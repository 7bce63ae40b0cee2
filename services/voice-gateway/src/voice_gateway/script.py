"""What Daybook has to say: the greeting, the questions one after the other, the last words. Pure."""

from voice_gateway.exchange import BeginClosing, Command, HangUp, OptOut, Outcome, Purpose
from voice_gateway.floor import Floor
from voice_gateway.programmes import Programme
from voice_gateway.prompting import Prompting
from voice_gateway.standing import Standing

BORNE_WITHOUT_JOURNAL_MS = 20_000
"""How long the person may talk on before they are told, into their words if need be, that these cannot be kept any more."""


class Script:
    """Says what comes next, or, while the person speaks, has it due for when they have paused.

    Attributes:
        outcome: how the conversation is being brought to its close, if it is.
        hung_up: the line is closed, or to be.
        due_by_ms: when what is due is said even into the person's words; None: never.
    """

    def __init__(
        self, programme: Programme, greeting: str, standing: Standing, prompting: Prompting, floor: Floor
    ) -> None:
        self._programme = programme
        self._greeting = greeting
        self._standing = standing
        self._prompting = prompting
        self._floor = floor
        self.outcome: Outcome | None = None
        self.hung_up = False
        self.due_by_ms: int | None = None

    @property
    def is_closing(self) -> bool:
        """The last words are being said, or are due."""
        return self.outcome is not None or self._standing.closed or self._standing.opted_out

    def outcome_if_over(self) -> Outcome:
        return self._standing.outcome(self.outcome)

    def say(self, text: str, purpose: Purpose) -> list[Command]:
        """In place of what plays, if anything does."""
        commands = self.break_off()
        if self._floor.speaking:
            self._prompting.due = (text, purpose)
            return commands
        return commands + self._prompting.say(text, purpose, self._floor.now_ms)

    def break_off(self) -> list[Command]:
        """Says no more of what plays."""
        return self._prompting.break_off(self._floor.now_ms)

    def greet(self) -> list[Command]:
        return self.say(self._greeting, Purpose.GREETING)

    def resume(self) -> list[Command]:
        return self.say(self._programme.resumption, Purpose.RESUMPTION)

    def encourage(self) -> list[Command]:
        return self.say(self._programme.encouragement, Purpose.ENCOURAGEMENT)

    def ask_if_there(self) -> list[Command]:
        return self.say(self._programme.are_you_there, Purpose.ARE_YOU_THERE)

    def cannot_answer(self) -> list[Command]:
        return self.say(self._programme.cannot_answer, Purpose.CANNOT_ANSWER)

    def answer_screener(self) -> list[Command]:
        return self.say(self._programme.screening_answer, Purpose.SCREENING_ANSWER)

    def question(self) -> str:
        """The question that was asked last; before the first, that one."""
        return self._programme.questions[max(self._standing.question, 0)]

    def advance(self) -> list[Command]:
        following = self._standing.question + 1
        if following < len(self._programme.questions):
            return self.say(self._programme.questions[following], Purpose.QUESTION)
        return self.close(Outcome.COMPLETED)

    def repeat(self) -> list[Command]:
        return self.say(self.question(), Purpose.REPETITION)

    def skip(self) -> list[Command]:
        is_last = self._standing.question + 1 >= len(self._programme.questions)
        return self.stop() if is_last and not self._standing.spoken else self.advance()

    def stop(self) -> list[Command]:
        """They asked to end it: as complete as they want it to be, and where they had said nothing, no call to be repeated."""
        if self._standing.spoken:
            return self.close(Outcome.COMPLETED)
        return self._say_last(Outcome.CUT_SHORT, self._programme.stopped)

    def close(self, outcome: Outcome) -> list[Command]:
        return self._say_last(outcome, self._programme.closings[outcome])

    def close_as_it_stands(self) -> list[Command]:
        return self.close(self.outcome_if_over())

    def close_again(self, closing: Outcome, message: str) -> list[Command]:
        """Another process was closing it: all of the last words are said, since nobody knows how much of them was heard."""
        match closing:
            case Outcome.OPTED_OUT:
                return self.opt_out()
            case Outcome.VOICEMAIL:
                return self.leave_message(message)
            case Outcome.CUT_SHORT if not self._standing.spoken:
                return self.stop()
            case _:
                return self.close(closing)

    def close_without_journal(self) -> list[Command]:
        if self.is_closing:
            return []
        self.due_by_ms = self._floor.now_ms + BORNE_WITHOUT_JOURNAL_MS
        self.outcome = self.outcome_if_over()
        return self.say(self._programme.journal_away, Purpose.CLOSING)

    def opt_out(self) -> list[Command]:
        """At once, and told so; also where the line is closed by now and it can be told no more."""
        if self._standing.opted_out:
            return []
        self._standing.opted_out = True
        if self.hung_up:
            return [OptOut()]
        confirmation = self._programme.opt_out_confirmation
        return [
            OptOut(),
            BeginClosing(Outcome.OPTED_OUT),
            *self.say(confirmation, Purpose.OPT_OUT_CONFIRMATION),
        ]

    def leave_message(self, message: str) -> list[Command]:
        """Tells a voicemail what there is to tell it, which may be nothing."""
        self.outcome = Outcome.VOICEMAIL
        if not message:
            return self.hang_up()
        self._floor.take()  # it does not mind
        return [BeginClosing(Outcome.VOICEMAIL), *self.say(message, Purpose.VOICEMAIL_MESSAGE)]

    def _say_last(self, outcome: Outcome, words: str) -> list[Command]:
        self.outcome = outcome
        return [BeginClosing(outcome), *self.say(words, Purpose.CLOSING)]

    def hang_up(self) -> list[Command]:
        self.hung_up = True
        self._prompting.playing = None
        return [HangUp()]
