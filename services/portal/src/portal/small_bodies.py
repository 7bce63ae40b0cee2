"""What comes as the body of a request is small: no more of it is taken in, whoever sends it."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 2**21
"""An edit of an entry has at most 200 000 characters of corrections, which JSON may write as six bytes each."""


class SmallBodies:
    """Lets whoever reads more of a body than MOST_BYTES raise HTTPException 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0

        async def receive_small() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_small, send)
