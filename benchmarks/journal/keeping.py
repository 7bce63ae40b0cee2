"""Audio kept by the journal's own means in a folder: each segment sealed, stored and answered, of so many recordings at once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvloop

from benchmarks.contestants import contest
from benchmarks.journal.sound import segments_of
from benchmarks.measuring import read_clocks
from journal.envelope import new_key
from journal.objects import Objects, open_objects
from journal.recordings import RunningRecording
from journal.records import KeptSegment, Segment, Session, Speaker
from journal.sealing import RecordingSeal, new_recording


def new_seal() -> tuple[Session, RecordingSeal]:
    """A session of somebody, and what seals its recording."""
    person_key, person_id = new_key(), uuid4()
    session = Session(
        session_id=uuid4(),
        call_id=uuid4(),
        person_id=person_id,
        attempt_number=1,
        started_at=datetime.now(UTC),
        ended_at=None,
        outcome=None,
        closing=None,
        wrapped_key=b"",
        recording=new_recording(person_key, person_id, uuid4()),
    )
    return session, RecordingSeal(person_key, person_id, session.recording)


def seal_all(audio: Sequence[bytes]) -> None:
    _, seal = new_seal()
    for number, each in enumerate(audio):
        seal.seal(KeptSegment(Speaker.PERSON, number, number, len(each)), each)


async def keep_all(objects: Objects, audio: Sequence[bytes]) -> None:
    """One recording, each segment after the one before it is safe."""
    recording = RunningRecording(objects, *new_seal())
    for number, each in enumerate(audio):
        await recording.keep(Segment(Speaker.PERSON, number, number, each))


async def measure(task: dict[str, Any]) -> dict[str, Any]:
    audio = segments_of(task["segments"], task["segment_bytes"])
    objects, at_once = open_objects(Path(task["folder"]).as_uri()), task["at_once"]
    await keep_all(objects, audio[:100])
    before = read_clocks({})
    seal_all(audio)
    between = read_clocks({})
    async with asyncio.TaskGroup() as tasks:
        for number in range(at_once):
            tasks.create_task(keep_all(objects, audio[number::at_once]))
    stored = read_clocks({}) - between
    return {"sealed_cpu_s": (between - before).all_cpu_s, "stored_cpu_s": stored.all_cpu_s}


def work(task: dict[str, Any]) -> dict[str, Any]:
    return uvloop.run(measure(task))


if __name__ == "__main__":
    contest(work)
