"""The entries of an archive, sent to the journal one by one as a person's own."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

import grpc

from chassis.errors import InvalidInput
from chassis.rpc import Token, call_metadata
from chassis.tokens import TokenSigner
from daybook.journal.v1 import archive_pb2 as pb
from daybook.journal.v1.archive_pb2_grpc import ArchiveServiceStub
from journal_archive.archive_file import ArchiveFile
from journal_archive.refusals import EntryRefused, WhyNoEntry
from portal.asking import JOURNAL_AWAY, answers_or

if TYPE_CHECKING:
    from daybook.journal.v1.archive_pb2_grpc import ArchiveServiceAsyncStub

ENTRY_TIMEOUT_S = 3600
"""For one entry: what a journal gives one at most."""
READ_AT_ONCE = 64
"""Messages that are unpacked in one go, beside the loop: some tens of seconds of audio."""


@dataclass(frozen=True)
class NotTaken:
    """An entry that did not come in: its folder in the archive, and why."""

    folder: str
    refused: EntryRefused


@dataclass
class Imported:
    """What became of an archive's entries.

    Attributes:
        new: how many came in.
        known: how many were there already.
        refused: the others.
        lost: how many were damaged where the archive was made, and are not in it.
    """

    new: int = 0
    known: int = 0
    lost: int = 0
    refused: list[NotTaken] = field(default_factory=list)


class JournalImport:
    """
    Args:
        channel: to the journal, without a token of its own.
        signer: makes the portal's tokens for the journal.
    """

    def __init__(self, channel: grpc.aio.Channel, signer: TokenSigner) -> None:
        self._archive: ArchiveServiceAsyncStub = ArchiveServiceStub(channel)
        self._signer = signer

    async def take_in(self, person_id: UUID, archive: ArchiveFile) -> Imported:
        """All entries that can be taken. What is there already is left as it is, so it can be done again.

        Raises:
            Unavailable: the journal does not answer. What came in before stays.
        """
        imported = Imported(lost=len(archive.manifest.unreadable))
        token = self._signer.for_person(person_id)
        for listed in archive.manifest.entries:
            try:
                known = await self._take(token, archive.messages(listed, str(person_id)))
            except EntryRefused as error:
                imported.refused.append(NotTaken(listed.folder.rpartition("/")[2], error))
            else:
                imported.known += known
                imported.new += not known
        return imported

    async def _take(self, token: Token, messages: Iterator[pb.ImportEntryRequest]) -> bool:
        """One entry; whether it was there already.

        Raises:
            EntryRefused: by its file, or by the journal.
            Unavailable: the journal does not answer.
        """
        batch = await _read(messages)
        try:
            with answers_or(JOURNAL_AWAY):
                metadata = call_metadata(token)
                asked = pb.FindImportedRequest(header=batch[0].header)
                if (await self._archive.FindImported(asked, metadata=metadata)).entry_id:
                    return True
                call = self._archive.ImportEntry(timeout=ENTRY_TIMEOUT_S, metadata=metadata)  # type: ignore[call-arg]  # the stubs ask for an iterator
                try:
                    while batch:
                        for message in batch:
                            await call.write(message)
                        batch = await _read(messages)
                    await call.done_writing()
                    return (await call).already_kept
                finally:
                    call.cancel()
        except InvalidInput as error:
            raise EntryRefused(
                WhyNoEntry.JOURNAL_REFUSES, f"the journal does not take it: {error.remedy.rstrip('.')}"
            ) from None


async def _read(messages: Iterator[pb.ImportEntryRequest]) -> Sequence[pb.ImportEntryRequest]:
    return await asyncio.to_thread(lambda: list(islice(messages, READ_AT_ONCE)))
