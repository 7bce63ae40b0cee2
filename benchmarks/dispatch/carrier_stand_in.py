"""A carrier that costs next to nothing: it answers each POST of a call with 201, and writes down when it had come.

Run as a program it tells its port in the first line that it prints, and in one more for each POST the call's id and the
moment, in nanoseconds of the machine's monotonic clock.
"""

import asyncio
import re
from time import monotonic_ns

import uvloop

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CALL = re.compile(rb"%2Fvoice%2F([0-9a-f-]{36})")
"""In the form's field Url: the path of the webhook, quoted."""


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers what comes over one connection, one request after the other, until the client closes it."""
    while not reader.at_eof():
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            form = await reader.readexactly(int(length[1]) if length else 0)
        except (asyncio.IncompleteReadError, ConnectionError):
            break
        came_at = monotonic_ns()
        call = _CALL.search(form)
        if call is None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            continue
        call_id = call[1].decode()
        body = f'{{"sid": "CA{call_id.replace("-", "")}", "status": "queued"}}'.encode()
        head = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        writer.write(head + body)
        print(call_id, came_at, flush=True)
    writer.close()


async def serve() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
