"""The real `twilio` client on one side of the emulator, a small app with webhooks and a media socket on the other."""

import asyncio
import base64
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from daybook_cli.supervisor import NO_AUTHORITIES
from emulators import wordcode
from emulators.program import Running
from emulators.twilio import TwilioEmulatorSettings, serve

ACCOUNT_SID = "AC" + "1" * 32
AUTH_TOKEN = "a-token-for-tests"
FROM = "+15550100000"
TO = "+15550100001"
HANG_UP = "<Response><Hangup/></Response>"


class RedirectedHttpClient(TwilioHttpClient):
    """Sends the client's requests to the emulator, as the dispatcher's own does."""

    def __init__(self, base_url: str, timeout: float | None = 10) -> None:
        super().__init__(timeout=timeout)
        self._base_url = base_url

    def request(self, method, url, *args, **kwargs):
        return super().request(method, url.replace("https://api.twilio.com", self._base_url), *args, **kwargs)

    def close(self) -> None:
        self.session.close()


class MediaSocket:
    """The app's end of a media stream. `messages` keeps all that has arrived."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.messages: list[dict[str, Any]] = []
        self.stream_sid = ""

    async def next(self) -> dict[str, Any]:
        """Raises WebSocketDisconnect when the carrier has closed."""
        message = orjson.loads(await self.socket.receive_text())
        self.messages.append(message)
        if message["event"] == "start":
            self.stream_sid = message["streamSid"]
        return message

    async def until(self, event: str, **body: Any) -> dict[str, Any]:
        while True:
            message = await self.next()
            if message["event"] == event and body.items() <= message.get(event, {}).items():
                return message

    async def send(self, event: str, **body: Any) -> None:
        await self.socket.send_text(
            orjson.dumps({"event": event, "streamSid": self.stream_sid, **({event: body} if body else {})}).decode()
        )

    async def say(self, audio: bytes, mark: str) -> None:
        """Sends audio in pieces of odd sizes, and waits until it has been heard."""
        for start in range(0, len(audio), 777):
            await self.send("media", payload=base64.b64encode(audio[start : start + 777]).decode())
        await self.send("mark", name=mark)

    async def listen(self) -> str:
        """The words of the person's next utterance."""
        words, quiet, decoder = [], 0, wordcode.Decoder()
        while not words or quiet < 30:
            media = (await self.until("media"))["media"]
            audio = base64.b64decode(media["payload"])
            words += [word.text for word in decoder.feed(audio)]
            quiet = 0 if audio.strip(b"\xff") else quiet + 1
        return " ".join(words)

    @property
    def audio(self) -> bytes:
        payloads = [message["media"]["payload"] for message in self.messages if message["event"] == "media"]
        return b"".join(base64.b64decode(payload) for payload in payloads)

    def of(self, event: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["event"] == event]


@dataclass
class Hook:
    path: str
    params: dict[str, str]
    signed: bool
    token: str
    abandoned: bool = False


@dataclass
class App:
    """What the services are to Twilio. `answers` maps a path to the TwiML, or to a response, that it is answered with."""

    base_url: str = ""
    hooks: list[Hook] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    talk: Callable[[MediaSocket], Awaitable[None]] | None = None
    media: MediaSocket | None = None
    upgrade_signed: bool = False
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def stream_url(self) -> str:
        return self.base_url.replace("http", "ws") + "/media"

    def of(self, path: str) -> list[Hook]:
        return [hook for hook in self.hooks if hook.path == path]

    def stream(self, attributes: str = "", then: str = "") -> str:
        """A document that opens a media stream."""
        return f'<Response><Connect {attributes}><Stream url="{self.stream_url}"/></Connect>{then}</Response>'

    async def wait_for(self, path: str, count: int = 1) -> list[Hook]:
        async with self.news:
            await asyncio.wait_for(self.news.wait_for(lambda: len(self.of(path)) >= count), 30)
        return self.of(path)

    async def statuses(self, count: int) -> list[str]:
        return [hook.params["CallStatus"] for hook in await self.wait_for("/status", count)]


