"""The floor: uvicorn with the websocket that it chooses itself, which takes messages and does nothing with them.

It prints its port once it serves.
"""

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from benchmarks.calls.one_core import take_the_servers


async def take(websocket: WebSocket) -> None:
    await websocket.accept()
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


if __name__ == "__main__":
    take_the_servers()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        Starlette(routes=[WebSocketRoute("/media", take)]),
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
    )
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(config).run(sockets=[listener])
