"""The connection to Gemini: open before the first verdict is asked for, and whoever closed it meanwhile costs none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from emulators import gemini
from voice_gateway.conversations import Conversations
from voice_gateway.exchange import AskVerdict, Speaker, Turn, Verdict
from voice_gateway.google import open_speech
from voice_gateway.preparing import Preparations
from voice_gateway.settings import Settings

LOCALHOST = "127.0.0.1"
NOWHERE = f"{LOCALHOST}:1"
SAID = "That is all for today, thank you."
ASKED = AskVerdict(1, "How was your day?", [Turn(0, Speaker.PERSON, SAID, None, 0, 2_000)], 1_500)


class Way:
    """The way to Gemini, on which connections are counted, and cut.

    Attributes:
        address: where it begins.
        opened: how many there were.
        cuts_the_next: the next that is sent on a connection ends it before it has arrived.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()
        self.address = ""
        self.opened = 0
        self.cuts_the_next = False

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self._open.add(writer)
        try:
            inner_reader, inner_writer = await asyncio.open_connection(LOCALHOST, self._port)
            await asyncio.gather(self._there(reader, inner_writer), self._back(inner_reader, writer))
        finally:
            self._open.discard(writer)
            writer.close()

    async def _there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(2**16):
                if self.cuts_the_next:
                    self.cuts_the_next = False
                    break
                writer.write(data)
        writer.close()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(2**16):
                writer.write(data)
        writer.close()

    async def close_all(self) -> None:
        """As a server does with connections that nothing came on for a while."""
        for writer in tuple(self._open):
            writer.close()
            await writer.wait_closed()


@pytest.fixture
async def way() -> AsyncIterator[Way]:
    async with gemini.serve(gemini.GeminiSettings()) as running:
        it = Way(urlsplit(running.base_url).port)
        server = await asyncio.start_server(it.take, LOCALHOST, 0)
        it.address = f"http://{LOCALHOST}:{server.sockets[0].getsockname()[1]}"
        try:
            yield it
        finally:
            server.close()
            await it.close_all()


@pytest.fixture
async def speech(way):
    settings = Settings.model_validate(
        {
            "nats_url": f"nats://{NOWHERE}",
            "TWILIO_AUTH_TOKEN": "t",
            "PUBLIC_URL": "https://calls.example.org/",
            "journal_target": NOWHERE,
            "journal_secret": "s" * 32,
            "scheduler_target": NOWHERE,
            "GOOGLE_SPEECH_ENDPOINT": NOWHERE,
            "GOOGLE_TTS_ENDPOINT": NOWHERE,
            "GEMINI_BASE_URL": way.address,
            "GEMINI_API_KEY": "emulated",
        }
    )
    async with open_speech(settings) as opened:
        yield opened


async def prepare(speech):
    """As the webhook does that a stream is to follow."""
    preparations = Preparations(speech, Conversations(operator_name="Daybook", max_call_s=900))
    preparations.begin(None)
    [preparing] = [task for task in asyncio.all_tasks() if task.get_coro().__qualname__ == "Preparations._prepare"]
    await preparing


async def test_the_first_verdict_finds_a_connection_open(speech, way):
    await prepare(speech)
    assert way.opened == 1
    assert await speech.judge.judge(ASKED, []) is Verdict.WANTS_TO_STOP
    assert way.opened == 1


async def test_a_connection_that_was_closed_meanwhile_costs_no_verdict(speech, way):
    await prepare(speech)
    await way.close_all()
    assert await speech.judge.judge(ASKED, []) is Verdict.WANTS_TO_STOP
    assert way.opened == 2


async def test_a_connection_that_is_closed_while_a_question_is_sent_on_it_costs_no_verdict(speech, way):
    await prepare(speech)
    way.cuts_the_next = True
    assert await speech.judge.judge(ASKED, []) is Verdict.WANTS_TO_STOP
    assert way.opened == 2
