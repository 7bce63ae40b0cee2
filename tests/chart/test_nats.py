"""The NATS of an evaluation: a real nats-server takes the rendered configuration, and each user its own password alone."""

import asyncio
import base64
import json
import subprocess
import sysconfig
from pathlib import Path

import nats
import pytest
from chart.rendering import CI_FILES, rendered

from chassis.nats_permissions import USERS, inbox_prefix
from daybook_cli.embedded import free_port

WITH_NATS = [name for name in CI_FILES if rendered(name).named("StatefulSet", "daybook-nats")]


def passwords(name):
    held = rendered(name).named("Secret", "daybook-nats-users")["data"]
    return {key: base64.b64decode(value).decode() for key, value in held.items()}


@pytest.fixture(params=WITH_NATS)
def name(request):
    return request.param


@pytest.fixture
def server_url(name, tmp_path):
    """Of a server that runs with what the pod would mount, but for its addresses and its disk."""
    port = free_port()
    configuration = rendered(name).named("ConfigMap", "daybook-nats")["data"]["nats.conf"]
    for there, here in (
        ("0.0.0.0:4222", f"127.0.0.1:{port}"),
        ("0.0.0.0:8222", f"127.0.0.1:{free_port()}"),
        ("store_dir: /data", f"store_dir: {tmp_path}/data"),
    ):
        assert there in configuration
        configuration = configuration.replace(there, here)
    (tmp_path / "nats.conf").write_text(configuration)
    (tmp_path / "passwords.conf").write_text(passwords(name)["passwords.conf"])
    program = Path(sysconfig.get_path("scripts")) / "nats-server"
    with subprocess.Popen([program, "-c", tmp_path / "nats.conf"], stderr=subprocess.PIPE, text=True) as process:
        said = []
        for line in process.stderr:
            said.append(line)
            if "Server is ready" in line:
                break
        assert process.poll() is None, "".join(said)
        yield f"nats://127.0.0.1:{port}"
        process.terminate()


async def test_each_user_comes_in_with_its_own_password(name, server_url):
    for user in USERS:
        connection = await nats.connect(
            server_url,
            user=user,
            password=passwords(name)[user],
            inbox_prefix=inbox_prefix(user),
            allow_reconnect=False,
        )
        await connection.close()


async def test_nobody_comes_in_with_anothers(name, server_url):
    """Asked in NATS' own few words: a refused connection of the client library stays open behind it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server_url.rpartition(":")[2]))
    await reader.readline()  # INFO
    credentials = {"user": "journal", "pass": passwords(name)["toolbox"]}
    writer.write(f"CONNECT {json.dumps(credentials)}\r\nPING\r\n".encode())
    assert await reader.readline() == b"-ERR 'Authorization Violation'\r\n"
    writer.close()
    await writer.wait_closed()
