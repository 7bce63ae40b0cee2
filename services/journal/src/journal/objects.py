"""The object store: sealed segments of recordings, in a directory, S3, Google Cloud Storage or Azure, by URL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore, from_url

from journal import metrics
from journal.errors import ObjectStoreRefused, ObjectStoreUnavailable
from journal.records import Speaker

TIMEOUT_S = 10.0

_PROBE = "probe"


class Objects:
    """Segments by recording, track and number. Made by `open_objects`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put_new(self, recording_id: UUID, track: Speaker, sequence: int, sealed: bytes) -> bool:
        """Keeps a segment, whole or not at all; False, and nothing is changed, where one of this number is there.

        Raises:
            ObjectStoreUnavailable: whether it is kept is unknown; put it again.
        """
        async with _writing("put"):
            try:
                await obstore.put_async(self._store, _path(recording_id, track, sequence), sealed, mode="create")
            except AlreadyExistsError:
                return False
            return True

    async def replace(self, recording_id: UUID, track: Speaker, sequence: int, sealed: bytes) -> None:
        """Keeps a segment, whole or not at all, in place of the one of this number.

        Raises:
            ObjectStoreUnavailable: which of the two is kept is unknown; put it again.
        """
        async with _writing("replace"):
            await obstore.put_async(self._store, _path(recording_id, track, sequence), sealed)

    async def get(self, recording_id: UUID, track: Speaker, sequence: int) -> bytes | None:
        """A segment; None where there is none.

        Raises:
            ObjectStoreUnavailable: the store does not answer.
        """
        async with _reaching():
            try:
                found = await obstore.get_async(self._store, _path(recording_id, track, sequence))
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                return None

    async def delete(self, recording_id: UUID, track: Speaker, sequence: int) -> None:
        """Deletes a segment that is there.

        Raises:
            ObjectStoreUnavailable: it may still be there.
        """
        async with _writing("delete"):
            await obstore.delete_async(self._store, _path(recording_id, track, sequence))

    async def delete_recording(self, recording_id: UUID) -> None:
        """Deletes all segments of a recording, those that never got a row included.

        Raises:
            ObjectStoreUnavailable: some may still be there; do it again.
        """
        pages = obstore.list(self._store, prefix=f"recordings/{recording_id}")
        while True:
            async with _writing("delete"):
                page = await anext(pages, None)
                if page is None:
                    return
                await obstore.delete_async(self._store, [found["path"] for found in page])

    async def check(self) -> None:
        """Returns when the store can be written to.

        Raises:
            ObjectStoreUnavailable: it cannot.
        """
        async with _reaching():
            await obstore.put_async(self._store, _PROBE, b"written by the journal to see that it can")


def open_objects(url: str) -> Objects:
    """The object store at a URL. A directory is made where it is missing.

    Args:
        url: file:///directory, memory:/// (kept until the process ends), s3://bucket/prefix, gs://…, az://…; credentials
            come from the environment, as each provider names them.

    Raises:
        ObjectStoreRefused: no store can be opened by this URL.
    """
    try:
        if url.startswith("file:"):
            return Objects(from_url(url, mkdir=True))
        return Objects(from_url(url))
    except (BaseError, ValueError, OSError) as error:
        raise ObjectStoreRefused(
            "DAYBOOK_OBJECT_STORE_URL names no object store that can be opened. Give file:///a/directory that this process may "
            "write to, s3://bucket/prefix, gs://bucket/prefix or az://account/container/prefix."
        ) from error


def _path(recording_id: UUID, track: Speaker, sequence: int) -> str:
    return f"recordings/{recording_id}/{track}/{sequence:08d}"


@asynccontextmanager
async def _writing(operation: str) -> AsyncIterator[None]:
    try:
        async with _reaching():
            yield
    except ObjectStoreUnavailable:
        metrics.store_failures.labels(operation).inc()
        raise


@asynccontextmanager
async def _reaching() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            yield
    except (BaseError, OSError) as error:  # OSError holds TimeoutError
        raise ObjectStoreUnavailable(
            "The object store does not answer. Is it there, may this process write to it, and does DAYBOOK_OBJECT_STORE_URL "
            "name it?"
        ) from error
