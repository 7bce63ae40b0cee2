"""The SQL of accounts at an OpenID provider, and of the browsers that were sent there. Nothing is committed here: the caller's
transaction is the boundary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True)
class Account:
    """
    Attributes:
        account: by which it is known: 32 bytes that tell neither the provider nor the name there.
        person_id: whom it signs in.
        used_at: when it last did; None: it has not yet.
    """

    account: bytes
    person_id: UUID
    connected_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class SentAway:
    """A browser that was sent to the provider, and has not come back.

    Attributes:
        nonce, code_verifier: see `openid_provider.Proofs`.
        leads_to: the page to go to then.
        connects: who is to be signed in by the account from now on; None: whoever is already.
    """

    nonce: str
    code_verifier: str
    leads_to: str
    connects: UUID | None


async def put_sent_away(
    connection: AsyncConnection, state: bytes, browser: bytes, sent: SentAway, until: datetime
) -> None:
    await connection.execute(
        text(
            "INSERT INTO account_sign_ins (state, browser, nonce, code_verifier, leads_to, connects, valid_until) "
            "VALUES (:state, :browser, :nonce, :code_verifier, :leads_to, :connects, :until)"
        ),
        {**vars(sent), "state": state, "browser": browser, "until": until},
    )


async def take_sent_away(connection: AsyncConnection, state: bytes, browser: bytes, now: datetime) -> SentAway | None:
    """What a browser comes back with, which it can do once; None where that is over, or never was in this browser."""
    taken = await connection.execute(
        text(
            "DELETE FROM account_sign_ins WHERE state = :state AND browser = :browser AND valid_until > :now "
            "RETURNING nonce, code_verifier, leads_to, connects"
        ),
        {"state": state, "browser": browser, "now": now},
    )
    row = taken.one_or_none()
    return None if row is None else SentAway(**row._asdict())


async def delete_sent_away_before(connection: AsyncConnection, now: datetime) -> None:
    await connection.execute(text("DELETE FROM account_sign_ins WHERE valid_until <= :now"), {"now": now})


async def use(connection: AsyncConnection, account: bytes, now: datetime) -> UUID | None:
    """Whom an account signs in now; None: nobody."""
    used = await connection.execute(
        text("UPDATE accounts SET used_at = :now WHERE account = :account RETURNING person_id"),
        {"account": account, "now": now},
    )
    person_id: UUID | None = used.scalar_one_or_none()
    return person_id


async def connect(connection: AsyncConnection, account: bytes, person_id: UUID, now: datetime) -> bool:
    """
    Returns:
        Whether it is theirs now, or was before; false: it is somebody else's.
    """
    connected = await connection.execute(
        text(
            "INSERT INTO accounts AS known (account, person_id, connected_at) VALUES (:account, :person_id, :now) "
            "ON CONFLICT (account) DO UPDATE SET connected_at = known.connected_at WHERE known.person_id = :person_id "
            "RETURNING 1"
        ),
        {"account": account, "person_id": person_id, "now": now},
    )
    return connected.one_or_none() is not None


async def accounts_of(connection: AsyncConnection, person_id: UUID) -> Sequence[Account]:
    """All of a person's, the newest first."""
    found = await connection.execute(
        text(
            "SELECT account, person_id, connected_at, used_at FROM accounts WHERE person_id = :person_id "
            "ORDER BY connected_at DESC, account"
        ),
        {"person_id": person_id},
    )
    return [Account(**row._asdict()) for row in found]


async def disconnect(connection: AsyncConnection, account: bytes, person_id: UUID) -> None:
    """One of a person's; nobody else's."""
    await connection.execute(
        text("DELETE FROM accounts WHERE account = :account AND person_id = :person_id"),
        {"account": account, "person_id": person_id},
    )


async def disconnect_all_of(connection: AsyncConnection, person_id: UUID) -> None:
    await connection.execute(text("DELETE FROM accounts WHERE person_id = :person_id"), {"person_id": person_id})
