"""Names of dial attempts: `{call_id}.{number}`, made by call-dispatcher and carried by Twilio in the paths of its webhooks."""

from dataclasses import dataclass
from uuid import UUID

from chassis.errors import NotFound

_MAX_NUMBER = 9999


@dataclass(frozen=True)
class Attempt:
    """One try to reach the person of a call. `number` counts from 1."""

    call_id: str
    number: int

    @property
    def attempt_id(self) -> str:
        return f"{self.call_id}.{self.number}"


def parse_attempt_id(text: str) -> Attempt:
    """The attempt of that name.

    Raises:
        NotFound: no attempt can have that name.
    """
    call_id, _, number = text.partition(".")
    try:
        canonical = str(UUID(call_id)) == call_id
    except ValueError:
        canonical = False
    plain = (
        number.isascii() and number.isdigit() and not number.startswith("0") and len(number) <= len(str(_MAX_NUMBER))
    )
    if not (canonical and plain):
        raise NotFound("There is no such attempt: its name is to be a call's UUID, a dot and the attempt's number.")
    return Attempt(call_id, int(number))
