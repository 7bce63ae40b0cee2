"""The emulator as a process of its own."""

import asyncio
import json
import os
import signal
import socket
import sys

import httpx2
import pytest


async def started(**settings):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
    environment |= {f"DAYBOOK_EMULATOR_{name.upper()}": value for name, value in settings.items()}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "emulators.twilio",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_says_where_it_serves_and_stops_when_told():
    process = await started(auth_token="token", from_numbers="+15550100000,+15550100009")
    async with asyncio.timeout(60):
        ready = json.loads(await process.stdout.readline())
        address = {"host": "127.0.0.1", "port": ready["port"], "admin_port": ready["port"]}
        assert ready == {"event": "ready", "emulator": "twilio", **address}
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"http://127.0.0.1:{ready['port']}/healthz")).status_code == 200
        process.send_signal(signal.SIGTERM)
        out, err = await process.communicate()
    assert (process.returncode, out, err) == (0, b"", b"")


@pytest.mark.parametrize(
    ("settings", "status", "text"),
    [
        ({}, 2, "set DAYBOOK_EMULATOR_AUTH_TOKEN right: Field required"),
        ({"auth_token": "t", "account_sid": "AC1"}, 2, "DAYBOOK_EMULATOR_ACCOUNT_SID"),
        ({"auth_token": "t", "default_persona": "nobody"}, 2, "choose one of talks_and_completes"),
        ({"auth_token": "t", "voice": "nobody"}, 2, "there is no voice"),
    ],
)
async def test_a_wrong_setting_is_named(settings, status, text):
    process = await started(**settings)
    async with asyncio.timeout(60):
        _, err = await process.communicate()
    assert process.returncode == status
    assert text in err.decode()


async def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = await started(auth_token="t", port=str(taken.getsockname()[1]))
        async with asyncio.timeout(60):
            _, err = await process.communicate()
    assert process.returncode == 1
    assert b"twilio does not start: " in err
