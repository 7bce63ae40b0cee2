"""What an earlier gateway kept is heard before what is said now, and nothing that is said meanwhile is missed."""

import asyncio

from voice_gateway.catching_up import CatchingUpEar
from voice_gateway.exchange import Heard


class Ear:
    """Tells how much it has heard, once it is over."""

    def __init__(self) -> None:
        self.audio = b""
        self.finished = asyncio.Event()

    def feed(self, audio: bytes, *, is_sound: bool = False) -> None:
        self.audio += audio

    def finish(self) -> None:
        self.finished.set()

    async def events(self):
        await self.finished.wait()
        yield Heard(self.audio.decode(), 0, len(self.audio))


async def test_the_order_is_that_in_which_it_was_said():
    fetched: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def earlier() -> bytes:
        return await fetched

    inner = Ear()
    ear = CatchingUpEar(inner, earlier)
    listening = asyncio.create_task(anext(ear.events()))
    ear.feed(b"two ")
    await asyncio.sleep(0)
    ear.feed(b"three ")
    assert inner.audio == b"", "what came first is not there yet"
    fetched.set_result(b"one ")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    ear.feed(b"four")
    ear.finish()
    assert await listening == Heard("one two three four", 0, 18)
