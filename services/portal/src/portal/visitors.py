"""Browsers that are signed in: who they are, kept in PostgreSQL, so that any pod knows them and one can sign them out."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from chassis.clock import Clock
from chassis.database import Database
from portal import account_store, metrics, session_store, sign_in_store
from portal.browser_sessions import SEEN_AGAIN_AFTER, BrowserSession, Lifetimes, fingerprint_of, new_token
from portal.errors import LinkSpent

log = structlog.get_logger()

LINK_LASTS = timedelta(minutes=10)


def _nobody_to_tell(_person_id: UUID) -> None:
    return


class Visitors:
    """
    Args:
        signed_out: is told whose session was ended here, at once.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        lifetimes: Lifetimes,
        signed_out: Callable[[UUID], None] = _nobody_to_tell,
    ) -> None:
        self._database = database
        self._clock = clock
        self._lifetimes = lifetimes
        self._signed_out = signed_out

    async def find(self, token: str) -> BrowserSession | None:
        """The session of a token; None where there is none, or it is over."""
        fingerprint = fingerprint_of(token)
        if fingerprint is None:
            return None
        now = self._clock.now()
        async with self._database.transaction() as connection:
            session = await session_store.session(connection, fingerprint)
            if session is None or now >= session.lasts_until(self._lifetimes):
                return None
            if now - session.seen_at >= SEEN_AGAIN_AFTER:
                await session_store.see_session(connection, fingerprint, now)
        return session

    async def is_signed_in(self, session: BrowserSession) -> bool:
        """Whether a session is still there, and not over. To look does not make it last longer."""
        async with self._database.transaction() as connection:
            found = await session_store.session(connection, session.fingerprint)
        return found is not None and self._clock.now() < found.lasts_until(self._lifetimes)

    async def sign_in(self, person_id: UUID, *, way: str, locale: str) -> str:
        """Begins a session, and returns its token.

        Args:
            person_id: who it is.
            way: by which they signed in, for the log and the figures: link, call, account.
            locale: in which they read, BCP 47.
        """
        token, now = new_token(), self._clock.now()
        async with self._database.transaction() as connection:
            await session_store.add_session(connection, BrowserSession(token.fingerprint, person_id, now, now, locale))
        metrics.signed_in.labels(way).inc()
        log.info("person.signed_in", person_id=str(person_id), way=way)
        return token.text

    async def sign_out(self, session: BrowserSession) -> None:
        async with self._database.transaction() as connection:
            await session_store.delete_session(connection, session.fingerprint)
        self._signed_out(session.person_id)

    async def browsers_of(self, person_id: UUID) -> Sequence[BrowserSession]:
        """The sessions of a person that are not over, the last seen first."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            found = await session_store.sessions_of(connection, person_id)
        return [session for session in found if now < session.lasts_until(self._lifetimes)]

    async def sign_out_browser(self, person_id: UUID, fingerprint: bytes) -> None:
        """Ends one session of a person's; one of somebody else stays."""
        async with self._database.transaction() as connection:
            await session_store.delete_session_of(connection, person_id, fingerprint)
        self._signed_out(person_id)

    async def sign_out_elsewhere(self, session: BrowserSession) -> None:
        """Ends all other sessions of its person."""
        async with self._database.transaction() as connection:
            await session_store.delete_other_sessions(connection, session)
        self._signed_out(session.person_id)

    async def read_in(self, person_id: UUID, locale: str) -> None:
        """From now on a person reads this language, in each of their browsers. `locale` is BCP 47."""
        async with self._database.transaction() as connection:
            await session_store.set_locale_of(connection, person_id, locale)

    async def sign_out_everywhere(self, person_id: UUID) -> None:
        """Ends all sessions of a person."""
        async with self._database.transaction() as connection:
            await session_store.delete_sessions_of(connection, person_id)
        self._signed_out(person_id)

    async def make_link(self, person_id: UUID) -> str:
        """The token of a link that signs this person in, once, within LINK_LASTS."""
        token = new_token()
        async with self._database.transaction() as connection:
            await session_store.add_link(connection, token.fingerprint, person_id, self._clock.now() + LINK_LASTS)
        return token.text

    async def take_link(self, token: str) -> UUID:
        """Uses a link up. Returns whom it signs in.

        Raises:
            LinkSpent: it was used, is too old, or never was.
        """
        fingerprint = fingerprint_of(token)
        if fingerprint is not None:
            async with self._database.transaction() as connection:
                person_id = await session_store.take_link(connection, fingerprint, self._clock.now())
            if person_id is not None:
                return person_id
        raise LinkSpent

    async def forget(self) -> None:
        """Takes away sessions, links and sign-ins that are over, and tries of forms that count no more."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await session_store.delete_links_before(connection, now)
            await sign_in_store.delete_sign_ins_before(connection, now)
            await account_store.delete_sent_away_before(connection, now)
            await sign_in_store.delete_tries_before(connection, now)
            await session_store.delete_sessions_before(
                connection, seen=now - self._lifetimes.idle, created=now - self._lifetimes.whole
            )
