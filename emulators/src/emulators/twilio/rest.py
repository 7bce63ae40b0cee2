"""Twilio's REST API for calls, as far as Daybook speaks it (https://www.twilio.com/docs/voice/api/call-resource)."""

import asyncio
import base64
import binascii
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from starlette.exceptions import HTTPException

from emulators.twilio.call_requests import CallRequest, Form, not_found, read_call_request, read_call_update
from emulators.twilio.calls import API_VERSION, list_calls
from emulators.twilio.errors import RequestRefused
from emulators.twilio.faults import CreateCallFault, Faults
from emulators.twilio.network import PhoneNetwork
from emulators.twilio.phone_call import PhoneCall

_REFUSALS = {
    "429": RequestRefused(20429, "Too Many Requests", HTTPStatus.TOO_MANY_REQUESTS),
    "500": RequestRefused(20500, "Internal Server Error", HTTPStatus.INTERNAL_SERVER_ERROR),
    "503": RequestRefused(20503, "Service Unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
}


class CreateRequests:
    """How many `POST /Calls` have arrived, those that were refused or cut included."""

    def __init__(self) -> None:
        self.count = 0


class _ConnectionCut(Exception):
    """Ends a request whose connection is to be cut without an answer."""


def add_rest_api(
    app: FastAPI,
    *,
    network: PhoneNetwork,
    faults: Faults,
    created: CreateRequests,
    account_sid: str,
    auth_token: SecretStr,
    own_numbers: frozenset[str],
    cut: Callable[[Request], None],
) -> None:
    """Puts the API into an app; `cut` closes the connection on which a request came."""

    async def authenticated(request: Request) -> None:
        expected = f"{account_sid}:{auth_token.get_secret_value()}".encode()
        if not secrets.compare_digest(_credentials(request), expected):
            raise RequestRefused(20003, "Authenticate", HTTPStatus.UNAUTHORIZED)
        if request.path_params["account_sid"] != account_sid:
            raise not_found(request.url.path)

    async def known_call(request: Request, call_sid: str) -> PhoneCall:
        call = network.find(call_sid)
        if call is None:
            raise not_found(request.url.path)
        return call

    router = APIRouter(prefix=f"/{API_VERSION}/Accounts/{{account_sid}}", dependencies=[Depends(authenticated)])

    @router.post("/Calls.json")
    async def create_call(request: Request) -> Response:
        created.count += 1
        fault = faults.for_create_call()
        if fault is not None and fault.kind in _REFUSALS:
            raise _REFUSALS[fault.kind]
        if fault is not None and fault.kind == "drop":
            raise _ConnectionCut
        asked = read_call_request(await _form(request), own_numbers)
        call = await place(asked, fault)
        return JSONResponse(call.call.as_json(), HTTPStatus.CREATED)

    async def place(asked: CallRequest, fault: CreateCallFault | None) -> PhoneCall:
        match fault.kind if fault else None:
            case "accept_then_drop":
                network.place(asked)
                raise _ConnectionCut
            case "hang_then_accept":
                await asyncio.sleep(fault.seconds if fault else 0.0)
                return network.place(asked)
            case "hang":
                call = network.place(asked)
                await asyncio.sleep(fault.seconds if fault else 0.0)
                return call
        return network.place(asked)

    @router.get("/Calls.json")
    async def get_calls(request: Request) -> Response:
        calls = [call.call for call in network.all()]
        return JSONResponse(list_calls(calls, dict(request.query_params), request.url.path))

    @router.get("/Calls/{call_sid}.json")
    async def get_call(call: Annotated[PhoneCall, Depends(known_call)]) -> Response:
        return JSONResponse(call.call.as_json())

    @router.post("/Calls/{call_sid}.json")
    async def update_call(request: Request, call: Annotated[PhoneCall, Depends(known_call)]) -> Response:
        await network.change(call, read_call_update(await _form(request)))
        return JSONResponse(call.call.as_json())

    @app.exception_handler(RequestRefused)
    async def refuse(_request: Request, refused: RequestRefused) -> Response:
        headers = (
            {"WWW-Authenticate": 'Basic realm="Twilio API"'} if refused.status == HTTPStatus.UNAUTHORIZED else None
        )
        body = {
            "code": refused.code,
            "message": refused.message,
            "more_info": f"https://www.twilio.com/docs/errors/{refused.code}",
            "status": refused.status,
        }
        return JSONResponse(body, refused.status, headers)

    @app.exception_handler(_ConnectionCut)
    async def cut_connection(request: Request, _cut: _ConnectionCut) -> Response:
        cut(request)
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return Response()

    @app.exception_handler(HTTPStatus.NOT_FOUND)
    async def no_such_path(request: Request, _error: HTTPException) -> Response:
        return await refuse(request, not_found(request.url.path))

    app.include_router(router)


def _credentials(request: Request) -> bytes:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return b""


async def _form(request: Request) -> Form:
    form = await request.form()
    return {name: [value for value in form.getlist(name) if isinstance(value, str)] for name in form}
