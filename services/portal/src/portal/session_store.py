"""The SQL of browser sessions and of links to sign in. Nothing is committed here: the caller's transaction is the boundary."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.browser_sessions import BrowserSession


async def add_session(connection: AsyncConnection, session: BrowserSession) -> None:
    await connection.execute(
        text(
            "INSERT INTO browser_sessions (fingerprint, person_id, created_at, seen_at, locale) "
            "VALUES (:fingerprint, :person_id, :created_at, :seen_at, :locale)"
        ),
        vars(session),
    )


async def session(connection: AsyncConnection, fingerprint: bytes) -> BrowserSession | None:
    found = await connection.execute(
        text(
            "SELECT fingerprint, person_id, created_at, seen_at, locale FROM browser_sessions WHERE fingerprint = :fingerprint"
        ),
        {"fingerprint": fingerprint},
    )
    row = found.one_or_none()
    return None if row is None else BrowserSession(**row._asdict())


async def see_session(connection: AsyncConnection, fingerprint: bytes, now: datetime) -> None:
    await connection.execute(
        text("UPDATE browser_sessions SET seen_at = :now WHERE fingerprint = :fingerprint AND seen_at < :now"),
        {"fingerprint": fingerprint, "now": now},
    )


async def sessions_of(connection: AsyncConnection, person_id: UUID) -> Sequence[BrowserSession]:
    """All of a person's, the last seen first."""
    found = await connection.execute(
        text(
            "SELECT fingerprint, person_id, created_at, seen_at, locale FROM browser_sessions WHERE person_id = :person_id "
            "ORDER BY seen_at DESC, created_at DESC, fingerprint"
        ),
        {"person_id": person_id},
    )
    return [BrowserSession(**row._asdict()) for row in found]


async def set_locale_of(connection: AsyncConnection, person_id: UUID, locale: str) -> None:
    """In all browsers of a person's."""
    await connection.execute(
        text("UPDATE browser_sessions SET locale = :locale WHERE person_id = :person_id"),
        {"person_id": person_id, "locale": locale},
    )


async def delete_session(connection: AsyncConnection, fingerprint: bytes) -> None:
    await connection.execute(
        text("DELETE FROM browser_sessions WHERE fingerprint = :fingerprint"), {"fingerprint": fingerprint}
    )


async def delete_session_of(connection: AsyncConnection, person_id: UUID, fingerprint: bytes) -> None:
    """One of a person's; nobody else's."""
    await connection.execute(
        text("DELETE FROM browser_sessions WHERE fingerprint = :fingerprint AND person_id = :person_id"),
        {"fingerprint": fingerprint, "person_id": person_id},
    )


async def delete_other_sessions(connection: AsyncConnection, session: BrowserSession) -> None:
    """All of a person's but this one."""
    await connection.execute(
        text("DELETE FROM browser_sessions WHERE person_id = :person_id AND fingerprint <> :fingerprint"),
        {"person_id": session.person_id, "fingerprint": session.fingerprint},
    )


async def delete_sessions_of(connection: AsyncConnection, person_id: UUID) -> None:
    """All of a person's."""
    await connection.execute(
        text("DELETE FROM browser_sessions WHERE person_id = :person_id"), {"person_id": person_id}
    )


async def delete_sessions_before(connection: AsyncConnection, *, seen: datetime, created: datetime) -> None:
    """Those that were last seen, or began, before."""
    await connection.execute(
        text("DELETE FROM browser_sessions WHERE seen_at < :seen OR created_at < :created"),
        {"seen": seen, "created": created},
    )


async def add_link(connection: AsyncConnection, fingerprint: bytes, person_id: UUID, until: datetime) -> None:
    await connection.execute(
        text(
            "INSERT INTO sign_in_links (fingerprint, person_id, valid_until) VALUES (:fingerprint, :person_id, :valid_until)"
        ),
        {"fingerprint": fingerprint, "person_id": person_id, "valid_until": until},
    )


async def take_link(connection: AsyncConnection, fingerprint: bytes, now: datetime) -> UUID | None:
    """Uses a link up, which can be done once. Returns whom it signs in; None where it is spent or there is none."""
    taken = await connection.execute(
        text("DELETE FROM sign_in_links WHERE fingerprint = :fingerprint RETURNING person_id, valid_until"),
        {"fingerprint": fingerprint},
    )
    row = taken.one_or_none()
    return None if row is None or row.valid_until <= now else row.person_id


async def delete_links_before(connection: AsyncConnection, now: datetime) -> None:
    await connection.execute(text("DELETE FROM sign_in_links WHERE valid_until <= :now"), {"now": now})
