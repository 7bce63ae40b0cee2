"""What Daybook says and understands: the reflection programmes, in each language, as data (`words/*.toml`)."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from voice_gateway.exchange import Outcome, Purpose, Turn
from voice_gateway.prompting import BREAK_OFF

DEFAULT_LOCALE = "en-US"
DEFAULT_PROGRAMME = "evening_review"

Text = Annotated[str, Field(min_length=1, max_length=400)]
Phrase = Annotated[str, Field(pattern=r"^[\w']+( [\w']+)*$")]
"""Lower case words, as `plain` writes an utterance."""
Phrases = frozenset[Phrase]
OutcomeSaid = Literal[Outcome.COMPLETED, Outcome.CUT_SHORT, Outcome.SILENT]

_WORDS = re.compile(r"[\w']+")
_UNTIL_NAMED = re.compile(r".*?\{name\}[^.!?]*[.!?]", re.DOTALL)
"""A greeting up to the end of the sentence in which the name stands."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Closings(_Data):
    """The last words, by how the conversation ends; `stopped` where the person asked to end it and had said nothing."""

    completed: Text
    cut_short: Text
    silent: Text
    stopped: Text


class SignIn(_Data):
    """What a call for signing in says.

    Attributes:
        offer: who calls, that it is automated, which key tells the code, and how to opt out; it takes `{operator}`.
        code: takes `{code}`, digit by digit, and says it twice.
        too_late: where the code is of no use any more.
    """

    offer: Text
    code: Text
    too_late: Text
    good_bye: Text

    @model_validator(mode="after")
    def _tells_it_twice(self) -> "SignIn":
        self.offer.format(operator="")
        if self.code.format(code="#").count("#") != 2:
            raise ValueError("sign_in.code: is to say {code} twice")
        return self


class Listened(_Data):
    """What is understood without a verdict.

    Attributes:
        opt_out, end, repeat, skip: an utterance that is one of these, and no more, asks for it.
        backchannel: whoever says nothing but these only shows that they listen.
        screening, hold, machine: an utterance that holds one of these is a call screener's, its wait, or a voicemail's.
    """

    opt_out: Phrases
    end: Phrases
    repeat: Phrases
    skip: Phrases
    backchannel: Phrases
    screening: Phrases
    hold: Phrases
    machine: Phrases


class Language(_Data):
    """The words of one language.

    Attributes:
        locale: BCP 47, for the voice and the recogniser.
        greeting: who calls, that it is automated and recorded, how to opt out (reference/telephony.md, D); it takes
            `{name}` and `{operator}`.
        name: how a name is put into the greeting; it takes `{name}`.
        screening_answer: who calls and why, for a call screener; it takes `{operator}`.
        voicemail_message: all that a voicemail is told; it takes `{operator}`. Empty: nothing.
        programmes: the questions of each, asked in this order.
    """

    locale: str
    greeting: Text
    name: Text
    encouragement: Text
    are_you_there: Text
    cannot_answer: Text
    resumption: Text
    journal_away: Text
    opt_out_confirmation: Text
    not_an_answering_service: Text
    cannot_keep: Text
    screening_answer: Text
    voicemail_message: Annotated[str, Field(max_length=400)]
    closings: Closings
    sign_in: SignIn
    programmes: dict[str, Annotated[tuple[Text, ...], Field(min_length=1)]]
    phrases: Listened

    @model_validator(mode="after")
    def _can_be_said(self) -> "Language":
        if DEFAULT_PROGRAMME not in self.programmes:
            raise ValueError(
                f"programmes: is to have {DEFAULT_PROGRAMME}, which holds where a person chose none that there is"
            )
        for text in (self.greeting, self.screening_answer, self.voicemail_message, self.not_an_answering_service):
            text.format(name="", operator="")
        return self


class SignInWords:
    """The words of a call for signing in, in a person's language.

    Args:
        operator: who calls, as the person is told.
    """

    def __init__(self, language: Language, operator: str) -> None:
        self.locale = language.locale
        self.offer = language.sign_in.offer.format(operator=operator)
        self.too_late = language.sign_in.too_late
        self.good_bye = language.sign_in.good_bye
        self.opt_out_confirmation = language.opt_out_confirmation
        self._code = language.sign_in.code

    def told(self, code: str) -> str:
        """The code as a voice reads it, digit by digit with a pause after each."""
        return self._code.format(code=", ".join(code))


