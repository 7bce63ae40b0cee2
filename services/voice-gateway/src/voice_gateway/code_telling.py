"""What a call for signing in does next: offers its code, tells it, parts. Pure.

Nothing secret is said before a key is pressed: a person presses it, a voicemail cannot, whatever the carrier takes it for and
however late it says so. Where such a call stands is carried in the address of its next webhook, which the carrier signs: no
gateway keeps anything of it, and any may go on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

MOST_OFFERS, MOST_TELLINGS = 2, 3


class Step(Enum):
    OFFER = auto()
    TELL = auto()
    OPT_OUT = auto()
    PART = auto()


@dataclass(frozen=True)
class CodeCall:
    """How often the code was offered, and how often it was told."""

    offered: int = 0
    told: int = 0

    def after(self, step: Step) -> "CodeCall":
        match step:
            case Step.OFFER:
                return replace(self, offered=self.offered + 1)
            case Step.TELL:
                return replace(self, told=self.told + 1)
            case _:
                return self

    def as_query(self) -> str:
        return f"offered={self.offered}&told={self.told}"


def code_call_of(query: Mapping[str, str]) -> CodeCall:
    """As `as_query` wrote it; what it did not write has offered and told all that there is."""
    return CodeCall(_count(query.get("offered", "")), _count(query.get("told", "")))


def next_step(call: CodeCall, pressed: str) -> Step:
    """What to do after a key was pressed, or none within the time for it (empty)."""
    match pressed:
        case "9":
            return Step.OPT_OUT
        case "1" if call.told < MOST_TELLINGS:
            return Step.TELL
        case _ if not call.told and call.offered < MOST_OFFERS:
            return Step.OFFER
        case _:
            return Step.PART


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else max(MOST_OFFERS, MOST_TELLINGS)
