"""The gateway with everything around it on real protocols: the emulated carrier and Google, NATS, and a small journal and
window-scheduler behind real gRPC. People speak in wordcode, twenty times as fast as life.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import grpc
import httpx2
import nats
import pytest
import pytest_asyncio
from nats.aio.msg import Msg
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from chassis.bus import STREAMS, open_bus
from chassis.clock import SystemClock
from chassis.errors import NotFound
from chassis.program import serving_http
from chassis.rpc import serving_grpc
from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1.journal_pb2_grpc import JournalServiceServicer, add_JournalServiceServicer_to_server
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceServicer, add_CallsServiceServicer_to_server
from daybook_cli.embedded import EmbeddedNats, free_port
from emulators import gemini, google_speech, google_tts, twilio
from voice_gateway.__main__ import Gateway, gateway
from voice_gateway.settings import Settings

TIME_FACTOR = 20.0
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

    async def FinishSession(self, request, context):
        for session in self.sessions.values():
            if session.session_id == request.session_id and session.outcome is None:
                session.outcome = request.outcome
        await self._tell()
        return journal.FinishSessionResponse()


def _position(track: Any, kept: list[journal.AppendAudioRequest]) -> journal.TrackPosition:
    kept_ms = sum(len(segment.audio) for segment in kept) // 8
    return journal.TrackPosition(track=track, next_sequence=len(kept), kept_ms=kept_ms)


class FakeScheduler(CallsServiceServicer):
    def __init__(self) -> None:
        self.calls: dict[str, str] = {}

    async def GetCallBriefing(self, request, context):
        name = self.calls.get(request.call_id)
        if name is None:
            raise NotFound("There is no such call.")
        return scheduler.GetCallBriefingResponse(person_id=str(uuid4()), spoken_name=name, locale="en-US")


@dataclass
class World:
    """What a test has to do with."""

    base_url: str
    journal: FakeJournal
    scheduler: FakeScheduler
    carrier: httpx2.AsyncClient
    web: httpx2.AsyncClient
    nats_url: str
    gemini_admin: str
    speech_admin: str
    tts_admin: str
    gateway: Gateway
    stop: asyncio.Event
    progress: list[events.CallProgressed] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

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
        client = await nats.connect(self.nats_url)
        streams = client.jetstream()
        count = (await streams.stream_info("CALLS")).state.messages
        stored = [await streams.get_msg("CALLS", sequence) for sequence in range(1, count + 1)]
        await client.close()
        return [events.CallProgressed.FromString(message.data or b"") for message in stored]

    async def carrier_call(self, attempt_id: str) -> dict[str, Any]:
        """What the carrier knows of a call that is over."""
        ended = await self.ended(attempt_id)
        call: dict[str, Any] = (await self.carrier.get(f"/emulator/calls/{ended.carrier_call_id}")).json()
        return call

    def attempt(self, name: str = "Quentin") -> str:
        call_id = str(uuid4())
        self.scheduler.calls[call_id] = name
        return f"{call_id}.1"

    async def ring(
        self, persona: str, attempt_id: str | None = None, *, overrides: dict[str, float] | None = None, **extra: str
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
        return attempt_id

    def session(self, attempt_id: str) -> KeptSession:
        return self.journal.sessions[attempt_id.partition(".")[0]]

    async def post(self, path: str, form: dict[str, str], *, token: str = AUTH_TOKEN) -> httpx2.Response:
        """A webhook, signed."""
        signature = RequestValidator(token).compute_signature(self.base_url + path, form)
        return await self.web.post(path, data=form, headers={"X-Twilio-Signature": signature})


@pytest.fixture(scope="module")
def more_settings() -> dict[str, object]:
    """For a module to override."""
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(nats_server: EmbeddedNats, more_settings: dict[str, object]) -> AsyncIterator[World]:
    """One for all tests of a module: each has its own calls in it."""
    nats_url = nats_server.url
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        speech = await enter(
            google_speech.serve(google_speech.SpeechSettings(engine="wordcode", time_factor=TIME_FACTOR))
        )
        tts = await enter(google_tts.serve(google_tts.TtsSettings(voice="wordcode", time_factor=TIME_FACTOR)))
        judge = await enter(gemini.serve(gemini.GeminiSettings()))
        carrier = await enter(
            twilio.serve(
                twilio.TwilioEmulatorSettings(
                    account_sid=ACCOUNT_SID,
                    auth_token=SecretStr(AUTH_TOKEN),
                    from_numbers=FROM,
                    time_factor=TIME_FACTOR,
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
        port = free_port()
        base_url = f"http://{LOCALHOST}:{port}"
        settings = Settings.model_validate(
            {
                "nats_url": nats_url,
                "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
                "PUBLIC_URL": base_url,
                "journal_target": f"{LOCALHOST}:{kept.port}",
                "scheduler_target": f"{LOCALHOST}:{scheduler_port}",
                "GOOGLE_SPEECH_ENDPOINT": speech.endpoint,
                "GOOGLE_TTS_ENDPOINT": tts.endpoint,
                "GEMINI_BASE_URL": judge.base_url,
                "GEMINI_API_KEY": "emulated",
                "max_call_s": 900,
                **more_settings,
            }
        )
        # the streams are window-scheduler's to make
        await enter(open_bus(settings.nats, source="test", clock=SystemClock(), streams=STREAMS))
        stop = asyncio.Event()
        opened = await enter(gateway(settings, stop))
        await enter(serving_http(opened.app, LOCALHOST, port))
        web = await enter(httpx2.AsyncClient(base_url=base_url, timeout=30, trust_env=False))
        rest = await enter(httpx2.AsyncClient(base_url=carrier.base_url, trust_env=False))
        admins = (judge.admin_url, speech.admin_url, tts.admin_url)
        whole = World(base_url, kept, people, rest, web, nats_url, *admins, opened, stop)
        listener = await nats.connect(nats_url)
        stack.push_async_callback(listener.close)
        await listener.subscribe("call.progressed", cb=whole.hear)
        await listener.flush()
        yield whole
        for stream in await listener.jetstream().streams_info():
            await listener.jetstream().delete_stream(stream.config.name)
