"""Programs that ask for a person by tokens of theirs: made, taken back, recognised, held to a pace."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog

from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import Conflict
from portal import api_store
from portal.api_tokens import MOST_TOKENS, ApiToken, Scope, api_fingerprint_of, new_api_token
from portal.errors import TooOften
from portal.languages import marked
from portal.token_bucket import TokenBuckets

log = structlog.get_logger()

AT_ONCE, PER_S = 600, 10
"""How many requests of one token are taken at once, and how many more each second."""
ANSWERS_LAST = timedelta(hours=24)
ENDED_STAY = timedelta(days=30)
"""For so long a token that has ended is shown to its person."""


class Programs:
    """
    Args:
        monotonic: a clock, seconds, by which programs are held to a pace.
    """

    def __init__(self, database: Database, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._buckets = TokenBuckets(size=AT_ONCE, per_s=PER_S)

    async def make_token(self, person_id: UUID, *, name: str, scope: Scope, ends_at: datetime | None) -> str:
        """Makes a token, and returns its text, which nobody can have a second time.

        Raises:
            Conflict: the person has MOST_TOKENS already.
        """
        made = new_api_token()
        token = ApiToken(
            token_id=uuid4(),
            fingerprint=made.fingerprint,
            person_id=person_id,
            name=name,
            scope=scope,
            created_at=self._clock.now(),
            ends_at=ends_at,
            used_at=None,
        )
        async with self._database.transaction() as connection:
            if len(await api_store.tokens_of(connection, person_id)) >= MOST_TOKENS:
                raise Conflict(marked("There are too many tokens. Take one back that you do not need any more."))
            await api_store.add_token(connection, token)
        log.info("token.made", person_id=str(person_id), token_id=str(token.token_id), scope=scope.value)
        return made.text

    async def tokens_of(self, person_id: UUID) -> Sequence[ApiToken]:
        """The newest first, also those that have ended lately."""
        async with self._database.transaction() as connection:
            return await api_store.tokens_of(connection, person_id)

    async def take_back(self, person_id: UUID, token_id: UUID) -> None:
        """From now on a token of this person's is none; one of somebody else stays."""
        async with self._database.transaction() as connection:
            await api_store.delete_token_of(connection, person_id, token_id)

    async def take_all_back(self, person_id: UUID) -> None:
        async with self._database.transaction() as connection:
            await api_store.delete_tokens_of(connection, person_id)

    async def find(self, text: str) -> ApiToken | None:
        """The token that a program showed; None where it is none, or does not hold any more.

        Raises:
            TooOften: it asks more often than it may.
        """
        fingerprint = api_fingerprint_of(text)
        if fingerprint is None:
            return None
        now = self._clock.now()
        async with self._database.transaction() as connection:
            token = await api_store.token(connection, fingerprint)
            if token is None or not token.holds(now):
                return None
            if token.is_to_be_noted(now):
                await api_store.use_token(connection, token.token_id, now)
        wait_s = self._buckets.take(token.token_id, self._monotonic())
        if wait_s:
            raise TooOften(timedelta(seconds=wait_s))
        return token

    async def forget(self) -> None:
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await api_store.forget_before(connection, answers_begun=now - ANSWERS_LAST, tokens_ended=now - ENDED_STAY)
