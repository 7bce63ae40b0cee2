"""The gateway with everything around it on real protocols: the emulated carrier and Google, NATS, and a small journal and
window-scheduler behind real gRPC. People speak in wordcode, twenty times as fast as life.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

import grpc
import httpx2
import nats
import pytest
import pytest_asyncio
from journal_access import SECRETS
from nats.aio.msg import Msg
from pydantic import SecretStr
from stored_messages import stored_messages
from twilio.request_validator import RequestValidator

from chassis.bus import open_bus
from chassis.clock import SystemClock
from chassis.errors import NotFound
from chassis.nats_access import NatsAccess
from chassis.program import serving_http
from chassis.rpc import serving_grpc
from chassis.streams import STREAMS
from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1.journal_pb2_grpc import JournalServiceServicer, add_JournalServiceServicer_to_server
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceServicer, add_CallsServiceServicer_to_server
from daybook_cli.embedded import EmbeddedNats, free_port
from daybook_cli.supervisor import NO_AUTHORITIES
from emulators import gemini, google_speech, google_tts, twilio
from journal.rights import GATEWAY
from voice_gateway.__main__ import Gateway, gateway
from voice_gateway.settings import Settings
from voice_gateway.wire import media_sockets

TIME_FACTOR = 20.0
FASTEST_AUDIO = 5 * TIME_FACTOR
"""Who speaks a stream by hand sends as fast as it is read, but not for long."""
WITHIN_S = 60
AUTH_TOKEN = "a-token-for-tests"
ACCOUNT_SID = "AC" + "1" * 32
FROM, TO = "+15005550006", "+12025550123"
LOCALHOST = "127.0.0.1"


@dataclass
class KeptSession:
    call_id: str
    session_id: str = field(default_factory=lambda: str(uuid4()))
    turns: list[journal.Turn] = field(default_factory=list)
    segments: dict[int, list[journal.AppendAudioRequest]] = field(default_factory=dict)
    outcome: int | None = None
    closing: int = journal.SESSION_OUTCOME_UNSPECIFIED

    def said(self, speaker: int) -> str:
        return " ".join(turn.text for turn in self.turns if turn.speaker == speaker)

    def purposes(self) -> list[str]:
        return [turn.purpose for turn in self.turns if turn.speaker == journal.SPEAKER_DAYBOOK]


class FakeJournal(JournalServiceServicer):
    """Keeps sessions in memory, and is as strict about sequences as the real one."""

    def __init__(self) -> None:
        self.sessions: dict[str, KeptSession] = {}
        self.port = free_port()
        self.news = asyncio.Condition()
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        self._server = grpc.aio.server()
        add_JournalServiceServicer_to_server(self, self._server)
        self._server.add_insecure_port(f"{LOCALHOST}:{self.port}")
        await self._server.start()

    async def stop(self) -> None:
        """As kill -9 does: in the middle of whatever is being answered."""
        if self._server is not None:
            await self._server.stop(None)
            self._server = None

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S), self.news:
            await self.news.wait_for(holds)

    async def _session(self, session_id: str, context) -> KeptSession:
        for session in self.sessions.values():
            if session.session_id == session_id and session.outcome is None:
                return session
        await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "There is no such session, or it has ended.")
        raise AssertionError

    async def _tell(self) -> None:
        async with self.news:
            self.news.notify_all()

    async def StartSession(self, request, context):
        session = self.sessions.setdefault(request.call_id, KeptSession(request.call_id))
        await self._tell()
        return journal.StartSessionResponse(
            session_id=session.session_id,
            turns=session.turns,
            tracks=[_position(track, kept) for track, kept in session.segments.items()],
            finished=session.outcome is not None,
            closing=session.closing,
        )

    async def AppendTurn(self, request, context):
        session = await self._session(request.session_id, context)
        expected = [*session.turns, request.turn][request.turn.sequence : request.turn.sequence + 1]
        if expected != [request.turn]:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "A turn is missing, or another bears that number.")
        if request.turn.sequence == len(session.turns):
            session.turns.append(request.turn)
        await self._tell()
        return journal.AppendTurnResponse()

    async def AppendAudio(self, request_iterator, context):
        async for request in request_iterator:
            session = await self._session(request.session_id, context)
            kept = session.segments.setdefault(request.track, [])
            if request.sequence > len(kept):
                await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "A segment is missing before it.")
            if request.sequence == len(kept):
                kept.append(request)
            await self._tell()
            yield journal.AppendAudioResponse(position=_position(request.track, kept))

    async def ReadSession(self, request, context):
        session = self.sessions.get(request.call_id)
        if session is None:
            raise NotFound("There is no such session.")
        return journal.ReadSessionResponse(
            session_id=session.session_id, turns=session.turns, finished=session.outcome is not None
        )

    async def ReadTrack(self, request, context):
        session = await self._session(request.session_id, context)
        audio = bytearray()
        for segment in session.segments.get(request.track, []):
            audio = audio.ljust(segment.starts_at_ms * 8, b"\xff") + segment.audio
        yield journal.ReadTrackResponse(audio=bytes(audio[request.from_ms * 8 : request.to_ms * 8]))

    async def BeginClosing(self, request, context):
        session = await self._session(request.session_id, context)
        session.closing = request.outcome
        await self._tell()
        return journal.BeginClosingResponse()

    async def FinishSession(self, request, context):
        for session in self.sessions.values():
            if session.session_id == request.session_id and session.outcome is None:
                session.outcome = request.outcome
        await self._tell()
        return journal.FinishSessionResponse()


def _position(track: Any, kept: list[journal.AppendAudioRequest]) -> journal.TrackPosition:
    kept_ms = sum(len(segment.audio) for segment in kept) // 8
    ends_at_ms = max((segment.starts_at_ms + len(segment.audio) // 8 for segment in kept), default=0)
    return journal.TrackPosition(track=track, next_sequence=len(kept), kept_ms=kept_ms, ends_at_ms=ends_at_ms)


class FakeScheduler(CallsServiceServicer):
    """
    Attributes:
        asked: whose briefings were asked for, call by call.
    """

    def __init__(self) -> None:
        self.calls: dict[str, str] = {}
        self.choices: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []

    async def GetCallBriefing(self, request, context):
        self.asked.append(request.call_id)
        name = self.calls.get(request.call_id)
        if name is None:
            raise NotFound("There is no such call.")
        person_id = person_of(request.call_id)
        chosen = {"locale": "en-US", **self.choices.get(request.call_id, {})}
        chosen.pop("code", None)
        return scheduler.GetCallBriefingResponse(person_id=person_id, spoken_name=name, **chosen)

    async def TellCode(self, request, context):
        return scheduler.TellCodeResponse(code=self.choices.get(request.call_id, {}).get("code", ""))


def person_of(call_id: str) -> str:
    return str(uuid5(NAMESPACE_OID, call_id))


@dataclass
class Outside:
    """What is around a gateway, and what a test has to do with it.

    Attributes:
        environment: the settings of a gateway that stands in the middle of it.
    """

    base_url: str
    journal: FakeJournal
    scheduler: FakeScheduler
    carrier: httpx2.AsyncClient
    web: httpx2.AsyncClient
    nats_url: str
    gemini_admin: str
    speech_admin: str
    tts_admin: str
    environment: dict[str, str]
    progress: list[events.CallProgressed] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    sids: dict[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """Where the carrier looks for a gateway."""
        return int(self.base_url.rpartition(":")[2])

    async def hear(self, message: Msg) -> None:
        async with self.news:
            self.progress.append(events.CallProgressed.FromString(message.data))
            self.news.notify_all()

    async def told(self, wanted: Callable[[events.CallProgressed], bool]) -> events.CallProgressed:
        async with asyncio.timeout(WITHIN_S), self.news:
            await self.news.wait_for(lambda: any(wanted(message) for message in self.progress))
        return next(message for message in self.progress if wanted(message))

    async def reflection(self, attempt_id: str, state: int) -> events.CallProgressed:
        return await self.told(lambda it: it.attempt_id == attempt_id and it.reflection.state == state)

    async def ended(self, attempt_id: str) -> events.CallProgressed:
        return await self.told(
            lambda it: it.attempt_id == attempt_id and it.carrier_status.status == events.CARRIER_CALL_STATUS_COMPLETED
        )

    async def stored_progress(self) -> list[events.CallProgressed]:
        """What the stream holds."""
        stored = await stored_messages(self.nats_url)
        return [events.CallProgressed.FromString(message.data or b"") for message in stored]

    async def carrier_call(self, attempt_id: str) -> dict[str, Any]:
        """What the carrier knows of a call that is over."""
        await self.ended(attempt_id)
        return await self.carrier_knows(attempt_id)

    async def carrier_knows(self, attempt_id: str) -> dict[str, Any]:
        """What it knows of a call that it was asked to place by `ring`."""
        call: dict[str, Any] = (await self.carrier.get(f"/emulator/calls/{self.sids[attempt_id]}")).json()
        return call

    def attempt(self, name: str = "Quentin", **choices: str) -> str:
        """The first attempt of a call to somebody new; they chose their locale and programme so."""
        call_id = str(uuid4())
        self.scheduler.calls[call_id] = name
        self.scheduler.choices[call_id] = choices
        return f"{call_id}.1"

    async def ring(
        self, persona: str, attempt_id: str | None = None, *, overrides: dict[str, object] | None = None, **extra: str
    ) -> str:
        """Places a call to a person of that kind, but for what is overridden; returns the attempt."""
        attempt_id = attempt_id or self.attempt()
        await self.carrier.put(f"/emulator/personas/{TO}", json={"persona": persona, "overrides": overrides or {}})
        hooks = f"{self.base_url}/webhooks/twilio"
        placed = await self.carrier.post(
            f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json",
            data={
                "To": TO,
                "From": FROM,
                "Url": f"{hooks}/voice/{attempt_id}",
                "StatusCallback": f"{hooks}/status/{attempt_id}",
                "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
                **{key: value.format(hooks=hooks, attempt_id=attempt_id) for key, value in extra.items()},
            },
            auth=(ACCOUNT_SID, AUTH_TOKEN),
        )
        assert placed.status_code == 201, placed.text
        self.sids[attempt_id] = placed.json()["sid"]
        return attempt_id

    def session(self, attempt_id: str) -> KeptSession:
        return self.journal.sessions[attempt_id.partition(".")[0]]

    async def post(self, path: str, form: dict[str, str], *, token: str = AUTH_TOKEN) -> httpx2.Response:
        """A webhook, signed."""
        signature = RequestValidator(token).compute_signature(self.base_url + path, form)
        return await self.web.post(path, data=form, headers={"X-Twilio-Signature": signature})


@dataclass
class World(Outside):
    """The gateway is in this process."""

    gateway: Gateway | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def surroundings(nats_url: str, *, time_factor: float, kind: type[Outside] = Outside) -> AsyncIterator[Outside]:
    """All but the gateway, which is expected at `base_url`."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        speech = await enter(
            google_speech.serve(google_speech.SpeechSettings(engine="wordcode", time_factor=time_factor))
        )
        tts = await enter(google_tts.serve(google_tts.TtsSettings(voice="wordcode", time_factor=time_factor)))
        judge = await enter(gemini.serve(gemini.GeminiSettings()))
        carrier = await enter(
            twilio.serve(
                twilio.TwilioEmulatorSettings(
                    account_sid=ACCOUNT_SID,
                    auth_token=SecretStr(AUTH_TOKEN),
                    from_numbers=FROM,
                    time_factor=time_factor,
                    calls_per_second=50,
                )
            )
        )
        kept = FakeJournal()
        await kept.start()
        stack.push_async_callback(kept.stop)
        people = FakeScheduler()
        register = {"daybook.scheduler.v1.CallsService": lambda s: add_CallsServiceServicer_to_server(people, s)}
        scheduler_port = await enter(serving_grpc(register, host=LOCALHOST, port=0))
        base_url = f"http://{LOCALHOST}:{free_port()}"
        environment = {
            "DAYBOOK_NATS_URL": nats_url,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "PUBLIC_URL": base_url,
            "DAYBOOK_JOURNAL_TARGET": f"{LOCALHOST}:{kept.port}",
            "DAYBOOK_JOURNAL_SECRET": SECRETS[GATEWAY].get_secret_value(),
            "DAYBOOK_SCHEDULER_TARGET": f"{LOCALHOST}:{scheduler_port}",
            "GOOGLE_SPEECH_ENDPOINT": speech.endpoint,
            "GOOGLE_TTS_ENDPOINT": tts.endpoint,
            "GEMINI_BASE_URL": judge.base_url,
            "GEMINI_API_KEY": "emulated",
            "DAYBOOK_MAX_CALL_S": "900",
            "DAYBOOK_FASTEST_AUDIO": str(FASTEST_AUDIO),
        }
        # the streams are window-scheduler's to make
        await enter(open_bus(NatsAccess(nats_url), source="test", clock=SystemClock(), streams=STREAMS))
        web = await enter(httpx2.AsyncClient(base_url=base_url, timeout=30, trust_env=False, verify=NO_AUTHORITIES))
        rest = await enter(
            httpx2.AsyncClient(base_url=carrier.base_url, timeout=30, trust_env=False, verify=NO_AUTHORITIES)
        )
        admins = (judge.admin_url, speech.admin_url, tts.admin_url)
        whole = kind(base_url, kept, people, rest, web, nats_url, *admins, environment)
        listener = await nats.connect(nats_url)
        stack.push_async_callback(listener.close)
        await listener.subscribe("call.progressed", cb=whole.hear)
        await listener.flush()
        yield whole
        for stream in await listener.jetstream().streams_info():
            await listener.jetstream().delete_stream(stream.config.name)


@pytest.fixture(scope="module")
def around(nats_server: EmbeddedNats) -> Callable[..., AbstractAsyncContextManager[Outside]]:
    """For a test with gateways of its own: makes `surroundings` of a time factor."""
    return partial(surroundings, nats_server.url)


@pytest.fixture(scope="module")
def more_settings() -> dict[str, object]:
    """For a module to override."""
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(nats_server: EmbeddedNats, more_settings: dict[str, object]) -> AsyncIterator[World]:
    """One for all tests of a module: each has its own calls in it."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        whole = await enter(surroundings(nats_server.url, time_factor=TIME_FACTOR, kind=World))
        fields = {name.removeprefix("DAYBOOK_"): value for name, value in whole.environment.items()}
        settings = Settings.model_validate(
            {name.lower() if name.lower() in Settings.model_fields else name: value for name, value in fields.items()}
            | more_settings
        )
        whole.gateway = await enter(gateway(settings, whole.stop))
        sockets = media_sockets(whole.gateway.streams)
        await enter(serving_http(whole.gateway.app, LOCALHOST, whole.port, websockets=sockets))
        yield whole
