"""What all calls of the emulated carrier share."""

from dataclasses import dataclass

from emulators.twilio.events import EventFeed
from emulators.twilio.faults import Faults
from emulators.twilio.personas import PersonaBook
from emulators.twilio.scaled_time import ScaledTime
from emulators.twilio.speaker import Speaker
from emulators.twilio.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Exchange:
    """The carrier's equipment."""

    account_sid: str
    time: ScaledTime
    events: EventFeed
    faults: Faults
    personas: PersonaBook
    speaker: Speaker
    webhooks: Webhooks

    def debugger(self, call_sid: str, code: int, message: str) -> None:
        """An entry of Twilio's debugger: what the app did wrong, and with which code."""
        self.events.tell("debugger", call_sid, code=code, message=message)
