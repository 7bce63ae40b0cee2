"""What a call can be about: the programmes to choose from, with what each asks. Pure.

The questions are voice-gateway's (`words/*.toml`) and the names window-scheduler's: a test holds them together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.languages import Language


@dataclass(frozen=True)
class Programme:
    """
    Attributes:
        key: as window-scheduler knows it.
        name, about: in words.
        questions: as they are asked, in a person's language.
    """

    key: str
    name: str
    about: str
    questions: Sequence[str]


def programmes(language: Language) -> Sequence[Programme]:
    """All there are, the usual one first."""
    return [
        Programme(
            "evening_review",
            language.say("Looking back on the day"),
            language.say("What happened, what stays on your mind, what goes with you into tomorrow."),
            [
                language.say("How was your day? Take all the time you want."),
                language.say("What is on your mind most as you look back on it?"),
                language.say("Is there anything you want to carry into tomorrow?"),
            ],
        ),
        Programme(
            "gratitude",
            language.say("Gratitude"),
            language.say("What was good today, and who had a part in it."),
            [
                language.say("What are you grateful for today? Take all the time you want."),
                language.say("Who or what made that possible?"),
                language.say("Is there somebody whom you would like to thank?"),
            ],
        ),
        Programme(
            "free",
            language.say("Free"),
            language.say("No questions: you talk, Daybook listens."),
            [language.say("I am listening. Say whatever you like, for as long as you like.")],
        ),
    ]


def programme_name(key: str, language: Language) -> str:
    """The name in words of what somebody chose; its key where this release knows no words for it."""
    return next((each.name for each in programmes(language) if each.key == key), key)
