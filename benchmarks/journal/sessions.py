"""Sessions as a gateway writes them over gRPC, and how long one waits for a part of a recording."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from uuid import uuid4

from google.protobuf.timestamp_pb2 import Timestamp

from benchmarks.journal.findings import FirstByte, SessionCost
from benchmarks.journal.house import House
from benchmarks.journal.sound import segments_of
from benchmarks.measuring import read_clocks
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from journal.wav import HEADER_BYTES
from voice_gateway.recording import SEGMENT_BYTES, SEGMENT_MS

TRACKS = (pb.SPEAKER_PERSON, pb.SPEAKER_DAYBOOK)
TURNS, SECONDS = 20, 60
WARM_UP_SESSIONS = 5
WORDS = "I was glad that it was over, and then I went home by the river and thought of nothing at all for a while."


@dataclass(frozen=True)
class Kept:
    """A session that has ended: whose entry it is."""

    person_id: str
    entry_id: str


async def hold(house: House, *, turns: int, seconds: int, sound: Sequence[bytes], person_id: str | None = None) -> Kept:
    """A whole session, of somebody new where nobody is named: its turns, beside both tracks of its recording, as fast as the
    journal takes them.
    """
    stub, began = JournalServiceStub(house.channel), datetime.now(UTC)
    person_id = person_id or str(uuid4())
    started = await stub.StartSession(
        pb.StartSessionRequest(
            call_id=str(uuid4()), person_id=person_id, started_at=_timestamp(began), attempt_number=1
        ),
        metadata=house.as_gateway(),
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_record(house, started.session_id, seconds, sound))
        for sequence in range(turns):
            turn = pb.Turn(
                sequence=sequence,
                speaker=TRACKS[sequence % 2],
                text=WORDS,
                starts_at_ms=sequence * 1000,
                ends_at_ms=sequence * 1000 + 900,
            )
            await stub.AppendTurn(
                pb.AppendTurnRequest(session_id=started.session_id, turn=turn), metadata=house.as_gateway()
            )
    ended = await stub.FinishSession(
        pb.FinishSessionRequest(
            session_id=started.session_id,
            outcome=pb.SESSION_OUTCOME_COMPLETED,
            ended_at=_timestamp(began + timedelta(seconds=seconds)),
        ),
        metadata=house.as_gateway(),
    )
    return Kept(person_id, ended.entry.entry_id)


async def _record(house: House, session_id: str, seconds: int, sound: Sequence[bytes]) -> None:
    async def segments() -> AsyncIterator[pb.AppendAudioRequest]:
        for sequence in range(seconds * 1000 // SEGMENT_MS):
            for track in TRACKS:
                yield pb.AppendAudioRequest(
                    session_id=session_id,
                    track=track,
                    sequence=sequence,
                    starts_at_ms=sequence * SEGMENT_MS,
                    audio=sound[sequence % len(sound)],
                )

    async for _ in JournalServiceStub(house.channel).AppendAudio(segments(), metadata=house.as_gateway()):
        pass


def _timestamp(at: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(at)
    return timestamp


async def measure_sessions(house: House, sessions: int, *, at_once: int) -> SessionCost:
    """So many sessions, some at once."""
    sound, places = segments_of(64, SEGMENT_BYTES), asyncio.Semaphore(at_once)

    async def one() -> None:
        async with places:
            await hold(house, turns=TURNS, seconds=SECONDS, sound=sound)

    async def several(count: int) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(count):
                tasks.create_task(one())

    await several(WARM_UP_SESSIONS)
    before = read_clocks(house.servers)
    await several(sessions)
    cost = read_clocks(house.servers) - before
    return SessionCost(
        sessions=sessions,
        at_once=at_once,
        wall_s=cost.wall_s,
        journal_cpu_s=cost.cpu_s["journal"],
        postgres_cpu_s=cost.cpu_s["postgres"],
    )


async def measure_first_byte(house: House, minutes: int, *, times: int) -> FirstByte:
    """One long recording; how long its first sample and the one in its middle are waited for, in turn."""
    kept = await hold(house, turns=2, seconds=minutes * 60, sound=segments_of(64, SEGMENT_BYTES))
    middle = HEADER_BYTES + minutes * 60 * 8000
    from_start, from_middle = list[float](), list[float]()
    for _ in range(times):
        from_start.append(await _until_first_byte(house, kept, HEADER_BYTES))
        from_middle.append(await _until_first_byte(house, kept, middle))
    return FirstByte(
        minutes=minutes, from_start_ms=median(from_start) * 1000, from_middle_ms=median(from_middle) * 1000
    )


async def _until_first_byte(house: House, kept: Kept, offset: int) -> float:
    """Seconds."""
    asked = pb.ReadAudioRequest(person_id=kept.person_id, entry_id=kept.entry_id, offset=offset)
    metadata = house.as_person(kept.person_id)
    began = time.perf_counter()
    answers = JournalServiceStub(house.channel).ReadAudio(asked, metadata=metadata)
    async for answer in answers:
        if answer.chunk:
            break
    took = time.perf_counter() - began
    answers.cancel()
    return took
