"""Calls at the carrier that are not to be there, and how each kind is ended."""

from dataclasses import dataclass

from call_dispatcher.telephony import Carrier


@dataclass(frozen=True)
class Surfaced:
    """It was taken for not placed, and another one was made since."""

    carrier_call_id: str


@dataclass(frozen=True)
class Withdrawn:
    """window-scheduler took it back, and nobody has answered it yet, as far as is known."""

    carrier_call_id: str


async def end_unwanted(carrier: Carrier, unwanted: Surfaced | Withdrawn | None) -> None:
    """Ends a call at the carrier. One that was withdrawn and is answered at this very moment goes on: somebody is talking.

    Raises:
        CarrierUnavailable: there is no answer.
    """
    match unwanted:
        case Surfaced(carrier_call_id):
            await carrier.hang_up(carrier_call_id)
        case Withdrawn(carrier_call_id):
            await carrier.cancel(carrier_call_id)
