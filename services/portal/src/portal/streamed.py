"""An answer that is passed through from another service, piece by piece."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class Streamed(StreamingResponse):
    """However it ends, also where the browser goes away, the other service is asked for no more.

    Args:
        pieces: as they come.
        held: what is open until then.
    """

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        held: AsyncExitStack,
        status: int = 200,
        *,
        headers: Mapping[str, str],
        media_type: str,
    ) -> None:
        super().__init__(pieces, status, headers, media_type)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held:
            await super().__call__(scope, receive, send)