def make_web(app: App) -> FastAPI:
    web = FastAPI()
    validator = RequestValidator(AUTH_TOKEN)

    @web.websocket("/media")
    async def media(socket: WebSocket) -> None:
        signature = socket.headers.get("x-twilio-signature", "")
        app.upgrade_signed = validator.validate(app.stream_url, {}, signature)
        if app.talk is None:
            await socket.close()
            return
        await socket.accept()
        app.media = MediaSocket(socket)
        with suppress(WebSocketDisconnect):
            await app.talk(app.media)
            await socket.close()

    @web.api_route("/{path:path}", methods=["GET", "POST"])
    async def answer_hook(request: Request, path: str) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        url = app.base_url + request.url.path + (f"?{request.url.query}" if request.url.query else "")
        signed = validator.validate(url, form, request.headers.get("X-Twilio-Signature", ""))
        params = form or dict(request.query_params)
        hook = Hook(f"/{path}", params, signed, request.headers.get("I-Twilio-Idempotency-Token", ""))
        async with app.news:
            app.hooks.append(hook)
            app.news.notify_all()
        answer = app.answers.get(f"/{path}", HANG_UP)
        if inspect.iscoroutinefunction(answer):
            answer = await answer(form)
            hook.abandoned = await request.is_disconnected()
        return answer if isinstance(answer, Response) else Response(answer, media_type="text/xml")

    return web


class _QuietServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self):
        yield


@pytest.fixture
async def app() -> AsyncIterator[App]:
    app = App()
    config = uvicorn.Config(
        make_web(app), port=0, ws="websockets-sansio", lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = _QuietServer(config)
    listener = config.bind_socket()
    app.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve(sockets=[listener]))
        try:
            yield app
        finally:
            server.should_exit = True
    listener.close()


@dataclass
class Carrier:
    """The emulator, by its two faces: the real client, and the admin API."""

    running: Running
    client: Client
    admin: httpx2.AsyncClient

    async def call(self, app: App, to: str = TO, **options: Any) -> Any:
        options = {
            "url": f"{app.base_url}/voice",
            "status_callback": f"{app.base_url}/status",
            "status_callback_event": ["initiated", "ringing", "answered", "completed"],
            **options,
        }
        return await asyncio.to_thread(lambda: self.client.calls.create(to=to, from_=FROM, **options))

    async def fetch(self, sid: str) -> Any:
        return await asyncio.to_thread(lambda: self.client.calls(sid).fetch())

    async def update(self, sid: str, **changes: Any) -> Any:
        return await asyncio.to_thread(lambda: self.client.calls(sid).update(**changes))

    async def persona(self, name: str, number: str = TO, **overrides: Any) -> None:
        answer = await self.admin.put(f"/emulator/personas/{number}", json={"persona": name, "overrides": overrides})
        assert answer.status_code == 200, answer.text

    async def fault(self, **fault: Any) -> None:
        answer = await self.admin.post("/emulator/faults", json=fault)
        assert answer.status_code == 201, answer.text

    async def seen(self, sid: str) -> dict[str, Any]:
        return (await self.admin.get(f"/emulator/calls/{sid}")).json()

    async def event(self, kind: str, sid: str | None = None, count: int = 1, **facts: Any) -> dict[str, Any]:
        """Waits for an event of that kind."""
        async with asyncio.timeout(60), self.admin.stream("GET", "/emulator/events?from=0") as feed:
            async for line in feed.aiter_lines():
                event = orjson.loads(line)
                if event["kind"] == kind and sid in {None, event["call_sid"]} and facts.items() <= event.items():
                    count -= 1
                    if count == 0:
                        return event
        raise AssertionError("the feed ended")

    async def ended(self, sid: str) -> dict[str, Any]:
        await self.event("call.ended", sid)
        return await self.seen(sid)

    async def codes(self) -> list[int]:
        return [entry["code"] for entry in (await self.admin.get("/emulator/debugger")).json()]


@asynccontextmanager
async def carrier_with(**settings: Any) -> AsyncIterator[Carrier]:
    chosen = TwilioEmulatorSettings(
        **{
            "account_sid": ACCOUNT_SID,
            "auth_token": AUTH_TOKEN,
            "from_numbers": FROM,
            "time_factor": 20,
            "calls_per_second": 100,
            **settings,
        }
    )
    async with serve(chosen) as running:
        http = RedirectedHttpClient(running.base_url)
        try:
            async with httpx2.AsyncClient(base_url=running.base_url, timeout=30, verify=NO_AUTHORITIES) as admin:
                yield Carrier(running, Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http), admin)
        finally:
            http.close()


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    async with carrier_with() as carrier:
        yield carrier


@pytest.fixture
def carrier_of():
    """For a test that needs settings of its own."""
    return carrier_with
