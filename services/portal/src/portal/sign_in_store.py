"""The SQL of signing in by a call: which browser waits for which code, and how often forms were sent. Nothing is committed here:
the caller's transaction is the boundary.
"""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def put_sign_in(connection: AsyncConnection, browser: bytes, sign_in_id: str, expires_at: datetime) -> None:
    """In place of the one that this browser may wait for already."""
    await connection.execute(
        text(
            "INSERT INTO called_sign_ins (browser, sign_in_id, expires_at) VALUES (:browser, :sign_in_id, :expires_at) "
            "ON CONFLICT (browser) DO UPDATE SET sign_in_id = :sign_in_id, expires_at = :expires_at"
        ),
        {"browser": browser, "sign_in_id": sign_in_id, "expires_at": expires_at},
    )


async def sign_in_id(connection: AsyncConnection, browser: bytes, now: datetime) -> str | None:
    """Which a browser waits for; None where it is none, or too old."""
    found = await connection.execute(
        text("SELECT sign_in_id FROM called_sign_ins WHERE browser = :browser AND expires_at > :now"),
        {"browser": browser, "now": now},
    )
    told: str | None = found.scalar_one_or_none()
    return told


async def delete_sign_in(connection: AsyncConnection, browser: bytes, sign_in_id: str) -> None:
    """This one; one that was begun meanwhile stays."""
    await connection.execute(
        text("DELETE FROM called_sign_ins WHERE browser = :browser AND sign_in_id = :sign_in_id"),
        {"browser": browser, "sign_in_id": sign_in_id},
    )


async def delete_sign_ins_before(connection: AsyncConnection, now: datetime) -> None:
    """Those whose code is right no more."""
    await connection.execute(text("DELETE FROM called_sign_ins WHERE expires_at <= :now"), {"now": now})


async def take_try(
    connection: AsyncConnection, form: str, sender: bytes, *, now: datetime, interval: timedelta, at_most: datetime
) -> bool:
    """Moves the moment at which a sender is free again on by an interval, where it lies no later than `at_most`.

    Returns:
        Whether it was moved.
    """
    taken = await connection.execute(
        text(
            "INSERT INTO form_tries AS known (form, sender, free_at) VALUES (:form, :sender, :free_at) "
            "ON CONFLICT (form, sender) DO UPDATE SET free_at = greatest(known.free_at, :now) + :interval "
            "WHERE known.free_at <= :at_most RETURNING free_at"
        ),
        {
            "form": form,
            "sender": sender,
            "now": now,
            "free_at": now + interval,
            "interval": interval,
            "at_most": at_most,
        },
    )
    return taken.one_or_none() is not None


async def free_at(connection: AsyncConnection, form: str, sender: bytes) -> datetime:
    """When a sender who has tried is free again."""
    found = await connection.execute(
        text("SELECT free_at FROM form_tries WHERE form = :form AND sender = :sender"), {"form": form, "sender": sender}
    )
    told: datetime = found.scalar_one()
    return told


async def delete_tries_before(connection: AsyncConnection, now: datetime) -> None:
    """Those that count no more."""
    await connection.execute(text("DELETE FROM form_tries WHERE free_at <= :now"), {"now": now})
