"""Follows one person's call while it happens, and tells it line by line.

What happens comes from the bus (ids, times and outcomes), what is said from the journal, which alone can decrypt it, and
what the verdict was from the gateway's log. Nothing of it is written anywhere.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from nats.aio.msg import Msg

from chassis.events import CALL_DIALED, CALL_FINISHED, CALL_PROGRESSED, CALL_SCHEDULED, CALL_WITHDRAWN
from chassis.nats_access import NatsAccess, connect_nats
from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub

LOOK_EVERY_S = 0.3
SPEAKERS = {journal.SPEAKER_PERSON: "person", journal.SPEAKER_DAYBOOK: "daybook"}


@dataclass(frozen=True)
class Line:
    """One thing that happened.

    Attributes:
        kind: scheduled, moved, withdrawn, dialed, ringing, answered, person, daybook, verdict, … : a stable term.
        text: what there is to say about it.
        outcome: set on the last line: how the call ended.
    """

    kind: str
    text: str
    outcome: events.CallOutcome.ValueType | None = None


class CallStory:
    """The lines of one person's next call, in the order in which they became known."""

    def __init__(self, person_id: str, channel: grpc.aio.Channel, gateway_log: Path) -> None:
        self._person_id = person_id
        self._journal = JournalServiceStub(channel)
        self._gateway_log = gateway_log
        self._log_position = gateway_log.stat().st_size if gateway_log.exists() else 0
        self._lines: asyncio.Queue[Line] = asyncio.Queue()
        self._turns_told = 0
        self.call_id = ""
        self._revision = 0
        self._dialed: set[str] = set()
        self.entry_id = ""

    async def lines(self) -> AsyncIterator[Line]:
        """Every line until the call has ended and what was kept of it has been told."""
        ended: Line | None = None
        while ended is None or not self._lines.empty():
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    line = await self._lines.get()
            except TimeoutError:
                pass
            else:
                if line.outcome is None:
                    yield line
                else:
                    ended = line
            async for said in self._said():
                yield said
            for verdict in self._verdicts():
                yield verdict
        yield ended

    async def hear(self, message: Msg) -> None:
        """Takes one message of the bus."""
        if message.subject == CALL_SCHEDULED.subject:
            scheduled = CALL_SCHEDULED.message.FromString(message.data)
            if scheduled.person_id == self._person_id:
                await self._schedule(scheduled)
        elif message.subject == CALL_WITHDRAWN.subject:
            withdrawn = CALL_WITHDRAWN.message.FromString(message.data)
            if withdrawn.call_id == self.call_id and withdrawn.revision >= self._revision:
                await self._tell(
                    "withdrawn", _term(events.WithdrawalReason.Name(withdrawn.reason), "WITHDRAWAL_REASON_")
                )
        elif message.subject == CALL_DIALED.subject:
            dialed = CALL_DIALED.message.FromString(message.data)
            if dialed.call_id == self.call_id:
                await self._dial(dialed.attempt_id, dialed.carrier_call_id)
        elif message.subject == CALL_PROGRESSED.subject:
            progressed = CALL_PROGRESSED.message.FromString(message.data)
            if progressed.call_id == self.call_id:
                await self._progress(progressed)
        elif message.subject == CALL_FINISHED.subject:
            finished = CALL_FINISHED.message.FromString(message.data)
            # the end of earlier times is none: the call was moved
            if finished.call_id == self.call_id and finished.revision >= self._revision:
                text = f"{_term(events.CallOutcome.Name(finished.outcome), 'CALL_OUTCOME_')} ({finished.reason})"
                await self._lines.put(Line("finished", text, finished.outcome))

    async def _schedule(self, scheduled: events.CallScheduled) -> None:
        if scheduled.call_id != self.call_id:
            self.call_id, self._revision = scheduled.call_id, scheduled.revision
            await self._tell("scheduled", f"call {scheduled.call_id}")
        elif scheduled.revision > self._revision:
            self._revision = scheduled.revision
            await self._tell("moved", "to other times, before anyone had dialed")

    async def _dial(self, attempt_id: str, carrier_call_id: str) -> None:
        if attempt_id not in self._dialed:
            self._dialed.add(attempt_id)
            await self._tell(
                "dialed", f"attempt {attempt_id.rpartition('.')[2]}, the carrier calls it {carrier_call_id}"
            )

    async def _progress(self, progressed: events.CallProgressed) -> None:
        # what the carrier tells of a call may overtake that it was dialed
        await self._dial(progressed.attempt_id, progressed.carrier_call_id)
        match progressed.WhichOneof("event"):
            case "carrier_status":
                status = progressed.carrier_status.status
                word = _term(events.CarrierCallStatus.Name(status), "CARRIER_CALL_STATUS_")
                if status == events.CARRIER_CALL_STATUS_IN_PROGRESS:
                    await self._tell("answered", "somebody picked up")
                elif status != events.CARRIER_CALL_STATUS_INITIATED:
                    duration = progressed.carrier_status.duration.ToTimedelta()
                    await self._tell(word, f"after {duration.total_seconds():.0f} s on the line" if duration else "")
            case "answered_by":
                party = _term(events.AnsweringParty.Name(progressed.answered_by.party), "ANSWERING_PARTY_")
                await self._tell("answered by", f"a {party}, as the carrier heard it")
            case "reflection":
                state = _term(events.ReflectionState.Name(progressed.reflection.state), "REFLECTION_STATE_")
                await self._tell("reflection", state)

    async def _tell(self, kind: str, text: str) -> None:
        await self._lines.put(Line(kind, text))

    async def _said(self) -> AsyncIterator[Line]:
        if not self.call_id:
            return
        request = journal.ReadSessionRequest(person_id=self._person_id, call_id=self.call_id)
        try:
            session = await self._journal.ReadSession(request)
        except grpc.aio.AioRpcError as error:
            if error.code() in {
                grpc.StatusCode.NOT_FOUND,
                grpc.StatusCode.UNAVAILABLE,
                grpc.StatusCode.DEADLINE_EXCEEDED,
            }:
                return  # it has not begun, or the journal is restarting: the next look tells
            raise
        for turn in session.turns[self._turns_told :]:
            yield Line(SPEAKERS.get(turn.speaker, "?"), turn.text)
        self._turns_told = max(self._turns_told, len(session.turns))
        self.entry_id = session.entry_id

    def _verdicts(self) -> list[Line]:
        found: list[Line] = []
        with self._gateway_log.open("rb") as log:
            log.seek(self._log_position)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._log_position += len(line)
                entry = _parsed(line)
                if entry.get("event") == "verdict.given" and str(entry.get("call_id")) == self.call_id:
                    found.append(Line("verdict", str(entry.get("verdict"))))
        return found


def _parsed(line: bytes) -> dict[str, object]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _term(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower().replace("_", " ")


@asynccontextmanager
async def listening(story: CallStory, access: NatsAccess) -> AsyncIterator[CallStory]:
    """Makes a story hear the bus while the block runs."""
    client = await connect_nats(access, name="daybook run")
    try:
        await client.subscribe("call.>", cb=story.hear)
        await client.flush()
        yield story
    finally:
        await client.close()
