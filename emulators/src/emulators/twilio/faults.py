"""Faults on demand: what the next request to place a call, or the next status callback, is to suffer."""

from collections import deque
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

CallbackEvent = Literal["initiated", "ringing", "answered", "completed"]


class CreateCallFault(BaseModel):
    """What happens to a `POST /Calls`.

    429, 500, 503: refused with Twilio's body, no call is placed. `hang`: the call is placed at once and answered for only
    after `seconds`. `hang_then_accept`: the call is placed only after `seconds`, whether or not anybody still waits.
    `accept_then_drop`: the call is placed, the connection is cut without an answer. `drop`: cut, and no call.
    Seconds are the machine's, like the client's own timeout.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: Literal["create_call"]
    kind: Literal["429", "500", "503", "hang", "hang_then_accept", "accept_then_drop", "drop"]
    seconds: Annotated[float, Field(ge=0, le=600)] = 20.0


class CallbackFault(BaseModel):
    """What happens to a status callback: the next one, or the next one of that event.

    `reverse`: it is sent after the one that follows it. `duplicate`: sent twice. `delay`: sent `seconds` (virtual) later,
    while others overtake it. `drop`: never sent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: Literal["callback"]
    kind: Literal["reverse", "duplicate", "delay", "drop"]
    event: CallbackEvent | None = None
    seconds: Annotated[float, Field(ge=0, le=3600)] = 5.0


Fault = Annotated[CreateCallFault | CallbackFault, Field(discriminator="on")]


class Faults:
    """The faults that are still to happen, first ordered first."""

    def __init__(self) -> None:
        self._create_call: deque[CreateCallFault] = deque()
        self._callback: list[CallbackFault] = []

    def order(self, fault: CreateCallFault | CallbackFault) -> None:
        if isinstance(fault, CreateCallFault):
            self._create_call.append(fault)
        else:
            self._callback.append(fault)

    def for_create_call(self) -> CreateCallFault | None:
        return self._create_call.popleft() if self._create_call else None

    def for_callback(self, event: CallbackEvent) -> CallbackFault | None:
        for position, fault in enumerate(self._callback):
            if fault.event in {None, event}:
                return self._callback.pop(position)
        return None

    def clear(self) -> None:
        self._create_call.clear()
        self._callback.clear()
