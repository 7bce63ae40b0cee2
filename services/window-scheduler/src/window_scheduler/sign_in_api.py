"""SignInService of proto/daybook/scheduler/v1.

Nobody learns here whether a number is anybody's. StartSignIn answers alike, and after the same work: the number is brought into
its one spelling and hashed, a code is drawn and sealed, and one row is stored, be it somebody's or nobody's; neither people nor
calls are looked at. Who has the number, and whether they may be called, is decided afterwards by `sign_in_calls`, for which
nobody waits. CheckSignIn opens and compares the code of a row that is nobody's as well, and counts its tries down. What does
differ is the fourth request of an hour, which stores nothing, and an id that is of no sign-in: both are so for every number.
"""
# ruff: noqa: N802 - gRPC gives the methods their names

import asyncio
import secrets
from uuid import uuid4

import structlog

from chassis.clock import Clock
from chassis.database import Database
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import SignInServiceServicer
from window_scheduler.messages import stamp, uuid_of
from window_scheduler.metrics import SIGN_IN_TOO_OFTEN, sign_in_codes, sign_ins
from window_scheduler.people import checked_phone_number
from window_scheduler.sealed import Sealer
from window_scheduler.sign_in import DIGITS, NOT_RIGHT, checked, code_of, expires_at
from window_scheduler.sign_in_store import add_sign_in, locked_sign_in, note_tries

log = structlog.get_logger()


class SignInApi(SignInServiceServicer):
    """Codes that are asked for, and codes that come back.

    Args:
        news: set once something was asked for that is to be decided at once.
    """

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, *, news: asyncio.Event) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._news = news

    async def StartSignIn(self, request: pb.StartSignInRequest, _context: object) -> pb.StartSignInResponse:
        number_hash = self._sealer.finding_hash(checked_phone_number(request.phone_number))
        sign_in_id, now = uuid4(), self._clock.now()
        async with self._database.transaction() as connection:
            code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
            added = await add_sign_in(connection, self._sealer, sign_in_id, number_hash, code, now=now)
        if added:
            self._news.set()
        else:
            sign_ins.labels(SIGN_IN_TOO_OFTEN).inc()
            log.info("sign_in.asked_too_often")
        return pb.StartSignInResponse(sign_in_id=str(sign_in_id), expires_at=stamp(expires_at(now)))

    async def CheckSignIn(self, request: pb.CheckSignInRequest, _context: object) -> pb.CheckSignInResponse:
        sign_in_id, code = uuid_of(request.sign_in_id, "sign_in_id"), code_of(request.code)
        async with self._database.transaction() as connection:
            sign_in = await locked_sign_in(connection, self._sealer, sign_in_id)
            answer = NOT_RIGHT
            if sign_in is not None:
                answer = checked(sign_in, code, self._clock.now())
                await note_tries(connection, sign_in_id, answer.tries_left)
        right = answer.person_id is not None
        sign_in_codes.labels("right" if right else "wrong").inc()
        log.info("sign_in.checked", right=right, person_id=str(answer.person_id or ""))
        return pb.CheckSignInResponse(right=right, person_id=str(answer.person_id or ""), tries_left=answer.tries_left)
