"""The emulator's own API, `/emulator/…`: who is behind a number, what goes wrong next, and what has happened."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Body, FastAPI, Query, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, ValidationError

from emulators.twilio.exchange import Exchange
from emulators.twilio.faults import Fault
from emulators.twilio.line import Line
from emulators.twilio.network import PhoneNetwork
from emulators.twilio.personas import PERSONAS, UnknownPersona
from emulators.twilio.phone_call import PhoneCall
from emulators.twilio.rest import CreateRequests


class PersonaChoice(BaseModel):
    """`overrides` change traits of the persona: see personas.py for their names."""

    model_config = ConfigDict(extra="forbid")

    persona: str
    overrides: dict[str, object] = {}


def add_admin_api(app: FastAPI, *, network: PhoneNetwork, exchange: Exchange, created: CreateRequests) -> None:
    """Puts the API into an app."""
    router = APIRouter()

    @router.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/emulator/personas")
    async def personas() -> dict[str, object]:
        return {name: persona.model_dump() for name, persona in PERSONAS.items()}

    @router.put("/emulator/personas/{number}")
    async def choose_persona(number: str, choice: PersonaChoice) -> Response:
        try:
            persona = exchange.personas.choose(number, choice.persona, choice.overrides)
        except (UnknownPersona, ValidationError) as error:
            return JSONResponse({"error": str(error)}, HTTPStatus.UNPROCESSABLE_ENTITY)
        return JSONResponse({"persona": choice.persona, **persona.model_dump()})

    @router.post("/emulator/faults", status_code=HTTPStatus.CREATED)
    async def order_fault(fault: Annotated[Fault, Body()]) -> dict[str, object]:
        exchange.faults.order(fault)
        return fault.model_dump()

    @router.get("/emulator/calls")
    async def calls() -> dict[str, object]:
        return {"create_requests": created.count, "calls": [_call(call, exchange) for call in network.all()]}

    @router.get("/emulator/calls/{call_sid}")
    async def one_call(call_sid: str) -> Response:
        call = network.find(call_sid)
        return JSONResponse(_call(call, exchange)) if call else _no_such_call()

    @router.delete("/emulator/calls/{call_sid}")
    async def forget(call_sid: str) -> Response:
        call = network.find(call_sid)
        if call is None:
            return _no_such_call()
        if not call.call.has_ended:
            return JSONResponse({"error": "it has not ended: complete it first"}, HTTPStatus.CONFLICT)
        network.forget(call_sid)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @router.get("/emulator/calls/{call_sid}/heard.ulaw")
    async def heard(call_sid: str) -> Response:
        line = _line(network, call_sid)
        return Response(line.heard.audio(), media_type="audio/basic") if line else _no_such_call()

    @router.get("/emulator/calls/{call_sid}/said.ulaw")
    async def said(call_sid: str) -> Response:
        line = _line(network, call_sid)
        return Response(line.said.audio(), media_type="audio/basic") if line else _no_such_call()

    @router.get("/emulator/events")
    async def events(from_seq: Annotated[int, Query(alias="from", ge=0)] = 0) -> StreamingResponse:
        async def lines() -> AsyncIterator[bytes]:
            async for event in exchange.events.follow(from_seq):
                yield orjson.dumps(event.as_json()) + b"\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    @router.get("/emulator/debugger")
    async def debugger() -> list[dict[str, object]]:
        return [entry.as_json() for entry in exchange.events.past("debugger")]

    @router.delete("/emulator/state", status_code=HTTPStatus.NO_CONTENT)
    async def reset() -> None:
        await network.forget_all()
        exchange.faults.clear()
        exchange.personas.clear()
        exchange.events.clear()
        created.count = 0

    app.include_router(router)


def _call(phone_call: PhoneCall, exchange: Exchange) -> dict[str, object]:
    call, line = phone_call.call, phone_call.line
    return {
        "sid": call.sid,
        "to": call.request.to,
        "status": call.status,
        "persona": phone_call.persona_name,
        "answered_by": call.answered_by,
        "connected_ms": line.connected_ms if line else 0,
        "said": [{"text": it.text, "start_ms": it.start_ms, "end_ms": it.end_ms} for it in line.spoken] if line else [],
        "said_words": line.said.text if line else "",
        "heard": [stretch.as_json() for stretch in line.heard.stretches] if line else [],
        "heard_words": line.heard.text if line else "",
        "says": [event.facts["text"] for event in exchange.events.of("daybook.says", call.sid)],
        "callbacks": [callback.as_json() for callback in phone_call.callbacks.sent],
        "streams": len(exchange.events.of("stream.started", call.sid)),
        "streamed": [
            {"started_ms": began.facts["at_ms"], "ended_ms": ended.facts["at_ms"], "sent_ms": ended.facts["sent_ms"]}
            for began, ended in zip(
                exchange.events.of("stream.started", call.sid),
                exchange.events.of("stream.ended", call.sid),
                strict=False,
            )
        ],
        "debugger": [entry.facts for entry in exchange.events.of("debugger", call.sid)],
    }


def _line(network: PhoneNetwork, call_sid: str) -> Line | None:
    call = network.find(call_sid)
    return call.line if call else None


def _no_such_call() -> Response:
    return JSONResponse(
        {"error": "no such call was answered here: GET /emulator/calls lists all"}, HTTPStatus.NOT_FOUND
    )
