"""Accounts at an OpenID provider: whom each signs in, and the browsers that are on their way there and back.

An account signs nobody in until its owner, signed in already, has connected it: what a provider knows of people, a name or an
address, is no proof that a journal is theirs (ADR 0035).
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from chassis.clock import Clock
from chassis.database import Database
from portal import account_store
from portal.account_store import Account, SentAway
from portal.browser_sessions import fingerprint_of, new_token
from portal.errors import AccountTaken, SignInSpent
from portal.openid_provider import Proofs

COMES_BACK_WITHIN = timedelta(minutes=15)
"""As long as somebody may need to sign in at the provider, with a second factor that has to be found first."""


class Accounts:
    """Each method raises Unavailable where the database does not answer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def send_away(self, browser: bytes, leads_to: str, *, connects: UUID | None) -> Proofs:
        """Lets a browser come back from the provider, once, within COMES_BACK_WITHIN.

        Args:
            browser: the fingerprint by which it is known.
            leads_to: the page to go to then.
            connects: see `SentAway`.
        """
        state, nonce, verifier = new_token(), new_token(), new_token()
        sent = SentAway(nonce.text, verifier.text, leads_to, connects)
        async with self._database.transaction() as connection:
            until = self._clock.now() + COMES_BACK_WITHIN
            await account_store.put_sent_away(connection, state.fingerprint, browser, sent, until)
        return Proofs(state.text, nonce.text, verifier.text)

    async def come_back(self, browser: bytes, state: str) -> SentAway:
        """
        Raises:
            SignInSpent: this browser was not sent away with that, it came back already, or it took too long.
        """
        fingerprint = fingerprint_of(state)
        if fingerprint is not None:
            async with self._database.transaction() as connection:
                sent = await account_store.take_sent_away(connection, fingerprint, browser, self._clock.now())
            if sent is not None:
                return sent
        raise SignInSpent

    async def use(self, account: bytes) -> UUID | None:
        """Whom an account signs in now; None: it is connected to nobody."""
        async with self._database.transaction() as connection:
            return await account_store.use(connection, account, self._clock.now())

    async def connect(self, account: bytes, person_id: UUID) -> None:
        """Has an account sign a person in from now on.

        Raises:
            AccountTaken: it signs somebody else in.
        """
        async with self._database.transaction() as connection:
            if not await account_store.connect(connection, account, person_id, self._clock.now()):
                raise AccountTaken

    async def of(self, person_id: UUID) -> Sequence[Account]:
        """The accounts that sign a person in, the newest first."""
        async with self._database.transaction() as connection:
            return await account_store.accounts_of(connection, person_id)

    async def disconnect(self, account: bytes, person_id: UUID) -> None:
        """Has an account sign this person in no more; one of somebody else stays."""
        async with self._database.transaction() as connection:
            await account_store.disconnect(connection, account, person_id)

    async def disconnect_all_of(self, person_id: UUID) -> None:
        async with self._database.transaction() as connection:
            await account_store.disconnect_all_of(connection, person_id)
