"""voice-gateway as a program: `python -m voice_gateway serve`. The only place where its parts are wired together."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from fastapi import FastAPI

from chassis.bus import open_bus
from chassis.clock import SystemClock
from chassis.health import watch
from chassis.program import run_program, serving_http
from chassis.rpc import open_channel, serving_grpc
from chassis.tokens import TokenSigner
from daybook.gateway.v1.speaking_pb2_grpc import add_SpeakingServiceServicer_to_server
from daybook.journal.v1 import journal_pb2
from voice_gateway import metrics
from voice_gateway.app import make_app
from voice_gateway.briefing import Briefings
from voice_gateway.calls import CallsInProgress
from voice_gateway.code_calls import CodeCalls
from voice_gateway.conversations import Conversations
from voice_gateway.draining import drain
from voice_gateway.gathering import Gathering
from voice_gateway.google import open_speech, tell_parties
from voice_gateway.journal import Journal
from voice_gateway.overhearing import overhearing
from voice_gateway.preparing import Preparations
from voice_gateway.programme_files import spoken_in_every_call
from voice_gateway.progress import Progress
from voice_gateway.settings import Settings
from voice_gateway.signatures import Signatures
from voice_gateway.speaking import Speaking
from voice_gateway.speech_trouble import SpeechTrouble
from voice_gateway.spool import Room
from voice_gateway.stream_tokens import StreamTokens
from voice_gateway.streams import MediaStreams
from voice_gateway.telling import Telling
from voice_gateway.webhooks import Webhooks
from voice_gateway.wire import media_sockets

log = structlog.get_logger()

SERVICE = "voice-gateway"


@dataclass(frozen=True)
class Gateway:
    """A gateway whose parts are open."""

    app: FastAPI
    streams: MediaStreams
    calls: CallsInProgress
    speaking: Speaking


@asynccontextmanager
async def gateway(settings: Settings, stop: asyncio.Event) -> AsyncIterator[Gateway]:
    """The application with all its parts open, while the block runs; not ready once `stop` is set."""
    clock = SystemClock()
    tls = settings.tls()
    orchestrator, chosen_by = settings.chosen_orchestrator()
    token = TokenSigner(SERVICE, settings.journal_secret, clock, audience=journal_pb2.DESCRIPTOR.package).for_service
    async with (
        open_bus(settings.nats, source=SERVICE, clock=clock) as bus,
        open_channel(settings.journal_target, tls=tls, token=token) as journal_channel,
        open_channel(settings.scheduler_target, tls=tls) as scheduler_channel,
        open_speech(settings) as speech,
        AsyncExitStack() as stack,
    ):
        metrics.orchestrator_configured.labels(orchestrator, chosen_by).set(1)
        log.info("orchestrator.configured", orchestrator=orchestrator, reason=chosen_by)
        await tell_parties(settings, speech)
        learning = asyncio.create_task(speech.from_text.learn(spoken_in_every_call(settings.operator_name)))
        stack.callback(learning.cancel)
        checks = {"nats": bus.check}
        watching = asyncio.create_task(watch(checks, asyncio.Event()))
        stack.callback(watching.cancel)
        secondary = settings.twilio_secondary_auth_token
        signatures = Signatures(settings.base_url(), [settings.twilio_auth_token, *([secondary] if secondary else [])])
        tokens = StreamTokens(settings.twilio_auth_token, clock)
        calls = CallsInProgress(at_once=settings.calls_at_once)
        metrics.calls_at_once.set(settings.calls_at_once)
        trouble = SpeechTrouble()
        conversations = Conversations(operator_name=settings.operator_name, max_call_s=settings.max_call_s)
        preparations = Preparations(speech, conversations)
        stack.callback(preparations.drop)
        briefings = Briefings(scheduler_channel)
        room = Room(settings.spool_bytes())
        metrics.spooled_bytes.set_function(lambda: room.taken_bytes)
        journal = Journal(journal_channel, room, token)
        progress = Progress(bus, clock)
        telling = Telling()
        stack.push_async_callback(telling.close)
        gathering = Gathering(
            telling=telling,
            briefings=briefings,
            journal=journal,
            progress=progress,
            judge=speech.judge,
            clock=clock,
            calls=calls,
            conversations=conversations,
        )
        await stack.enter_async_context(overhearing(bus, calls, gathering))
        code_calls = CodeCalls(
            briefings=briefings, progress=progress, telling=telling, calls=calls, operator_name=settings.operator_name
        )
        webhooks = Webhooks(
            base_url=settings.base_url(),
            orchestrator=orchestrator,
            chosen_by=chosen_by,
            operator_name=settings.operator_name,
            signatures=signatures,
            tokens=tokens,
            calls=calls,
            trouble=trouble,
            preparations=preparations,
            briefings=briefings,
            journal=journal,
            gathering=gathering,
            code_calls=code_calls,
            progress=progress,
        )
        streams = MediaStreams(
            signatures=signatures,
            tokens=tokens,
            calls=calls,
            briefings=briefings,
            journal=journal,
            progress=progress,
            speech=speech,
            trouble=trouble,
            clock=clock,
            conversations=conversations,
            fastest_audio=settings.fastest_audio,
        )
        speaking = Speaking(speech.from_text, trouble, orchestrator=orchestrator, operator_name=settings.operator_name)
        yield Gateway(make_app(webhooks, checks, draining=stop), streams, calls, speaking)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    async with (
        gateway(settings, stop) as opened,
        serving_http(
            opened.app, settings.http_host, settings.http_port, websockets=media_sockets(opened.streams)
        ) as port,
        serving_grpc(
            {"daybook.gateway.v1.SpeakingService": partial(add_SpeakingServiceServicer_to_server, opened.speaking)},
            host=settings.grpc_host,
            port=settings.grpc_port,
            tls=settings.tls(),
        ) as grpc_port,
    ):
        log.info("process.ready", http_port=port, grpc_port=grpc_port)
        await stop.wait()
        await drain(opened.calls, longest_call=timedelta(seconds=settings.max_call_s))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m voice_gateway", description="Holds the conversations.")
    parser.add_argument("command", choices=["serve"], help="serve: answer Twilio until SIGTERM and the last call's end")
    parser.parse_args()
    return run_program(SERVICE, Settings, serve)


if __name__ == "__main__":
    sys.exit(main())
