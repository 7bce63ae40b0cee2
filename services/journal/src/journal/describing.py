"""Entries are described when their call has ended: a language model is asked for a title, a summary, tags and the mood.

An entry that is to be described says so in its row, so a crash forgets none. Whoever takes one counts the try and puts the next
one down in the same transaction: several journals never ask for one at once, and one that dies in the middle leaves it to be
taken again. What comes of it is the entry's first revision, or nothing, where its person has written one meanwhile.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import structlog
from structlog.contextvars import bound_contextvars

from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import DaybookError
from chassis.heartbeat import Heartbeat
from chassis.telemetry import call_context, observe, span
from chassis.waiting import until_set
from daybook.journal.v1.journal_pb2 import Turn
from daybook.journal.v1.revisions_pb2 import Revision
from journal import description_store, keeping_store, metrics, revision_store
from journal.audit import Audit
from journal.audit_chain import Access
from journal.damage import tell_damage
from journal.description import ASKED_AGAIN_AFTER, MOST_TRIES, asked_again_after
from journal.entries import Entries
from journal.errors import DescriptionRefused, DescriptionUnavailable, IntegrityError, NoSuchEntry, PersonErased
from journal.records import DescriptionEnding, ToDescribe, Undescribed
from journal.revisions import Revisions

log = structlog.get_logger()

CALLER, METHOD = "journal", "DescribeEntry"
"""What the audit log calls it when the journal gives an entry's words to the model."""
AT_ONCE = 4
LOOKED_FOR_EVERY = timedelta(seconds=10)


class Describer(Protocol):
    async def describe(self, turns: Sequence[Turn]) -> Revision:
        """What is to be told of these turns, as a revision without number, author and time.

        Raises:
            DescriptionUnavailable: not now.
            DescriptionRefused: the model does not speak of these words.
        """
        ...

    async def check(self) -> None:
        """Tells in the log, at start-up, whether there are descriptions to be had."""
        ...


class Describing:
    """
    Args:
        made: set when an entry was made by this process, so that it is not waited for.
    """

    def __init__(
        self,
        database: Database,
        entries: Entries,
        revisions: Revisions,
        describer: Describer,
        audit: Audit,
        clock: Clock,
        *,
        made: asyncio.Event,
    ) -> None:
        self._database = database
        self._entries = entries
        self._revisions = revisions
        self._describer = describer
        self._audit = audit
        self._clock = clock
        self._made = made
        self._heartbeat = Heartbeat("describer", clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Describes what is due, some at once, until `stop` is set. What is under way then is taken again by another."""
        await self._describer.check()
        async with asyncio.TaskGroup() as tasks:
            workers = [tasks.create_task(self._work()) for _ in range(AT_ONCE)]
            await stop.wait()
            for worker in workers:
                worker.cancel()

    async def _work(self) -> None:
        while True:
            self._made.clear()
            try:
                more = await self.describe_next()
                self._heartbeat.beat()
            except DaybookError as error:
                log.warning("describer.failed", exc_info=error)
                more = False
            if not more:
                await until_set(self._made, within=LOOKED_FOR_EVERY)

    async def describe_next(self) -> bool:
        """Makes one try at the entry that is due longest. False where none is due.

        Raises:
            DatabaseUnavailable: it is tried again when its time comes.
        """
        taken = await self._take()
        if taken is None:
            return False
        due, ending = taken
        with (
            bound_contextvars(entry_id=str(due.entry_id), person_id=str(due.person_id)),
            span("describe", context=call_context(due.call_id)),
        ):
            ending = ending or await self._try(due)
            if ending is not None:
                _tell(ending)
        return True

    async def _take(self) -> tuple[ToDescribe, DescriptionEnding | None] | None:
        """The next entry, its try counted; with its ending, where nobody is to be asked."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            due = await description_store.take_due(connection, now)
            if due is None:
                return None
            ending: DescriptionEnding | None = None
            if due.tries >= MOST_TRIES:  # the process died in the last one
                ending = DescriptionEnding.GIVEN_UP
            elif await revision_store.newest(connection, due.session_id) is not None:
                ending = DescriptionEnding.WRITTEN
            elif not (await keeping_store.keeping(connection, due.person_id)).descriptions:
                ending = DescriptionEnding.UNWISHED
            if ending is None:
                again_after = asked_again_after(due.tries + 1) or ASKED_AGAIN_AFTER[-1]
                await description_store.count_try(connection, due.entry_id, now + again_after)
            else:
                await description_store.settle(connection, due.entry_id)
        return due, ending

    async def _try(self, due: ToDescribe) -> DescriptionEnding | None:
        """None where it is tried again later, or the entry is there no more."""
        began = time.monotonic()
        try:
            return await self._described(due)
        except (PersonErased, NoSuchEntry):
            return None
        except DescriptionRefused:
            reason, last = Undescribed.WITHHELD, True
        except DescriptionUnavailable as error:
            reason, last = error.reason, False
        except IntegrityError as error:
            tell_damage(error)
            reason, last = Undescribed.DAMAGED, False
        except Exception as error:
            # one entry's fault must not keep the others from being described; its turn comes again
            log.warning("entry.not_read", exc_info=error)
            reason, last = Undescribed.UNREADABLE, False
        finally:
            observe(metrics.description_s, time.monotonic() - began)
        metrics.description_tries_failed.labels(reason).inc()
        log.warning("entry.not_described", reason=reason, tries=due.tries + 1)
        if not last and asked_again_after(due.tries + 1) is not None:
            return None
        async with self._database.transaction() as connection:
            await description_store.settle(connection, due.entry_id)
        return DescriptionEnding.GIVEN_UP

    async def _described(self, due: ToDescribe) -> DescriptionEnding:
        # it reads their words as anybody else does who is let in: not unseen
        await self._audit.add(
            Access(
                at=self._clock.now(),
                caller=CALLER,
                asked_for=None,
                method=METHOD,
                person_id=due.person_id,
                record_id=due.entry_id,
                refused_for="",
            )
        )
        opened = await self._entries.open(due.person_id, due.entry_id)
        described = await self._describer.describe(opened.turns)
        kept = await self._revisions.keep_described(due.person_id, due.entry_id, described)
        async with self._database.transaction() as connection:
            await description_store.settle(connection, due.entry_id)
        return DescriptionEnding.DESCRIBED if kept else DescriptionEnding.WRITTEN


def _tell(ending: DescriptionEnding) -> None:
    metrics.descriptions_ended.labels(ending).inc()
    if ending is DescriptionEnding.GIVEN_UP:
        log.error("description.given_up")
    else:
        log.info("description.ended", outcome=ending)
