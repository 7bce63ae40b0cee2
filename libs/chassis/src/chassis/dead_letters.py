"""The stream of dead letters, for who looks after them: to read, to send again, to drop.

A letter goes again on its own subject, and so reaches every service that hears it, also one that had handled it: a row guards
each effect. It is deleted once the stream has confirmed the new message. Who is cut off between the two has lost nothing, and
sends it again; for an hour the stream takes the second for a repeat, and after that the rows do.
"""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import APIError, NotFoundError

from chassis.dead_letter import DeadLetter, original_subject, subject_aside
from chassis.errors import DaybookError, NotFound, Unavailable
from chassis.events import CALLS_STREAM, DEAD_LETTERS_STREAM, DEAD_LETTERS_SUBJECTS
from chassis.nats_access import NatsAccess, connect_nats

ANSWER_WITHIN_S = 5.0

ResultT = TypeVar("ResultT")


class NoDeadLetter(NotFound):
    def __init__(self, sequence: int) -> None:
        super().__init__(
            f"There is no dead letter {sequence}: it was sent again or dropped, is older than they are kept, or never was. "
            "`daybook deadletter list` tells those that there are."
        )


class DeadLettersUnavailable(Unavailable):
    """NATS does not answer. What was asked for may have happened, and may be asked for again."""


class NotAllowed(DaybookError):
    """NATS lets this user not do it."""


class DeadLetters:
    """The stream, through a connection that asks one thing at a time. Made by `open_dead_letters`.

    All that it does raises:
        DeadLettersUnavailable: NATS does not answer.
        NotAllowed: this user may not.
    """

    def __init__(self, streams: JetStreamContext, user: str, refusals: "asyncio.Queue[str]") -> None:
        self._streams = streams
        self._user = user
        self._refusals = refusals

    async def count(self) -> Mapping[str, int]:
        """How many there are, by the subject that they came on. A stream that was not made yet holds none."""
        asking = self._streams.stream_info(DEAD_LETTERS_STREAM, subjects_filter=DEAD_LETTERS_SUBJECTS)
        try:
            subjects = (await self._answer(asking)).state.subjects or {}
        except NotFoundError:
            return {}
        return {original_subject(subject): number for subject, number in subjects.items()}

    async def read(self, sequence: int) -> DeadLetter:
        """One of them.

        Raises:
            NoDeadLetter: there is none of that sequence.
        """
        try:
            return _letter(await self._answer(self._streams.get_msg(DEAD_LETTERS_STREAM, sequence)))
        except NotFoundError:
            raise NoDeadLetter(sequence) from None

    async def letters(self, *, after: int = 0, subject: str | None = None) -> AsyncIterator[DeadLetter]:
        """All of them that there are, the oldest first.

        Args:
            after: only those of a higher sequence.
            subject: only those that came on it.
        """
        wanted = DEAD_LETTERS_SUBJECTS if subject is None else subject_aside(subject)
        while True:
            asking = self._streams.get_msg(DEAD_LETTERS_STREAM, after + 1, wanted, next=True)
            try:
                letter = _letter(await self._answer(asking))
            except NotFoundError:
                return
            yield letter
            after = letter.sequence

    async def retry(self, letter: DeadLetter) -> None:
        """Sends a letter again, as the event that it was, and then deletes it. Two who do so at once send it once."""
        headers = letter.headers_again()
        await self._answer(self._streams.publish(letter.subject, letter.body, headers=headers, stream=CALLS_STREAM))
        await self.drop(letter)

    async def drop(self, letter: DeadLetter) -> None:
        """Deletes a letter, and overwrites it on the server's disk. One that is gone is left so."""
        try:
            await self._answer(self._streams.delete_msg(DEAD_LETTERS_STREAM, letter.sequence))
        except DeadLettersUnavailable:
            # the server has no word of its own for a message that is not there any more
            if await self._holds(letter.sequence):
                raise

    async def _holds(self, sequence: int) -> bool:
        try:
            await self.read(sequence)
        except NoDeadLetter:
            return False
        return True

    async def _answer(self, asking: Coroutine[Any, Any, ResultT]) -> ResultT:
        """What NATS answers. To what a user may not do it answers nothing, and tells so beside.

        Raises:
            NotFoundError: there is none.
        """
        question, refusal = asyncio.ensure_future(asking), asyncio.ensure_future(self._refusals.get())
        try:
            first: list[asyncio.Future[Any]] = [question, refusal]
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if not question.done():
                raise NotAllowed(
                    f"The user {self._user} may not do this at NATS, which says: {refusal.result()}. "
                    "Give it the permissions that deploy/helm/daybook/files/nats-permissions.yaml tells."
                )
            return question.result()
        except NotFoundError:
            raise
        except APIError as error:
            raise DeadLettersUnavailable(
                f"NATS did not do it: {error.description}. See its log, and try again."
            ) from error
        except (NatsError, TimeoutError, OSError) as error:
            raise DeadLettersUnavailable(
                "NATS does not answer any more, or has no streams. `daybook doctor` says which. What was asked for last may "
                "have happened; asking again does no harm."
            ) from error
        finally:
            question.cancel()
            refusal.cancel()


@asynccontextmanager
async def open_dead_letters(access: NatsAccess, *, name: str) -> AsyncIterator[DeadLetters]:
    """The dead letters while the block runs.

    Args:
        access: where NATS is, and who we are there.
        name: as NATS shows the connection.

    Raises:
        DeadLettersUnavailable: NATS cannot be reached.
    """
    user = access.user or "nobody"
    refusals: asyncio.Queue[str] = asyncio.Queue()
    try:
        client = await connect_nats(access, name=name, refused=refusals.put)
    except (NatsError, TimeoutError, OSError) as error:
        raise DeadLettersUnavailable(
            f"NATS does not answer, or does not let the user {user} in. Is it running, and are DAYBOOK_NATS_URL and the "
            "user's password those that it knows?"
        ) from error
    try:
        yield DeadLetters(client.jetstream(timeout=ANSWER_WITHIN_S), user, refusals)
    finally:
        with contextlib.suppress(OSError):  # NATS went before us
            await client.close()


def _letter(stored: RawStreamMsg) -> DeadLetter:
    if stored.seq is None or stored.subject is None or stored.time is None:
        raise DeadLettersUnavailable("NATS tells a message without its number, subject or time. Is it 2.12 or newer?")
    return DeadLetter(
        sequence=stored.seq,
        subject=original_subject(stored.subject),
        put_aside_at=stored.time,
        headers=_headers(base64.b64decode(stored.hdrs or b"")),
        body=stored.data or b"",
    )


def _headers(block: bytes) -> dict[str, str]:
    """A message's headers, of which nats-py's own reading takes each for an e-mail's, and loses what is not ASCII (2.16)."""
    _, *lines = block.decode(errors="replace").split("\r\n")
    fields = (line.partition(":") for line in lines if line)
    return {name.strip(): value.strip() for name, _, value in fields}
