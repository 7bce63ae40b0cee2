"""Pipecat on FastAPI and uvicorn, as its own template for a telephone bot that records makes it: transport, Twilio serializer,
aggregators, metrics and recorder around services that cost next to nothing. It runs in an environment of its own.

Who speaks it is told by the recogniser, and by its Silero VAD too where `--silero` asks for it.
It prints its port once it serves.
"""

import argparse
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import LLMRunFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.audio.audio_buffer_processor import AudioBufferProcessor
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from benchmarks.calls.one_core import take_the_servers
from benchmarks.calls.pipecat_services import RATE, DummyModel, DummyRecogniser, DummyVoice
from benchmarks.calls.scene import PIPECATS_WAIT_S


@dataclass(frozen=True)
class Parts:
    """What one call is held with.

    Attributes:
        turns: how it is told who speaks.
    """

    recogniser: STTService
    model: LLMService
    voice: TTSService
    turns: LLMUserAggregatorParams


def make_app(parts: Callable[[], Parts]) -> FastAPI:
    app = FastAPI()

    @app.websocket("/media")
    async def media(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive_text()  # connected
        start = await websocket.receive_json()
        serializer = TwilioFrameSerializer(
            start["streamSid"], params=TwilioFrameSerializer.InputParams(auto_hang_up=False)
        )
        await hold_call(
            FastAPIWebsocketTransport(
                websocket, FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True, serializer=serializer)
            ),
            parts(),
        )

    return app


async def hold_call(transport: FastAPIWebsocketTransport, parts: Parts) -> None:
    context = LLMContext()
    user, assistant = LLMContextAggregatorPair(context, user_params=parts.turns)
    services = [parts.recogniser, user, parts.model, parts.voice]
    recorder = AudioBufferProcessor(num_channels=2, auto_start_recording=True)
    worker = PipelineWorker(
        Pipeline([transport.input(), *services, transport.output(), recorder, assistant]),
        params=PipelineParams(
            enable_metrics=True, enable_usage_metrics=True, audio_in_sample_rate=RATE, audio_out_sample_rate=RATE
        ),
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)

    @transport.event_handler("on_client_connected")  # type: ignore[untyped-decorator]
    async def greet(_transport: FastAPIWebsocketTransport, _websocket: WebSocket) -> None:
        context.add_message({"role": "developer", "content": "Start by concisely introducing yourself."})
        await worker.queue_frames([LLMRunFrame()])

    @transport.event_handler("on_client_disconnected")  # type: ignore[untyped-decorator]
    async def hang_up(_transport: FastAPIWebsocketTransport, _websocket: WebSocket) -> None:
        await runner.cancel()

    await runner.run()


def turns(*, silero: bool = False) -> LLMUserAggregatorParams:
    """The user's turn is over when the recogniser, or the VAD, has told nothing more for a while.

    Else Pipecat's Smart Turn model tells, which hears nothing without a VAD and costs more with one.
    """
    stop = SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=PIPECATS_WAIT_S)
    return LLMUserAggregatorParams(
        vad_analyzer=SileroVADAnalyzer() if silero else None,
        user_turn_strategies=UserTurnStrategies(stop=[stop]),
    )


def serve(parts: Callable[[], Parts]) -> None:
    """Serves until the process ends."""
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(make_app(parts), loop="uvloop", lifespan="off", log_config=None, access_log=False)
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    take_the_servers()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--silero", action="store_true")
    silero = parser.parse_args().silero
    serve(lambda: Parts(DummyRecogniser(), DummyModel(), DummyVoice(), turns(silero=silero)))
