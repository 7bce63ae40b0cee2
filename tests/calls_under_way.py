"""A call of a person's while it goes on, told on the bus as voice-gateway would."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.events import CALL_DIALED, CALL_PROGRESSED
from daybook.events.v1 import events_pb2 as events


def now() -> Timestamp:
    stamp = Timestamp()
    stamp.GetCurrentTime()
    return stamp


@dataclass
class CallUnderWay:
    house: object
    dialed: events.CallDialed
    sequence: int = 0

    async def status(self, status: "events.CarrierCallStatus.ValueType") -> None:
        self.sequence += 1
        await self._tell(carrier_status=events.CarrierStatus(status=status, sequence_number=self.sequence))

    async def reflection(self, state: "events.ReflectionState.ValueType") -> None:
        await self._tell(reflection=events.ReflectionChanged(session_id=str(uuid4()), state=state))

    async def _tell(self, **event) -> None:
        message = events.CallProgressed(
            call_id=self.dialed.call_id,
            attempt_id=self.dialed.attempt_id,
            carrier_call_id=self.dialed.carrier_call_id,
            occurred_at=now(),
            **event,
        )
        await self.house.bus.publish(CALL_PROGRESSED, message, event_id=str(uuid4()))


@asynccontextmanager
async def dialing(house):
    """What tells of the next call that a person is dialed for."""
    told: asyncio.Queue[events.CallDialed] = asyncio.Queue()
    async with house.bus.overhearing(CALL_DIALED, told.put_nowait):
        await house.bus.check()

        async def call_of(person) -> CallUnderWay:
            async with asyncio.timeout(60):
                while (dialed := await told.get()).person_id != person.person_id:
                    pass
            return CallUnderWay(house, dialed)

        yield call_of


class Follower:
    """A page that follows: what comes by /live, event by event."""

    def __init__(self, answer) -> None:
        self._lines = answer.aiter_lines()

    async def event(self) -> dict[str, str]:
        """The next that is no heartbeat."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(60):
            async for line in self._lines:
                if not line:
                    if "event" in fields:
                        return fields
                    fields = {}
                    continue
                name, _, value = line.partition(":")
                fields[name] = (fields[name] + "\n" if name in fields else "") + value.removeprefix(" ")
        return {}

    async def until(self, words: str) -> dict[str, str]:
        """The next that says this."""
        while (event := await self.event()) and words not in event.get("data", ""):
            pass
        return event


@asynccontextmanager
async def following(http, **headers):
    """What comes to a page of a browser whose client this is."""
    async with http.stream("GET", "/live", headers=headers, timeout=90) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Follower(answer)
