"""What an entry is called and says in short: told by a model, edited by its person, with every version of it kept."""

from collections.abc import AsyncIterator
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.database import Database
from daybook.journal.v1.revisions_pb2 import AUTHOR_DAYBOOK, AUTHOR_PERSON, EditEntryRequest, Revision
from daybook.journal.v1.revisions_pb2 import Author as AuthorValue
from journal import metrics, revision_store, store
from journal.entries import entry_of_person
from journal.errors import EditedMeanwhile, NoSuchEntry, NoSuchSession, PersonErased
from journal.keyring import Keyring
from journal.records import Author, Entry, SealedRevision, Session
from journal.revision_contract import content_of, same_content
from journal.sealing import SessionSeal

log = structlog.get_logger()


class Revisions:
    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    async def edit(self, person_id: UUID, entry_id: UUID, request: EditEntryRequest) -> Revision:
        """Makes the next revision of an entry. The same edit again returns the revision that it made.

        Raises:
            NoSuchEntry: the person has none of this id.
            PersonErased: the person was deleted a moment ago.
            InvalidInput: what was written cannot be kept.
            EditedMeanwhile: the entry has a newer revision than the one that was edited.
            IntegrityError: its newest revision cannot be opened, or an older one is gone.
        """
        entry, session = await self._entry(person_id, entry_id)
        edited = content_of(request, turns=entry.turns)
        seal = SessionSeal(await self._keyring.key_of(person_id), session)
        async with self._database.transaction() as connection:
            await _hold(connection, session, entry_id)
            numbers = await revision_store.numbers(connection, session.session_id)
            seal.check_numbers(numbers)
            newest = await revision_store.newest(connection, session.session_id)
            if len(numbers) == request.based_on + 1 and newest is not None and newest.author is Author.PERSON:
                made = seal.open_revision(newest)
                if same_content(made, edited):
                    return made
            if len(numbers) != request.based_on:
                raise EditedMeanwhile(based_on=request.based_on, newest=len(numbers))
            await revision_store.add_revision(connection, self._sealed(seal, edited, AUTHOR_PERSON, len(numbers) + 1))
        metrics.revisions_made.labels(Author.PERSON).inc()
        log.info("entry.edited", entry_id=str(entry_id), person_id=str(person_id), number=edited.number)
        return edited

    async def keep_described(self, person_id: UUID, entry_id: UUID, described: Revision) -> bool:
        """Makes what a model told of an entry its first revision; False where it has one already.

        Raises:
            NoSuchEntry: the person has none of this id.
            PersonErased: the person was deleted a moment ago.
            IntegrityError: the session's key cannot be opened.
        """
        _, session = await self._entry(person_id, entry_id)
        seal = SessionSeal(await self._keyring.key_of(person_id), session)
        async with self._database.transaction() as connection:
            await _hold(connection, session, entry_id)
            if await revision_store.newest(connection, session.session_id) is not None:
                return False
            await revision_store.add_revision(connection, self._sealed(seal, described, AUTHOR_DAYBOOK, 1))
        metrics.revisions_made.labels(Author.DAYBOOK).inc()
        return True

    async def history(self, person_id: UUID, entry_id: UUID) -> AsyncIterator[Revision]:
        """Every revision of an entry, the newest first.

        Raises:
            NoSuchEntry: the person has none of this id, or it was deleted meanwhile.
            IntegrityError: one cannot be opened, or is gone.
        """
        _, session = await self._entry(person_id, entry_id)
        seal = SessionSeal(await self._keyring.key_of(person_id), session)
        async with self._database.transaction() as connection:
            numbers = await revision_store.numbers(connection, session.session_id)
        seal.check_numbers(numbers)
        log.info("revisions.read", entry_id=str(entry_id), person_id=str(person_id), revisions=len(numbers))
        for number in reversed(numbers):
            async with self._database.transaction() as connection:
                sealed = await revision_store.revision(connection, session.session_id, number)
            if sealed is None:
                raise NoSuchEntry(entry_id)
            yield seal.open_revision(sealed)

    def _sealed(
        self, seal: SessionSeal, content: Revision, author: AuthorValue.ValueType, number: int
    ) -> SealedRevision:
        """The content, made a revision by giving it its number, author and time."""
        content.number, content.author = number, author
        content.made_at.FromDatetime(self._clock.now())
        return seal.seal_revision(content)

    async def _entry(self, person_id: UUID, entry_id: UUID) -> tuple[Entry, Session]:
        async with self._database.transaction() as connection:
            return await entry_of_person(connection, person_id, entry_id)


async def _hold(connection: AsyncConnection, session: Session, entry_id: UUID) -> None:
    """Has the transaction alone add revisions to an entry, and its person not deleted until it ends.

    Raises:
        PersonErased: they were deleted already.
        NoSuchEntry: the entry was.
    """
    if not await store.hold_person_key(connection, session.person_id):
        raise PersonErased(session.person_id)
    try:
        await store.lock_session(connection, session.session_id)
    except NoSuchSession:
        raise NoSuchEntry(entry_id) from None
