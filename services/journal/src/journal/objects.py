"""The object store: sealed segments of recordings, in a directory, S3, Google Cloud Storage or Azure, by URL."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from uuid import UUID

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from journal import metrics
from journal.audio_envelope import OVERHEAD_BYTES
from journal.errors import ObjectStoreRefused, ObjectStoreUnavailable
from journal.new_files import NewFiles
from journal.records import KeptSegment, Speaker

TIMEOUT_S = 10.0

_PROBE = "probe"
_NAME = re.compile(rf".*/(?P<track>{'|'.join(Speaker)})/(?P<sequence>[0-9]{{8,}})-(?P<starts>[0-9]{{8,}})")


class Objects:
    """Segments by recording and place. Made by `open_objects`.

    An object's name tells where its segment stands, its size how long that is: so what is kept is known without opening it.

    Args:
        create: makes a new object of a path and content, whole or not at all; False where there is one of that path.
    """

    def __init__(self, store: ObjectStore, create: Callable[[str, bytes], Awaitable[bool]]) -> None:
        self._store = store
        self._create = create

    async def put_new(self, recording_id: UUID, segment: KeptSegment, sealed: bytes) -> bool:
        """Keeps a segment, whole or not at all; False, and nothing is changed, where there is one in this place.

        Raises:
            ObjectStoreUnavailable: whether it is kept is unknown; put it again.
        """
        async with _writing("put"):
            return await self._create(_path(recording_id, segment), sealed)

    async def get(self, recording_id: UUID, segment: KeptSegment) -> bytes | None:
        """A segment, sealed; None where there is none.

        Raises:
            ObjectStoreUnavailable: the store does not answer.
        """
        async with _reaching():
            try:
                found = await obstore.get_async(self._store, _path(recording_id, segment))
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                return None

    async def segments(self, recording_id: UUID) -> list[KeptSegment]:
        """What is kept of a recording, by the objects' names and sizes alone.

        Raises:
            ObjectStoreUnavailable: the store does not answer.
        """
        found: list[KeptSegment] = []
        pages = obstore.list(self._store, prefix=f"recordings/{recording_id}")
        while True:
            async with _reaching():
                page = await anext(pages, None)
            if page is None:
                return found
            named = [_segment(each["path"], each["size"]) for each in page]
            found += [segment for segment in named if segment is not None]

    async def recordings(self) -> list[UUID]:
        """The recordings of which there are objects; in a directory, also those of which there were.

        Raises:
            ObjectStoreUnavailable: the store does not answer.
        """
        async with _reaching():
            found = await obstore.list_with_delimiter_async(self._store, prefix="recordings")
        named = [_uuid(prefix.rpartition("/")[2]) for prefix in found["common_prefixes"]]
        return [recording_id for recording_id in named if recording_id is not None]

    async def has_any_of(self, recording_id: UUID) -> bool:
        """Whether there is anything of a recording, a segment or not.

        Raises:
            ObjectStoreUnavailable: the store does not answer.
        """
        async with _reaching():
            return bool(await anext(obstore.list(self._store, prefix=f"recordings/{recording_id}", chunk_size=1), None))

    async def delete(self, recording_id: UUID, segment: KeptSegment) -> None:
        """Deletes a segment that is there.

        Raises:
            ObjectStoreUnavailable: it may still be there.
        """
        async with _writing("delete"):
            await obstore.delete_async(self._store, _path(recording_id, segment))

    async def delete_recording(self, recording_id: UUID) -> None:
        """Deletes all that is kept of a recording, also where another process does the same.

        Raises:
            ObjectStoreUnavailable: some may still be there; do it again.
        """
        while True:
            async with _writing("delete"):
                page = await anext(obstore.list(self._store, prefix=f"recordings/{recording_id}"), None)
                if not page:
                    return
                with suppress(FileNotFoundError):  # the other one was first, and what it left is listed again
                    await obstore.delete_async(self._store, [found["path"] for found in page])

    async def check(self) -> None:
        """Returns when the store can be written to.

        Raises:
            ObjectStoreUnavailable: it cannot.
        """
        async with _reaching():
            # from the second time on it is there, which a store tells those alone who may write
            await self._create(_PROBE, b"written by the journal to see that it can")


def open_objects(url: str) -> Objects:
    """The object store at a URL. A directory is made where it is missing.

    Args:
        url: file:///directory, memory:/// (kept until the process ends), s3://bucket/prefix, gs://…, az://…; credentials
            come from the environment, as each provider names them.

    Raises:
        ObjectStoreRefused: no store can be opened by this URL.
    """
    try:
        store = from_url(url, mkdir=True) if url.startswith("file:") else from_url(url)
    except (BaseError, ValueError, OSError) as error:
        raise ObjectStoreRefused(
            "DAYBOOK_OBJECT_STORE_URL names no object store that can be opened. Give file:///a/directory that this process may "
            "write to, s3://bucket/prefix, gs://bucket/prefix or az://account/container/prefix."
        ) from error
    if isinstance(store, LocalStore) and store.prefix is not None:
        return Objects(store, NewFiles(store.prefix).create)
    return Objects(store, partial(_create, store))


async def _create(store: ObjectStore, path: str, content: bytes) -> bool:
    try:
        await obstore.put_async(store, path, content, mode="create")
    except AlreadyExistsError:
        return False
    return True


def _path(recording_id: UUID, segment: KeptSegment) -> str:
    return f"recordings/{recording_id}/{segment.track}/{segment.sequence:08d}-{segment.starts_at_ms:08d}"


def _segment(path: str, size: int) -> KeptSegment | None:
    """What `_path` named; None for what lies there and is none of ours."""
    named = _NAME.fullmatch(path)
    if named is None or size <= OVERHEAD_BYTES:
        return None
    return KeptSegment(Speaker(named["track"]), int(named["sequence"]), int(named["starts"]), size - OVERHEAD_BYTES)


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


@asynccontextmanager
async def _writing(operation: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            yield
    except (BaseError, OSError) as error:  # OSError holds TimeoutError
        metrics.store_failures.labels(operation).inc()
        raise _no_answer() from error


@asynccontextmanager
async def _reaching() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            yield
    except (BaseError, OSError) as error:
        raise _no_answer() from error


def _no_answer() -> ObjectStoreUnavailable:
    return ObjectStoreUnavailable(
        "The object store does not answer. Is it there, may this process write to it, and does DAYBOOK_OBJECT_STORE_URL name it?"
    )
