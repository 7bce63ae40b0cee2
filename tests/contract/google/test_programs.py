"""The emulators as programs: one ready line, a stop by SIGTERM, and a clear word where they cannot start."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

import grpc
import httpx2
import pytest
from google.cloud.speech_v2 import SpeechAsyncClient, types
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport

from emulators import wordcode

PROGRAMS = {
    "google_speech": {"DAYBOOK_EMULATOR_ENGINE": "wordcode"},
    "google_tts": {"DAYBOOK_EMULATOR_VOICE": "wordcode"},
    "gemini": {"DAYBOOK_EMULATOR_ENGINE": "scripted"},
    "google_kms": {},
}


async def start(name: str, **environment: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"emulators.{name}"),
        env=dict(os.environ) | environment,
        stdout=PIPE,
        stderr=PIPE,
    )


async def ended(process: Process) -> tuple[int | None, str]:
    """The exit status, and what it said on standard error."""
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, errors.decode()


@pytest.mark.parametrize("name", PROGRAMS)
async def test_it_tells_its_ports_when_it_is_ready_and_stops_by_sigterm(name: str) -> None:
    process = await start(name, **PROGRAMS[name])
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    assert ready == {
        "event": "ready",
        "emulator": name,
        "host": "127.0.0.1",
        "port": ready["port"],
        "admin_port": ready["admin_port"],
    }
    async with httpx2.AsyncClient() as client:
        health = await client.get(f"http://127.0.0.1:{ready['admin_port']}/healthz")
    assert health.json() == {"status": "alive", "faults_pending": 0}
    process.send_signal(signal.SIGTERM)
    status, errors = await ended(process)
    assert (status, errors) == (0, "")


async def test_a_stream_in_flight_does_not_keep_it_from_stopping() -> None:
    process = await start("google_speech", **PROGRAMS["google_speech"])
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    stopped = asyncio.Event()

    async def talking() -> AsyncIterator[types.StreamingRecognizeRequest]:
        yield types.StreamingRecognizeRequest(
            recognizer="projects/daybook/locations/global/recognizers/_",
            streaming_config={
                "config": {
                    "explicit_decoding_config": {"encoding": 2, "sample_rate_hertz": 8000, "audio_channel_count": 1},
                    "model": "telephony",
                    "language_codes": ["en-US"],
                },
                "streaming_features": {"interim_results": True},
            },
        )
        yield types.StreamingRecognizeRequest(audio=wordcode.encode("Hello."))
        await stopped.wait()

    async with grpc.aio.insecure_channel(f"127.0.0.1:{ready['port']}") as channel:
        client = SpeechAsyncClient(transport=SpeechGrpcAsyncIOTransport(channel=channel))
        stream = await client.streaming_recognize(requests=talking())
        await anext(aiter(stream))
        process.send_signal(signal.SIGTERM)
        status, errors = await ended(process)
        stopped.set()
    assert (status, errors) == (0, "")


@pytest.mark.parametrize(
    ("name", "variable", "value", "text"),
    [
        ("google_speech", "DAYBOOK_EMULATOR_ENGINE", "parrot", "set DAYBOOK_EMULATOR_ENGINE right"),
        ("google_speech", "DAYBOOK_EMULATOR_TIME_FACTOR", "0", "set DAYBOOK_EMULATOR_TIME_FACTOR right"),
        ("google_tts", "DAYBOOK_EMULATOR_VOICE", "hibari:emma", "choose one of wordcode, hibari:heart, hibari:deep"),
        ("gemini", "DAYBOOK_EMULATOR_PORT", "http", "set DAYBOOK_EMULATOR_PORT right"),
    ],
)
async def test_a_wrong_setting_is_told_by_its_name(name: str, variable: str, value: str, text: str) -> None:
    status, errors = await ended(await start(name, **{variable: value}))
    assert status == 2
    assert text in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("name", ["google_tts", "gemini"])
@pytest.mark.parametrize("variable", ["DAYBOOK_EMULATOR_PORT", "DAYBOOK_EMULATOR_ADMIN_PORT"])
async def test_a_taken_port_is_told(name: str, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, errors = await ended(await start(name, **PROGRAMS[name], **{variable: port}))
    assert status == 1
    assert f"{name} does not start" in errors
    assert port in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("name", "environment", "package"),
    [
        ("google_speech", {"DAYBOOK_EMULATOR_ENGINE": "whisper"}, "faster_whisper"),
        ("google_tts", {"DAYBOOK_EMULATOR_VOICE": "hibari:heart"}, "hibari"),
    ],
)
async def test_without_the_extra_voices_it_says_what_is_missing_and_what_to_set(
    name: str, environment: dict[str, str], package: str
) -> None:
    hidden = (
        f"import sys, runpy; sys.modules[{package!r}] = None; runpy.run_module('emulators.{name}', run_name='__main__')"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", hidden), env=dict(os.environ) | environment, stdout=PIPE, stderr=PIPE
    )
    status, errors = await ended(process)
    assert status == 2
    assert f"the package {package} is not installed" in errors
    assert "wordcode" in errors
