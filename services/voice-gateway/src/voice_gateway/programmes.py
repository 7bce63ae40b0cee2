"""What Daybook says: the reflection programme of each language, as data."""

import re
from dataclasses import dataclass

from voice_gateway.exchange import Outcome

DEFAULT_LOCALE = "en-US"


@dataclass(frozen=True)
class Programme:
    """The words of one language.

    Attributes:
        locale: BCP 47, for the voice and the recogniser.
        greeting: who calls, that it is automated and recorded, how to opt out (reference/telephony.md, D); it takes
            `{name}` and `{operator}`.
        name: how a name is put into the greeting; it takes `{name}`.
        questions: asked in this order.
        opt_out_phrases: an utterance that is one of these, and no more, needs no verdict.
    """

    locale: str
    greeting: str
    name: str
    questions: tuple[str, ...]
    encouragement: str
    are_you_there: str
    cannot_answer: str
    resumption: str
    opt_out_confirmation: str
    closings: dict[Outcome, str]
    opt_out_phrases: frozenset[str]
    not_an_answering_service: str
    cannot_keep: str

    def greeting_for(self, spoken_name: str, operator: str) -> str:
        """The greeting of a person whose name may be empty."""
        name = self.name.format(name=spoken_name) if spoken_name else ""
        return self.greeting.format(name=name, operator=operator)

    def fixed_prompts(self) -> tuple[str, ...]:
        """All that is said in every call alike."""
        return (
            *self.questions,
            self.encouragement,
            self.are_you_there,
            self.cannot_answer,
            self.resumption,
            self.opt_out_confirmation,
            *self.closings.values(),
        )

    def is_opt_out(self, utterance: str) -> bool:
        return " ".join(re.findall(r"[\w']+", utterance.lower().replace("\u2019", "'"))) in self.opt_out_phrases


ENGLISH = Programme(
    locale="en-US",
    greeting=(
        "Hello{name}. This is {operator}, an automated assistant, with your call to reflect on the day. "
        "This call is recorded for your journal. To stop these calls, press 9 or say: stop calling."
    ),
    name=" {name}",
    questions=(
        "How was your day? Take all the time you want.",
        "What is on your mind most as you look back on it?",
        "Is there anything you want to carry into tomorrow?",
    ),
    encouragement="Take your time.",
    are_you_there="Are you still there?",
    cannot_answer="I can only listen and write down what you say. Please go on whenever you like.",
    resumption="I am back, sorry for the gap. What you said is kept. Please go on.",
    opt_out_confirmation="I understand. You will not be called any more. Good-bye.",
    closings={
        Outcome.COMPLETED: "Thank you. Your reflection is in your journal. Good-bye.",
        Outcome.CUT_SHORT: "Thank you. I have kept what you said in your journal. Good-bye.",
        Outcome.SILENT: "I could not hear you. I will try again another time. Good-bye.",
    },
    opt_out_phrases=frozenset(
        {
            "stop calling",
            "stop calling me",
            "please stop calling",
            "please stop calling me",
            "don't call me",
            "don't call me again",
            "don't call me anymore",
            "don't call me any more",
            "do not call me",
            "do not call me again",
            "never call me again",
        }
    ),
    not_an_answering_service=(
        "This is {operator}, an automated assistant that calls people at the times they chose. "
        "Nobody listens at this number. Good-bye."
    ),
    cannot_keep="Your journal cannot be reached just now, so I will not keep you. Good-bye.",
)

_PROGRAMMES = {"en": ENGLISH}


def programme_for(locale: str) -> Programme:
    """The programme of a person's language, in English where there is none."""
    return _PROGRAMMES.get(locale.partition("-")[0].lower(), ENGLISH)
