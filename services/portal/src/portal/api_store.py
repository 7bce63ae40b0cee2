"""The SQL of programs' tokens, and of the answers that are kept for them. Nothing is committed here: the caller's transaction is
the boundary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.api_tokens import ApiToken, Scope

_COLUMNS = "token_id, fingerprint, person_id, name, scope, created_at, ends_at, used_at"


@dataclass(frozen=True)
class KeptAnswer:
    """
    Attributes:
        request_digest: SHA-256 of the request.
        body: JSON; None while it is being answered.
        location: of what it made.
    """

    request_digest: bytes
    body: bytes | None
    location: str | None


async def add_token(connection: AsyncConnection, token: ApiToken) -> None:
    await connection.execute(
        text(
            f"INSERT INTO api_tokens ({_COLUMNS}) VALUES "  # noqa: S608 - a constant
            "(:token_id, :fingerprint, :person_id, :name, :scope, :created_at, :ends_at, :used_at)"
        ),
        {**vars(token), "scope": token.scope.value},
    )


async def token(connection: AsyncConnection, fingerprint: bytes) -> ApiToken | None:
    found = await connection.execute(
        text(f"SELECT {_COLUMNS} FROM api_tokens WHERE fingerprint = :fingerprint"),  # noqa: S608 - a constant
        {"fingerprint": fingerprint},
    )
    row = found.one_or_none()
    return None if row is None else _token(row)


async def tokens_of(connection: AsyncConnection, person_id: UUID) -> Sequence[ApiToken]:
    """All of a person's, the newest first."""
    found = await connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM api_tokens WHERE person_id = :person_id ORDER BY created_at DESC, token_id"  # noqa: S608 - a constant
        ),
        {"person_id": person_id},
    )
    return [_token(row) for row in found]


async def use_token(connection: AsyncConnection, token_id: UUID, now: datetime) -> None:
    await connection.execute(
        text("UPDATE api_tokens SET used_at = :now WHERE token_id = :token_id"), {"token_id": token_id, "now": now}
    )


async def delete_token_of(connection: AsyncConnection, person_id: UUID, token_id: UUID) -> None:
    """One of a person's; nobody else's."""
    await connection.execute(
        text("DELETE FROM api_tokens WHERE token_id = :token_id AND person_id = :person_id"),
        {"token_id": token_id, "person_id": person_id},
    )


async def delete_tokens_of(connection: AsyncConnection, person_id: UUID) -> None:
    """All of a person's, with the answers that are kept for them."""
    await connection.execute(text("DELETE FROM api_tokens WHERE person_id = :person_id"), {"person_id": person_id})


async def begin_answer(
    connection: AsyncConnection, token_id: UUID, key: str, digest: bytes, *, now: datetime, given_up: datetime
) -> KeptAnswer | None:
    """Takes a key for a request, in one statement: of several who try it at once one has it. A request that was begun by
    `given_up` and has no answer leaves its key to the same request. None where the key was free; else what is kept under it.
    """
    told = {"token_id": token_id, "key": key, "digest": digest, "now": now, "given_up": given_up}
    while True:  # what kept a key may be forgotten before it is read: then it is free
        begun = await connection.execute(
            text(
                "INSERT INTO api_answers AS kept (token_id, key, request_digest, begun_at) "
                "VALUES (:token_id, :key, :digest, :now) ON CONFLICT (token_id, key) DO UPDATE SET begun_at = :now "
                "WHERE kept.body IS NULL AND kept.begun_at <= :given_up AND kept.request_digest = :digest RETURNING 1"
            ),
            told,
        )
        if begun.one_or_none() is not None:
            return None
        found = await connection.execute(
            text("SELECT request_digest, body, location FROM api_answers WHERE token_id = :token_id AND key = :key"),
            told,
        )
        if (row := found.one_or_none()) is not None:
            return KeptAnswer(**row._asdict())


async def keep_answer(
    connection: AsyncConnection, token_id: UUID, key: str, begun_at: datetime, *, body: bytes, location: str
) -> None:
    """Of the request that took its key then; where another has taken it since, nothing is kept."""
    await connection.execute(
        text(
            "UPDATE api_answers SET body = :body, location = :location "
            "WHERE token_id = :token_id AND key = :key AND begun_at = :begun_at"
        ),
        {"token_id": token_id, "key": key, "begun_at": begun_at, "body": body, "location": location},
    )


async def forget_answer(connection: AsyncConnection, token_id: UUID, key: str, begun_at: datetime) -> None:
    """Leaves the key that was taken then; where another has taken it since, it stays theirs."""
    await connection.execute(
        text("DELETE FROM api_answers WHERE token_id = :token_id AND key = :key AND begun_at = :begun_at"),
        {"token_id": token_id, "key": key, "begun_at": begun_at},
    )


async def forget_before(connection: AsyncConnection, *, answers_begun: datetime, tokens_ended: datetime) -> None:
    """Takes away answers that began, and tokens that ended, before."""
    await connection.execute(text("DELETE FROM api_answers WHERE begun_at < :begun"), {"begun": answers_begun})
    await connection.execute(text("DELETE FROM api_tokens WHERE ends_at < :ended"), {"ended": tokens_ended})


def _token(row: Row[tuple[object, ...]]) -> ApiToken:
    columns = row._asdict()
    return ApiToken(**{**columns, "scope": Scope(columns["scope"])})
