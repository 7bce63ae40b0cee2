"""A call as its gateway writes it to the journal, over the journal's own gRPC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1 import journal_pb2_grpc as rpc

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PERSON, DAYBOOK = pb.SPEAKER_PERSON, pb.SPEAKER_DAYBOOK


def instant(at: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(at)
    return timestamp


@dataclass
class Conversation:
    """One call as its gateway writes it to the journal."""

    stub: "rpc.JournalServiceAsyncStub"
    person_id: str
    call_id: str
    session_id: str = ""

    async def start(self, attempt_number=1, started_at=NOW):
        request = pb.StartSessionRequest(
            call_id=self.call_id,
            person_id=self.person_id,
            started_at=instant(started_at),
            attempt_number=attempt_number,
        )
        started = await self.stub.StartSession(request)
        self.session_id = started.session_id
        return started

    async def say(self, sequence, text, speaker=PERSON):
        turn = pb.Turn(
            sequence=sequence,
            speaker=speaker,
            text=text,
            starts_at_ms=sequence * 1000,
            ends_at_ms=sequence * 1000 + 900,
        )
        await self.stub.AppendTurn(pb.AppendTurnRequest(session_id=self.session_id, turn=turn))
        return turn

    def segment(self, sequence, audio=b"\x10" * 8000, track=PERSON, starts_at_ms=None):
        return pb.AppendAudioRequest(
            session_id=self.session_id,
            track=track,
            sequence=sequence,
            starts_at_ms=sequence * 1000 if starts_at_ms is None else starts_at_ms,
            audio=audio,
        )

    async def record(self, *segments):
        return [answer.position async for answer in self.stub.AppendAudio(segments)]

    async def begin_closing(self, outcome):
        await self.stub.BeginClosing(pb.BeginClosingRequest(session_id=self.session_id, outcome=outcome))

    async def finish(self, outcome=pb.SESSION_OUTCOME_COMPLETED, ended_at=NOW + timedelta(minutes=2)):
        request = pb.FinishSessionRequest(session_id=self.session_id, outcome=outcome, ended_at=instant(ended_at))
        return await self.stub.FinishSession(request)

    async def read(self, entry_id):
        return await self.stub.ReadEntry(pb.ReadEntryRequest(person_id=self.person_id, entry_id=entry_id))

    async def hear(self, entry_id, **part):
        request = pb.ReadAudioRequest(person_id=self.person_id, entry_id=entry_id, **part)
        return b"".join([answer.chunk async for answer in self.stub.ReadAudio(request)])
