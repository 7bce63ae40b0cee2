"""Signing in by a call that tells a code: which browser waits for which. What the code is checked by never leaves the server."""

from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

import grpc

from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import NotFound
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import SignInServiceStub
from portal import sign_in_store
from portal.asking import SCHEDULE_AWAY, answers_or
from portal.languages import marked


@dataclass(frozen=True)
class Tried:
    """
    Attributes:
        person_id: whom the code signs in; None: it was not the right one.
        tries_left: how many more may be tried.
    """

    person_id: UUID | None
    tries_left: int


class CalledSignIns:
    """Each method raises Unavailable where window-scheduler or the database does not answer.

    Args:
        channel: to window-scheduler.
    """

    def __init__(self, database: Database, channel: grpc.aio.Channel, clock: Clock) -> None:
        self._database = database
        self._scheduler = SignInServiceStub(channel)
        self._clock = clock

    async def start(self, browser: bytes, number: str) -> None:
        """Has a code told by a call to whoever has this number, if somebody has.

        Args:
            browser: that waits for it: the fingerprint of its cookie.
            number: E.164.

        Raises:
            InvalidInput: it is no number that is called.
        """
        with answers_or(SCHEDULE_AWAY):
            started = await self._scheduler.StartSignIn(pb.StartSignInRequest(phone_number=number))
        async with self._database.transaction() as connection:
            await sign_in_store.put_sign_in(
                connection, browser, started.sign_in_id, started.expires_at.ToDatetime(tzinfo=UTC)
            )

    async def waits(self, browser: bytes) -> bool:
        """Whether this browser waits for a code that may still be right."""
        return await self._sign_in_id(browser) is not None

    async def check(self, browser: bytes, code: str) -> Tried:
        """
        Args:
            browser: that waits for it.
            code: six digits.

        Raises:
            NotFound: it waits for none, or too long already.
        """
        sign_in_id = await self._sign_in_id(browser)
        if sign_in_id is None:
            raise NotFound(marked("No code is expected here any more. Ask for another call."))
        with answers_or(SCHEDULE_AWAY):
            answer = await self._scheduler.CheckSignIn(pb.CheckSignInRequest(sign_in_id=sign_in_id, code=code))
        if answer.right or not answer.tries_left:
            async with self._database.transaction() as connection:
                await sign_in_store.delete_sign_in(connection, browser, sign_in_id)
        return Tried(UUID(answer.person_id) if answer.right else None, answer.tries_left)

    async def _sign_in_id(self, browser: bytes) -> str | None:
        async with self._database.transaction() as connection:
            return await sign_in_store.sign_in_id(connection, browser, self._clock.now())
