"""A name as it will be said, asked as the portal asks it, of a gateway that is a process of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from certificates import Authority
from service_processes import a_service

from chassis.rpc import open_channel
from chassis.tls import Tls
from daybook.gateway.v1 import speaking_pb2 as pb
from daybook.gateway.v1.speaking_pb2_grpc import SpeakingServiceStub
from emulators import wordcode

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "Rumpelstiltskin"


@dataclass
class Asked:
    """A gateway, and its log."""

    target: str
    log: Path

    async def say(self, tls: Tls | None = None, **request: str) -> str:
        """The words of what it says."""
        async with open_channel(self.target, tls=tls) as channel:
            answer = await SpeakingServiceStub(channel).SayName(pb.SayNameRequest(**request))
        return wordcode.decode(answer.wav)


@asynccontextmanager
async def asked(environment: dict[str, str], folder: Path) -> AsyncIterator[Asked]:
    log = folder / "gateway.log"
    async with a_service(
        "voice_gateway", "DAYBOOK_GRPC_PORT", {**environment, "DAYBOOK_TRACE_LOG": "true"}, log
    ) as gateway:
        yield Asked(f"127.0.0.1:{gateway.port}", log)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outside(around):
    async with around(time_factor=20.0) as outside:
        yield outside


async def test_a_name_is_said_as_the_greeting_says_it_and_stands_in_no_log(outside, tmp_path):
    async with asked(outside.environment, tmp_path) as gateway:
        assert await gateway.say(locale="en-GB", spoken_name=NAME) == f"Hello {NAME}."
        assert await gateway.say(locale="de-AT", spoken_name=NAME) == f"Guten Tag, {NAME}."

        await outside.web.post(f"{outside.tts_admin}/faults", json={"kind": "unavailable", "times": 100})
        try:
            with pytest.raises(grpc.aio.AioRpcError) as away:
                await gateway.say(locale="en-GB", spoken_name=NAME)
        finally:
            await outside.web.delete(f"{outside.tts_admin}/faults")
        assert away.value.code() is grpc.StatusCode.UNAVAILABLE
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await gateway.say(locale="en-GB", spoken_name=NAME * 10)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert await gateway.say(locale="en-GB", spoken_name=NAME) == f"Hello {NAME}."
        told = gateway.log.read_text() + str(away.value) + str(refused.value)
        assert "daybook.gateway.v1.SpeakingService/SayName" in told
        assert "name.not_said" in told
        assert NAME not in told


async def test_a_gateway_with_a_certificate_speaks_with_nobody_else(outside, tmp_path):
    authority = Authority()
    own = authority.certify()
    files = {"CERT": own.certificate, "KEY": own.key, "CA": own.authority}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    settings = {f"DAYBOOK_TLS_{name}_FILE": str(tmp_path / name) for name in files}
    async with asked({**outside.environment, **settings}, tmp_path) as gateway:
        assert await gateway.say(authority.certify(), locale="en-GB", spoken_name=NAME) == f"Hello {NAME}."
        for stranger in (None, Authority().certify()):
            with pytest.raises(grpc.aio.AioRpcError):
                await gateway.say(stranger, locale="en-GB", spoken_name=NAME)
