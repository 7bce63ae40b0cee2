"""The ledger of the numbers that opted out, in PostgreSQL. A number's row outlives its people: it is never deleted.

An opt-out is one of the number, whoever of a household said it: the phone is theirs together, and in doubt nobody is rung
(promise 2). A consent is one person's own. So a row is not taken out when somebody consents anew; what counts is whether that
very person has consented since.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.errors import KeyUnusable
from window_scheduler.sealed import Sealer
from window_scheduler.tables import opted_out_numbers

_NOTE = text(
    """
    INSERT INTO opted_out_numbers (number_hash, key_id, opted_out_at)
    SELECT number_hash, :key_id, opted_out_at
    FROM unnest(CAST(:number_hashes AS bytea[]), CAST(:opted_out_at AS timestamptz[])) AS noted (number_hash, opted_out_at)
    ON CONFLICT (number_hash)
    DO UPDATE SET opted_out_at = greatest(opted_out_numbers.opted_out_at, excluded.opted_out_at)
    """
)


class OptOutLedger:
    """The ledger, inside one transaction. It is asked by numbers, and holds their hashes (`sealed`)."""

    def __init__(self, connection: AsyncConnection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    async def note(self, opted_out_at: Mapping[str, datetime]) -> None:
        """Remembers numbers, each with when it opted out; of one that is there the later moment counts."""
        # in one order everywhere, so that none waits in a circle
        noted = sorted((self._sealer.number_hash(number), at) for number, at in opted_out_at.items())
        await self._connection.execute(
            _NOTE,
            {
                "key_id": self._sealer.number_key_id,
                "number_hashes": [number_hash for number_hash, _ in noted],
                "opted_out_at": [at for _, at in noted],
            },
        )

    async def opted_out_at(self, phone_number: str) -> datetime | None:
        """When a number opted out last; none where it never did."""
        found = await self._connection.execute(
            select(opted_out_numbers.c.opted_out_at).where(
                opted_out_numbers.c.number_hash == self._sealer.number_hash(phone_number)
            )
        )
        moment: datetime | None = found.scalar_one_or_none()
        return moment

    async def check_key(self) -> None:
        """Returns where the numbers in the ledger can be found again.

        Raises:
            KeyUnusable: they were hashed under another key.
        """
        other = exists().where(opted_out_numbers.c.key_id != self._sealer.number_key_id)
        if (await self._connection.execute(select(other))).scalar_one():
            raise KeyUnusable(
                "DAYBOOK_PEOPLE_KEY_FILE: under this key the numbers that opted out are not found again, and would be called. "
                "Mount the key that was in use before."
            )
