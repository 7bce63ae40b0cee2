"""The emulator of Gemini: its HTTP port, its admin port, and the judge between them."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.errors import UnknownSchema
from emulators.faults import Fault, FaultQueue, admin_app, refused
from emulators.gemini.errors import ApiError, CannotJudge, invalid
from emulators.gemini.honest_judge import HonestJudge
from emulators.gemini.judges import Answer, Judge, ScriptedJudge
from emulators.gemini.requests import GenerateContent, check_key, check_model
from emulators.gemini.schema import problems
from emulators.program import EmulatorSettings, Running
from emulators.serving import serving_http

_KEPT_QUESTIONS = 100
_ANSWERS = TypeAdapter(list[Answer])


class Engine(StrEnum):
    """Who judges: `honest` by what was said, `scripted` by the answers that a test sets beforehand."""

    HONEST = "honest"
    SCRIPTED = "scripted"


class GeminiSettings(EmulatorSettings):
    engine: Engine = Engine.HONEST


class GeminiFault(StrEnum):
    """What it can do wrong: an error of that HTTP status, no answer, half an answer, or an answer withheld."""

    TOO_MANY_REQUESTS = "too_many_requests"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"
    HANG = "hang"
    MALFORMED = "malformed"
    BLOCKED = "blocked"


_ERRORS = {
    GeminiFault.TOO_MANY_REQUESTS: (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    GeminiFault.INTERNAL: (
        500,
        "INTERNAL",
        "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting",
    ),
    GeminiFault.UNAVAILABLE: (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
}


class GeminiService:
    """`models.get` and `models.generateContent` of the Gemini Developer API."""

    def __init__(self, judge: Judge, settings: GeminiSettings, faults: FaultQueue[GeminiFault]) -> None:
        self._judge = judge
        self._settings = settings
        self._faults = faults
        self._questions: deque[str] = deque(maxlen=_KEPT_QUESTIONS)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/{version}/models/{model}:generateContent", _answering(self._generate), methods=["POST"]),
                Route("/{version}/models/{model}", _answering(self._get_model)),
            ]
        )

    async def _get_model(self, request: Request) -> Response:
        model = _model(request)
        return JSONResponse(
            {
                "name": f"models/{model}",
                "version": "001",
                "displayName": f"{model} (emulated)",
                "inputTokenLimit": 1_048_576,
                "outputTokenLimit": 65_536,
                "supportedGenerationMethods": ["generateContent"],
            }
        )

    async def _generate(self, request: Request) -> Response:
        model = _model(request)
        asked = GenerateContent.read(await request.body(), model=model)
        self._questions.append(asked.asked)
        fault = self._faults.next()
        if fault is not None:
            await self._befall(fault, request)
        text = self._answer(asked)
        match fault:
            case Fault(kind=GeminiFault.MALFORMED):
                return JSONResponse(_response(model, asked, text[: len(text) // 2], "MAX_TOKENS"))
            case Fault(kind=GeminiFault.BLOCKED):
                return JSONResponse(_response(model, asked, None, "SAFETY"))
            case _:
                return JSONResponse(_response(model, asked, text, "STOP"))

    async def _befall(self, fault: Fault[GeminiFault], request: Request) -> None:
        await asyncio.sleep(self._settings.real(timedelta(milliseconds=fault.after_ms)))
        if fault.kind is GeminiFault.HANG:
            await _gone(request)
        if fault.kind in _ERRORS:
            raise ApiError(*_ERRORS[fault.kind])

    def _answer(self, asked: GenerateContent) -> str:
        """The judge's answer as JSON that fits the schema of the request."""
        try:
            schema = asked.answer_schema or {}
            answer = self._judge.answer(asked.asked, frozenset(schema.get("properties", ())))
            misfits = problems(answer, schema)
        except CannotJudge as error:
            raise ApiError(400, "FAILED_PRECONDITION", f"This emulator cannot answer: {error}.") from error
        except UnknownSchema as error:
            raise invalid(f"Invalid response schema: {error}.") from error
        if misfits:
            raise invalid(
                f"This emulator's answer does not fit the response schema: {'; '.join(misfits)}. "
                "It answers with a verdict and a reason, with a title, a summary, tags and a mood, or as it is scripted."
            )
        return json.dumps(answer)

    async def questions(self, _request: Request) -> Response:
        """`GET /questions` of the admin port: what the newest requests asked, the oldest first."""
        return JSONResponse({"questions": list(self._questions)})


async def _gone(request: Request) -> None:
    """Waits until the client has given up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _model(request: Request) -> str:
    """The model that a request names, if there is one and the caller may ask it."""
    check_key(request.headers.get("x-goog-api-key"))
    model = str(request.path_params["model"])
    check_model(model, request.path_params["version"])
    return model


def _answering(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint whose errors are answers in Google's form."""

    async def endpoint(request: Request) -> Response:
        try:
            return await answer(request)
        except ApiError as error:
            return JSONResponse(error.body(), status_code=error.code)

    return endpoint


def _response(model: str, asked: GenerateContent, text: str | None, finish_reason: str) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": text}]} if text is not None else {"role": "model"}
    prompt_tokens, answer_tokens = len(asked.asked) // 4, len(text or "") // 4
    return {
        "candidates": [{"content": content, "finishReason": finish_reason, "index": 0}],
        "usageMetadata": {
            "promptTokenCount": prompt_tokens,
            "candidatesTokenCount": answer_tokens,
            "totalTokenCount": prompt_tokens + answer_tokens,
        },
        "modelVersion": model,
        "responseId": uuid4().hex,
    }


def _script_routes(judge: ScriptedJudge) -> list[Route]:
    async def add(request: Request) -> Response:
        try:
            judge.add(_ANSWERS.validate_json(await request.body()))
        except ValidationError as error:
            return refused(error)
        return JSONResponse({"answers_left": len(judge)}, status_code=201)

    async def clear(_request: Request) -> Response:
        judge.clear()
        return JSONResponse({"answers_left": 0})

    return [Route("/answers", add, methods=["POST"]), Route("/answers", clear, methods=["DELETE"])]


@asynccontextmanager
async def serve(settings: GeminiSettings) -> AsyncIterator[Running]:
    """Serves while the block runs.

    Raises:
        OSError: a port is taken.
    """
    judge = ScriptedJudge() if settings.engine is Engine.SCRIPTED else HonestJudge()
    script = _script_routes(judge) if isinstance(judge, ScriptedJudge) else []
    faults = FaultQueue(GeminiFault)
    service = GeminiService(judge, settings, faults)
    admin = admin_app(faults, Route("/questions", service.questions), *script)
    async with (
        serving_http(service.app(), host=settings.host, port=settings.port) as port,
        serving_http(admin, host=settings.host, port=settings.admin_port) as admin_port,
    ):
        yield Running(settings.host, port, admin_port)
