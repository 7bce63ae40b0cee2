"""Which program asks, and for whom: by its token alone. No cookie is looked at, so no other site's page can ask (CSRF)."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.responses import Response

from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import Conflict, InvalidInput, NotFound
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
REFUSALS = (InvalidInput, NotFound, Conflict)
"""Of who does what is asked for: it was not done."""
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
            do: does it, and returns what it made and where that is. A refusal (`REFUSALS`) is kept nowhere, for nothing was
                made, and the key is free at once. After whatever else it raises, Unavailable first of all, it may have been
                done, and the key stays taken for GIVEN_UP_AFTER, as that of a request which was cut off.

        Raises:
            InvalidInput: another request came under this key.
            Conflict: it is being done just now, or nobody knows whether it was.
        """
        if key is None:
            return _made(*await do())
        digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + await request.body()).digest()
        begun_at = self._clock.now()
        kept = await self._begun(token, key, digest, begun_at)
        if kept is not None:
            return Response(kept.body, HTTPStatus.CREATED, {"location": kept.location or ""}, "application/json")
        try:
            made, location = await do()
        except REFUSALS:
            async with self._database.transaction() as connection:
                await api_store.forget_answer(connection, token.token_id, key, begun_at)
            raise
        answer = _made(made, location)
        async with self._database.transaction() as connection:
            await api_store.keep_answer(
                connection, token.token_id, key, begun_at, body=bytes(answer.body), location=location
            )
        return answer

    async def _begun(self, token: ApiToken, key: str, digest: bytes, now: datetime) -> KeptAnswer | None:
        async with self._database.transaction() as connection:
            kept = await api_store.begin_answer(
                connection, token.token_id, key, digest, now=now, given_up=now - GIVEN_UP_AFTER
            )
        if kept is None:
            return None
        if kept.request_digest != digest:
            raise InvalidInput("idempotency-key", "was used for another request; each request is to have its own.")
        if kept.body is None:
            raise Conflict("This request is being answered just now, or its answer was lost. Ask again in a minute.")
        return kept


def _made(made: BaseModel, location: str) -> Response:
    return Response(made.model_dump_json(), HTTPStatus.CREATED, {"location": location}, "application/json")
