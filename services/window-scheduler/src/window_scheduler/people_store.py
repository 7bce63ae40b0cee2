"""The people in PostgreSQL: what identifies them is sealed on the way in and opened on the way out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.calling_hours import CallingHours
from window_scheduler.errors import KeyUnusable, NoSuchPerson, SealBroken
from window_scheduler.opt_out_store import OptOutLedger
from window_scheduler.people import Consent, Person, Profile, later_opt_out, opted_out_still
from window_scheduler.sealed import Sealer, nonce_of
from window_scheduler.tables import call_windows, outbox, people, scheduled_calls, window_decisions


class PeopleStore:
    """The people, inside one transaction. The number of each who opted out is in the ledger, whatever way it came to that.

    Who changes a person locks the row first (`locked`), then their windows: one order everywhere, so none waits in a circle.
    """

    def __init__(self, connection: AsyncConnection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer
        self._ledger = OptOutLedger(connection, sealer)

    async def add(self, person: Person) -> None:
        row = {"person_id": person.person_id, "created_at": person.created_at, **self._row(person)}
        await self._connection.execute(insert(people).values(row))
        await self._remember(person)

    async def get(self, person_id: UUID) -> Person:
        """Raises NoSuchPerson."""
        found = await self._connection.execute(select(people).where(people.c.person_id == person_id))
        return self._one(found.mappings().one_or_none(), person_id)

    async def locked(self, person_id: UUID) -> Person:
        """The person, whom nobody else changes until this transaction ends. Raises NoSuchPerson."""
        # FOR NO KEY UPDATE: a tick that stores a call of this person need not wait
        found = await self._connection.execute(
            select(people).where(people.c.person_id == person_id).with_for_update(key_share=True)
        )
        return self._one(found.mappings().one_or_none(), person_id)

    async def locked_to_dial(self, person_id: UUID) -> Person:
        """The person, locked. Where somebody else has opted out of their number since, so have they, and that is kept.

        Raises:
            NoSuchPerson: there is none of that id.
        """
        stored = await self.locked(person_id)
        person = await self.with_opt_outs(stored)
        if person.opted_out_at != stored.opted_out_at:
            await self.note_opt_out(person)
        return person

    async def page(self, *, after: UUID | None, size: int) -> Sequence[Person]:
        """So many people by id, from the first one after `after`."""
        query = select(people).order_by(people.c.person_id).limit(size)
        if after is not None:
            query = query.where(people.c.person_id > after)
        found = await self._connection.execute(query)
        return [self._person(row) for row in found.mappings()]

    async def change(self, person: Person) -> None:
        await self._connection.execute(
            update(people).where(people.c.person_id == person.person_id).values(self._row(person))
        )
        await self._remember(person)

    async def with_opt_outs(self, person: Person) -> Person:
        """The person as they are to be kept: opted out where they or their number did, and they have not agreed since."""
        of_number = await self._ledger.opted_out_at(person.profile.phone_number)
        last = later_opt_out(person.opted_out_at, of_number)
        return replace(person, opted_out_at=opted_out_still(last, person.profile.consent))

    async def opt_out(self, person_id: UUID, *, at: datetime) -> Person:
        """Notes that a person is not to be called any more; the first time counts. Raises NoSuchPerson.

        Returns:
            The person as they are now.
        """
        person = await self.locked(person_id)
        opted_out = replace(person, opted_out_at=person.opted_out_at or at)
        await self.note_opt_out(opted_out)
        return opted_out

    async def note_opt_out(self, person: Person) -> None:
        """Keeps when a person opted out, and nothing else of them."""
        await self._connection.execute(
            update(people).where(people.c.person_id == person.person_id).values(opted_out_at=person.opted_out_at)
        )
        await self._remember(person)

    async def _remember(self, person: Person) -> None:
        if person.opted_out_at is not None:
            await self._ledger.note({person.profile.phone_number: person.opted_out_at})

    async def remember_all(self) -> Sequence[UUID]:
        """Puts in the ledger whoever opted out while a release ran that kept none.

        Returns:
            Whose number does not open, so that it cannot be: the others are to be called still.
        """
        found = await self._connection.execute(
            select(people.c.person_id, people.c.phone_number, people.c.opted_out_at).where(
                people.c.opted_out_at.is_not(None)
            )
        )
        noted: dict[str, datetime] = {}
        unreadable: list[UUID] = []
        for person_id, sealed, opted_out_at in found:
            try:
                number = self._sealer.open(sealed, person_id=person_id, column="phone_number")
            except SealBroken:
                unreadable.append(person_id)
                continue
            noted[number] = max(opted_out_at, noted.get(number, opted_out_at))
        await self._ledger.note(noted)
        return unreadable

    async def remove(self, person_id: UUID) -> None:
        """Deletes a person with all they have, but for what the ledger holds. Raises NoSuchPerson."""
        await self._remember(await self.locked(person_id))
        # a tick that has claimed one of the windows stores its call first, and the call goes with the person
        await self._connection.execute(delete(call_windows).where(call_windows.c.person_id == person_id))
        calls = select(scheduled_calls.c.call_id).where(scheduled_calls.c.person_id == person_id)
        await self._connection.execute(delete(outbox).where(outbox.c.call_id.in_(calls)))
        await self._connection.execute(delete(window_decisions).where(window_decisions.c.person_id == person_id))
        await self._connection.execute(delete(people).where(people.c.person_id == person_id))

    async def check_key(self) -> None:
        """Returns where the key opens what is stored, and finds the numbers in the ledger.

        Raises:
            KeyUnusable: it is another key than the one that sealed the rows.
        """
        try:
            await self.page(after=None, size=1)
        except SealBroken:
            raise KeyUnusable(
                "DAYBOOK_PEOPLE_KEY_FILE: this key is not the one that the people in the database were sealed with. "
                "Mount the key that was in use before."
            ) from None
        await self._ledger.check_key()

    def _one(self, row: RowMapping | None, person_id: UUID) -> Person:
        if row is None:
            raise NoSuchPerson(person_id)
        return self._person(row)

    def _row(self, person: Person) -> dict[str, Any]:
        profile, consent, hours = person.profile, person.profile.consent, person.profile.calling_hours
        identifying = {
            "name": profile.name,
            "name_pronunciation": profile.name_pronunciation,
            "phone_number": profile.phone_number,
        }
        sealed = {
            column: self._sealer.seal(words, person_id=person.person_id, column=column)
            for column, words in identifying.items()
        }
        return {
            **sealed,
            "time_zone": profile.time_zone,
            "locale": profile.locale,
            "calling_hours_start": hours.start if hours else None,
            "calling_hours_end": hours.end if hours else None,
            "consent_given_at": consent.given_at if consent else None,
            "consent_wording_version": consent.wording_version if consent else None,
            "consent_channel": consent.channel if consent else None,
            "programme": profile.programme,
            "opted_out_at": person.opted_out_at,
            "number_hash": self._sealer.finding_hash(profile.phone_number),
            "number_hashed_from": nonce_of(sealed["phone_number"]),
        }

    def _person(self, row: RowMapping) -> Person:
        def opened(column: str) -> str:
            return self._sealer.open(row[column], person_id=row["person_id"], column=column)

        consent = (
            Consent(row["consent_given_at"], row["consent_wording_version"], row["consent_channel"])
            if row["consent_given_at"] is not None
            else None
        )
        hours = (
            CallingHours(row["calling_hours_start"], row["calling_hours_end"])
            if row["calling_hours_start"] is not None
            else None
        )
        profile = Profile(
            name=opened("name"),
            name_pronunciation=opened("name_pronunciation"),
            phone_number=opened("phone_number"),
            time_zone=row["time_zone"],
            locale=row["locale"],
            calling_hours=hours,
            consent=consent,
            programme=row["programme"],
        )
        return Person(row["person_id"], profile, row["opted_out_at"], row["created_at"])


@dataclass(frozen=True)
class PeopleCounts:
    """How many people there are, and how many of them are not called, by why; a person may be among several."""

    all: int
    with_windows: int
    opted_out: int
    without_consent: int


async def count_people(connection: AsyncConnection) -> PeopleCounts:
    """Counts all people. It reads every row: not for every few seconds."""
    found = await connection.execute(
        select(
            func.count(),
            select(func.count(call_windows.c.person_id.distinct())).scalar_subquery(),
            func.count(people.c.opted_out_at),
            func.count().filter(people.c.consent_given_at.is_(None)),
        ).select_from(people)
    )
    return PeopleCounts(*found.one())
