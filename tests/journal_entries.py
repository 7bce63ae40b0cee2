"""What tests of the portal put into a person's journal, as a gateway and the person would."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from spoken_entries import NOW, Conversation

from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from daybook.journal.v1.revisions_pb2 import Correction, EditEntryRequest
from daybook.journal.v1.revisions_pb2_grpc import RevisionsServiceStub

MARKUP: Sequence[str] = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }} ${alert(1)} {% raw %}<b>",
    "javascript:alert(1)' onmouseover='alert(1)",
    "</textarea><svg onload=alert(1)>",
)
"""What would run, or break out of where it stands, if a page took it for its own."""


async def spoken(house, person, *texts, started_at=NOW, seconds=1, audio=b"\x10" * 8000) -> str:
    """The id of an entry with these utterances, and some seconds of the person's audio."""
    conversation = Conversation(JournalServiceStub(house.journal), person.person_id, str(uuid4()))
    await conversation.start(started_at=started_at)
    for sequence, text in enumerate(texts):
        await conversation.say(sequence, text)
    await conversation.record(*(conversation.segment(second, audio) for second in range(seconds)))
    finished = await conversation.finish(ended_at=started_at + timedelta(seconds=seconds))
    return finished.entry.entry_id


@dataclass
class Kept:
    """Somebody's journal, and their browser."""

    house: Any
    person: Any
    browser: Any

    async def spoken(self, *texts: str, started_at: datetime = NOW, **more: Any) -> str:
        return await spoken(self.house, self.person, *texts, started_at=started_at, **more)

    async def edit(self, entry_id: str, based_on: int = 0, corrections=(), **content):
        """What the person wrote of an entry, kept as a revision."""
        request = EditEntryRequest(
            person_id=self.person.person_id,
            entry_id=entry_id,
            based_on=based_on,
            corrections=[Correction(**each) for each in corrections],
            **content,
        )
        return (await RevisionsServiceStub(self.house.journal).EditEntry(request)).revision

    async def entry(self, entry_id: str) -> pb.ReadEntryResponse:
        request = pb.ReadEntryRequest(person_id=self.person.person_id, entry_id=entry_id)
        return await JournalServiceStub(self.house.journal).ReadEntry(request)
