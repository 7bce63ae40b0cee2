"""Which program asks, and for whom: by its token alone. No cookie is looked at, so no other site's page can ask (CSRF)."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.responses import Response

from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import Conflict, InvalidInput
from portal import api_store
from portal.api_store import KeptAnswer
from portal.api_tokens import ApiToken, Scope
from portal.errors import MayNotChange, TokenNotAccepted
from portal.programs import Programs

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern="^[!-~]+$",
        description="The same request again under the same key, within 24 hours, gets the same answer and is not done again. "
        "Another request under it is refused.",
    ),
]
GIVEN_UP_AFTER = timedelta(minutes=1)
"""What was not answered by then was cut off: it may be sent again."""
CREATED = 201
_bearer = HTTPBearer(auto_error=False, description="A token that you made on the page Me.")


class ApiDoor:
    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    async def reader(self, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> ApiToken:
        """
        Raises:
            TokenNotAccepted: there is none, or it does not hold.
            TooOften: it asks more often than it may.
        """
        token = None if credentials is None else await self._programs.find(credentials.credentials)
        if token is None:
            raise TokenNotAccepted
        return token

    async def writer(self, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> ApiToken:
        """
        Raises:
            MayNotChange: the token may read alone.
            TokenNotAccepted, TooOften: as by `reader`.
        """
        token = await self.reader(credentials)
        if token.scope is not Scope.WRITE:
            raise MayNotChange
        return token


class Once:
    """What a program asks to be done is done once, however often it asks under the same key."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def answer(
        self, request: Request, token: ApiToken, key: str | None, do: Callable[[], Awaitable[tuple[BaseModel, str]]]
    ) -> Response:
        """
        Args:
            request: what came.
            token: whose keys they are.
            key: None: it is done whenever it is asked for.
            do: does it, and returns what it made and where that is. What it raises is kept nowhere: nothing was made.

        Raises:
            InvalidInput: another request came under this key.
            Conflict: it is being done just now.
        """
        if key is None:
            return _made(*await do())
        digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + await request.body()).digest()
        kept = await self._begun(token, key, digest)
        if kept is not None:
            return Response(kept.body, CREATED, {"location": kept.location or ""}, "application/json")
        try:
            made, location = await do()
        except Exception:
            async with self._database.transaction() as connection:
                await api_store.forget_answer(connection, token.token_id, key)
            raise
        answer = _made(made, location)
        async with self._database.transaction() as connection:
            await api_store.keep_answer(connection, token.token_id, key, body=bytes(answer.body), location=location)
        return answer

    async def _begun(self, token: ApiToken, key: str, digest: bytes) -> KeptAnswer | None:
        now = self._clock.now()
        async with self._database.transaction() as connection:
            kept = await api_store.begin_answer(connection, token.token_id, key, digest, now)
            if kept is None:
                return None
            if kept.request_digest != digest:
                raise InvalidInput("idempotency-key", "was used for another request; each request is to have its own.")
            if kept.body is not None:
                return kept
            if now - kept.begun_at < GIVEN_UP_AFTER:
                raise Conflict("This request is being answered just now. Ask again in a minute.")
            await api_store.forget_answer(connection, token.token_id, key)
            await api_store.begin_answer(connection, token.token_id, key, digest, now)
        return None


def _made(made: BaseModel, location: str) -> Response:
    return Response(made.model_dump_json(), CREATED, {"location": location}, "application/json")