class Programme:
    """The words of one conversation: a language, and the questions of one of its programmes.

    Args:
        operator: who calls, as the person is told.
    """

    def __init__(self, language: Language, questions: tuple[str, ...], operator: str) -> None:
        self.locale = language.locale
        self.questions = questions
        self.encouragement = language.encouragement
        self.are_you_there = language.are_you_there
        self.cannot_answer = language.cannot_answer
        self.resumption = language.resumption
        self.journal_away = language.journal_away
        self.opt_out_confirmation = language.opt_out_confirmation
        self.cannot_keep = language.cannot_keep
        self.stopped = language.closings.stopped
        self.closings: dict[Outcome, str] = {
            Outcome.COMPLETED: language.closings.completed,
            Outcome.CUT_SHORT: language.closings.cut_short,
            Outcome.SILENT: language.closings.silent,
        }
        self.screening_answer = language.screening_answer.format(operator=operator)
        self.voicemail_message = language.voicemail_message.format(operator=operator)
        self.not_an_answering_service = language.not_an_answering_service.format(operator=operator)
        self._language = language
        self._operator = operator

    def going_on_from(self, turns: Sequence[Turn]) -> "Programme":
        """The words for a conversation that has these turns: it goes on with the questions that it began with.

        The person may have chosen another programme since. Where none of this language begins so (they chose another language, or
        another release asked), what was asked stays, and what follows is of this programme.
        """
        asked = [turn.text for turn in turns if turn.purpose is Purpose.QUESTION]
        for questions in (self.questions, *self._language.programmes.values()):
            if _begins_with(questions, asked):
                return Programme(self._language, questions, self._operator)
        return Programme(self._language, (*asked, *self.questions[len(asked) :]), self._operator)

    def greeting_for(self, spoken_name: str) -> str:
        """The greeting of a person whose name may be empty."""
        return self._naming(self._language.greeting, spoken_name)

    def opening_for(self, spoken_name: str) -> str:
        """The greeting as far as the sentence in which the name stands: how it is said."""
        opening = _UNTIL_NAMED.match(self._language.greeting)
        return self._naming(opening[0] if opening else self._language.greeting, spoken_name)

    def _naming(self, greeting: str, spoken_name: str) -> str:
        name = self._language.name.format(name=spoken_name) if spoken_name else ""
        return greeting.format(name=name, operator=self._operator)

    def fixed_prompts(self) -> tuple[str, ...]:
        """All that is said in every call alike."""
        return (
            *self.questions,
            self.encouragement,
            self.are_you_there,
            self.cannot_answer,
            self.resumption,
            self.journal_away,
            self.opt_out_confirmation,
            self.stopped,
            self.screening_answer,
            *filter(None, [self.voicemail_message]),
            *self.closings.values(),
        )

    def is_opt_out(self, utterance: str) -> bool:
        return plain(utterance) in self._language.phrases.opt_out

    def is_end(self, utterance: str) -> bool:
        return plain(utterance) in self._language.phrases.end

    def is_repeat(self, utterance: str) -> bool:
        return plain(utterance) in self._language.phrases.repeat

    def is_skip(self, utterance: str) -> bool:
        return plain(utterance) in self._language.phrases.skip

    def is_backchannel(self, utterance: str) -> bool:
        """Whether it is nothing but signs that they listen, one or several."""
        sounds = "|".join(self._language.phrases.backchannel)
        return re.fullmatch(rf"(?:(?:{sounds})(?: |$))*", plain(utterance)) is not None

    def is_screening(self, utterance: str) -> bool:
        return _holds(utterance, self._language.phrases.screening)

    def is_hold(self, utterance: str) -> bool:
        return _holds(utterance, self._language.phrases.hold)

    def is_machine(self, utterance: str) -> bool:
        return _holds(utterance, self._language.phrases.machine)


def plain(utterance: str) -> str:
    """An utterance as its words, in lower case, without what stands between them."""
    return " ".join(_WORDS.findall(utterance.lower().replace("\u2019", "'")))


def _begins_with(questions: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether these are the first of the questions; what was broken off was heard in part."""
    return len(asked) <= len(questions) and all(
        question.startswith(heard.removesuffix(BREAK_OFF)) for question, heard in zip(questions, asked, strict=False)
    )


def _holds(utterance: str, phrases: Phrases) -> bool:
    said = f" {plain(utterance)} "
    return any(f" {phrase} " in said for phrase in phrases)
