"""Exactly one POST, whatever the carrier does with it: the real client against a raw server that counts."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from call_dispatcher.attempts import Accepted, OutcomeUnknown, Rejected, TurnedAway
from call_dispatcher.carrier_errors import Fault
from call_dispatcher.errors import CarrierUnavailable
from call_dispatcher.telephony import Carrier, CarrierAccount

ACCOUNT = "AC" + "0" * 32
NUMBER = SecretStr("+4366012345")
SID = "CA" + "1" * 32
HANG, DROP = object(), object()


class RawCarrier:
    """Reads one request a connection and answers it, hangs, or drops it."""

    def __init__(self, reply) -> None:
        self.reply = reply
        self.requests: list[bytes] = []
        self.gone = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            [length] = [
                int(line.split(b":")[1]) for line in head.lower().splitlines() if b"content-length" in line
            ] or [0]
            self.requests.append(head + await reader.readexactly(length))
            if self.reply is HANG:
                await reader.read()
            elif self.reply is not DROP:
                status, body, *headers = self.reply
                lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers, "Connection: close"]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body.encode())
                await writer.drain()
        finally:
            writer.close()
            self.gone.set()


@asynccontextmanager
async def carrier_at(port, timeout_s=5.0, host="127.0.0.1"):
    account = CarrierAccount(
        account_sid=ACCOUNT,
        auth_token=SecretStr("token"),
        from_number="+4366099999",
        api_url=f"http://{host}:{port}",
        public_url="https://daybook.example/",
        ring_s=25,
        max_call_s=1800,
        timeout_s=timeout_s,
    )
    carrier = Carrier(account, threads=2)
    try:
        yield carrier
    finally:
        carrier.close()


@asynccontextmanager
async def talking_to(reply, timeout_s=5.0):
    raw = RawCarrier(reply)
    async with (
        await asyncio.start_server(raw.serve, "127.0.0.1", 0) as server,
        carrier_at(server.sockets[0].getsockname()[1], timeout_s) as carrier,
    ):
        yield raw, carrier


def error(status, code):
    return status, json.dumps({"code": code, "message": "no", "status": status})


PROBLEM = {"type": "about:blank", "title": "Too many", "status": 429, "code": 20429}


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ((201, json.dumps({"sid": SID, "status": "queued"})), Accepted(SID)),
        ((201, "<html>"), OutcomeUnknown("answer_unreadable")),
        ((201, "{}"), OutcomeUnknown("answer_unreadable")),
        ((201, "[]"), OutcomeUnknown("answer_unreadable")),
        (error(400, 21211), Rejected(21211, Fault.PERSON)),
        (error(401, 20003), Rejected(20003, Fault.OPERATOR)),
        ((403, "no"), Rejected(403, Fault.UNKNOWN)),
        (error(429, 20429), TurnedAway("throttled")),
        ((429, json.dumps(PROBLEM)), TurnedAway("throttled")),
        ((408, ""), OutcomeUnknown("http_408")),
        ((500, "oops"), OutcomeUnknown("http_500")),
        (error(503, 20503), OutcomeUnknown("http_503")),
        ((307, "", "Location: /elsewhere"), OutcomeUnknown("http_307")),
        (DROP, OutcomeUnknown("connection_broke")),
    ],
)
async def test_one_post_and_what_its_answer_means(reply, answer) -> None:
    async with talking_to(reply) as (raw, carrier):
        assert await carrier.place_call("call.1", NUMBER) == answer
        assert len(raw.requests) == 1
        assert raw.requests[0].startswith(f"POST /2010-04-01/Accounts/{ACCOUNT}/Calls.json ".encode())


async def test_the_proxy_that_the_environment_names_is_gone_through(monkeypatch) -> None:
    proxy = RawCarrier((201, json.dumps({"sid": SID, "status": "queued"})))
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        async with carrier_at(8080, host="carrier.invalid") as carrier:
            assert await carrier.place_call("call.1", NUMBER) == Accepted(SID)
        monkeypatch.setenv("no_proxy", "carrier.invalid")
        async with carrier_at(8080, host="carrier.invalid") as carrier:
            assert await carrier.place_call("call.2", NUMBER) == TurnedAway("not_connected")
    [request] = proxy.requests
    assert request.startswith(b"POST http://carrier.invalid:8080/2010-04-01/")


async def test_one_post_that_is_never_answered() -> None:
    async with talking_to(HANG, timeout_s=0.4) as (raw, carrier):
        assert await carrier.place_call("call.1", NUMBER) == OutcomeUnknown("connection_broke")
        await raw.gone.wait()
        assert len(raw.requests) == 1


async def test_a_carrier_that_cannot_be_reached_has_certainly_made_no_call() -> None:
    async with await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
    async with carrier_at(port) as carrier:
        assert await carrier.place_call("call.1", NUMBER) == TurnedAway("not_connected")


@pytest.mark.parametrize("reply", [(500, "oops"), (200, "<html>"), (200, '{"calls": [{"sid": "CA"}]}'), DROP, HANG])
async def test_a_question_without_a_usable_answer_is_not_taken_for_no_such_call(reply) -> None:
    async with talking_to(reply, timeout_s=0.4) as (_, carrier):
        with pytest.raises(CarrierUnavailable) as raised:
            await carrier.find_calls(NUMBER)
        assert NUMBER.get_secret_value()[1:] not in str(raised.value)
        with pytest.raises(CarrierUnavailable):
            await carrier.fetch(SID)


async def test_a_call_that_the_carrier_does_not_know() -> None:
    async with talking_to(error(404, 20404)) as (_, carrier):
        assert await carrier.fetch(SID) is None
        await carrier.hang_up(SID)


async def test_a_call_that_is_over_need_not_be_ended() -> None:
    async with talking_to(error(400, 21220)) as (_, carrier):
        await carrier.cancel(SID)
