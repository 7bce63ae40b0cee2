"""The server that the benchmark of calls measures is the gateway's way of a media stream: it greets, asks and replies."""

import asyncio
import json
import sys

from websockets.asyncio.client import connect

from benchmarks.calls.scene import CYCLE_MS, FRAME_MS
from benchmarks.calls.serving import serving
from benchmarks.calls.telephone import first_messages, frame_of


async def test_the_gateway_replies_to_the_sentence_at_the_end_of_a_cycle():
    with serving([sys.executable, "-m", "benchmarks.calls.gateway"]) as (_, port):
        async with connect(f"ws://127.0.0.1:{port}/media", proxy=None) as call:
            for message in first_messages("MZ1"):
                await call.send(message.decode())
            prompts = asyncio.Queue()
            hearing = asyncio.create_task(hear(call, prompts))
            await prompts.get()  # the greeting
            await speak(call, CYCLE_MS // 4)
            await prompts.get()  # the question
            await speak(call, CYCLE_MS, from_ms=CYCLE_MS // 4)
            await prompts.get()  # the reply
            hearing.cancel()


async def speak(call, for_ms, *, from_ms=0):
    for begin_ms in range(from_ms, from_ms + for_ms, FRAME_MS):
        await call.send(frame_of(begin_ms // FRAME_MS).decode())


async def hear(call, prompts):
    """Plays each prompt at once."""
    async for text in call:
        message = json.loads(text)
        if message["event"] == "mark":
            await call.send(json.dumps({"event": "mark", "mark": message["mark"]}))
            prompts.put_nowait(message["mark"]["name"])
