"""The Gemini Developer API as the client of google-genai sees it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any, Literal

import httpx2
import pytest
from google import genai
from google.genai import types
from google.genai.errors import APIError, ClientError, ServerError
from pydantic import BaseModel, Field

from emulators.program import Running

MODEL = "gemini-3.1-flash-lite"

# where aiohttp is installed, as it is by twilio, google-genai sends by it, and subclasses what aiohttp would rather not see
# subclassed
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


class Kind(StrEnum):
    ANSWERED = "answered"
    COMPLETE = "complete"
    PAUSED = "paused"
    STILL_THINKING = "still_thinking"


class Opinion(BaseModel):
    verdict: Kind
    reason: str = Field(max_length=80)


class LiteralOpinion(BaseModel):
    verdict: Literal["answered", "complete", "paused", "still_thinking"]
    reason: str


@asynccontextmanager
async def client(
    running: Running, *, api_key: str = "a-key", api_version: str = "v1beta"
) -> AsyncIterator[genai.client.AsyncClient]:
    options = types.HttpOptions(
        base_url=running.base_url,
        api_version=api_version,
        timeout=10_000,
        retry_options=types.HttpRetryOptions(attempts=1),
    )
    aio = genai.Client(api_key=api_key, http_options=options).aio
    try:
        yield aio
    finally:
        await aio.aclose()


def json_config(**more: Any) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(
        **{"response_mime_type": "application/json", "response_json_schema": Opinion.model_json_schema()} | more
    )


def conversation(person: str, question: str = "How was your day?") -> str:
    return json.dumps(
        {
            "programme": ["How was your day?", "What next?"],
            "turns": [{"speaker": "daybook", "text": question}, {"speaker": "person", "text": person}],
            "question": question,
            "silence_ms": 1500,
        }
    )


async def ask(
    running: Running, text: str = "Well?", config: types.GenerateContentConfig | None = None, model: str = MODEL
) -> types.GenerateContentResponse:
    async with client(running) as aio:
        return await aio.models.generate_content(model=model, contents=text, config=config or json_config())


@pytest.mark.parametrize("api_version", ["v1", "v1beta"])
async def test_the_model_is_there_for_a_probe_at_start_up(gemini_honest: Running, api_version: str) -> None:
    async with client(gemini_honest, api_version=api_version) as aio:
        model = await aio.models.get(model=MODEL)
    assert model.name == f"models/{MODEL}"
    assert model.supported_actions == ["generateContent"]


@pytest.mark.parametrize(
    "config",
    [
        json_config(),
        json_config(response_json_schema=LiteralOpinion.model_json_schema()),
        json_config(response_json_schema=None, response_schema=Opinion),
        json_config(response_json_schema=None, response_schema=LiteralOpinion),
        json_config(
            system_instruction="Judge.",
            temperature=0,
            max_output_tokens=200,
            thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.MINIMAL),
        ),
    ],
    ids=["json schema with a reference", "json schema", "schema with an enum", "schema", "all settings"],
)
async def test_the_honest_judge_answers_in_the_schema(
    gemini_honest: Running, config: types.GenerateContentConfig
) -> None:
    response = await ask(
        gemini_honest, conversation("It was a long day and I am glad that it is over and done."), config
    )
    assert Opinion.model_validate_json(response.text or "") == Opinion(verdict=Kind.ANSWERED, reason="said_enough")
    assert response.candidates is not None
    assert response.candidates[0].finish_reason is types.FinishReason.STOP
    assert response.model_version == MODEL


async def test_the_synchronous_client_works_as_well(gemini_honest: Running) -> None:
    def get() -> str | None:
        with genai.Client(api_key="a-key", http_options=types.HttpOptions(base_url=gemini_honest.base_url)) as sync:
            return sync.models.get(model=MODEL).name

    assert await asyncio.to_thread(get) == f"models/{MODEL}"


async def test_the_honest_judge_says_what_it_reads(gemini_honest: Running) -> None:
    with pytest.raises(ClientError, match="reads JSON with programme, turns, question and silence_ms") as refused:
        await ask(gemini_honest, "Hello?")
    assert refused.value.status == "FAILED_PRECONDITION"
    with pytest.raises(ClientError, match="stumbles at: question, silence_ms, turns"):
        await ask(gemini_honest, '{"programme": []}')


async def test_a_script_is_answered_in_its_order(gemini_scripted: Running, gemini_admin: httpx2.AsyncClient) -> None:
    script = [{"verdict": "paused", "reason": "first"}, {"verdict": "complete", "reason": "second"}]
    assert (await gemini_admin.post("/answers", json=script)).json() == {"answers_left": 2}
    answers = [json.loads((await ask(gemini_scripted, str(number))).text or "") for number in (1, 2)]
    assert answers == script
    with pytest.raises(ClientError, match="the script has no answer left"):
        await ask(gemini_scripted, "3")
    assert (await gemini_admin.get("/questions")).json() == {"questions": ["1", "2", "3"]}
    await gemini_admin.post("/answers", json=script)
    assert (await gemini_admin.delete("/answers")).json() == {"answers_left": 0}
    assert (await gemini_admin.post("/answers", json=["no object"])).status_code == 422


async def test_an_answer_that_does_not_fit_the_schema_is_told(
    gemini_scripted: Running, gemini_admin: httpx2.AsyncClient
) -> None:
    await gemini_admin.post("/answers", json=[{"verdict": "bored"}])
    with pytest.raises(ClientError, match=r"\$.reason is required; \$.verdict is to be one of"):
        await ask(gemini_scripted)


@pytest.mark.parametrize("key", ["invalid", " "])
async def test_a_placeholder_for_a_key_is_refused(gemini_honest: Running, key: str) -> None:
    async with client(gemini_honest, api_key=key) as aio:
        with pytest.raises(ClientError, match="API key not valid") as refused:
            await aio.models.get(model=MODEL)
    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")
    assert refused.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"


async def test_no_key_is_refused(gemini_honest: Running) -> None:
    async with httpx2.AsyncClient(base_url=gemini_honest.base_url) as http:
        response = await http.get(f"/v1beta/models/{MODEL}")
    assert (response.status_code, response.json()["error"]["status"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("model", ["gemini-2.0-flash", "gemini-1.5-pro", "palm"])
async def test_a_model_that_is_gone_is_not_found(gemini_honest: Running, model: str) -> None:
    with pytest.raises(ClientError, match=f"models/{model} is not found for API version v1beta") as refused:
        await ask(gemini_honest, model=model)
    assert (refused.value.code, refused.value.status) == (404, "NOT_FOUND")
    async with client(gemini_honest) as aio:
        with pytest.raises(ClientError, match="is not found"):
            await aio.models.get(model=model)


WRONG_CONFIGS = [
    (MODEL, types.GenerateContentConfig(), "answers in JSON only"),
    (MODEL, json_config(response_mime_type="text/plain"), "'text/plain' is unsupported"),
    (MODEL, json_config(candidate_count=2), "less than or equal to 1"),
    (MODEL, json_config(presence_penalty=1.0), "Unknown name"),
    (MODEL, json_config(response_json_schema={"type": "tuple"}), "the type 'tuple' at \\$ is not understood"),
    (MODEL, json_config(response_json_schema={"if": {}}), "the keyword 'if' at \\$ is not understood"),
    (MODEL, json_config(response_json_schema={"$ref": "#/$defs/No"}), "leads nowhere"),
    (MODEL, json_config(response_json_schema={"type": "array"}), "\\$ is to be of type array"),
    (
        MODEL,
        json_config(thinking_config=types.ThinkingConfig(thinking_budget=0, thinking_level=types.ThinkingLevel.LOW)),
        "only one of thinking budget and thinking level",
    ),
    (
        "gemini-2.5-flash",
        json_config(thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW)),
        "Thinking level is not supported",
    ),
]


@pytest.mark.parametrize(("model", "config", "text"), WRONG_CONFIGS, ids=[text for _, _, text in WRONG_CONFIGS])
async def test_a_wrong_request_is_refused_and_the_service_serves_on(
    gemini_scripted: Running,
    gemini_admin: httpx2.AsyncClient,
    model: str,
    config: types.GenerateContentConfig,
    text: str,
) -> None:
    answer = {"verdict": "paused", "reason": "still_here"}
    await gemini_admin.post("/answers", json=[answer, answer])
    with pytest.raises(ClientError, match=text) as refused:
        await ask(gemini_scripted, config=config, model=model)
    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")
    assert json.loads((await ask(gemini_scripted)).text or "") == answer


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"contents": []}', b'{"contents": [{"parts": 1}]}'])
async def test_a_body_that_is_no_request_is_refused(gemini_honest: Running, body: bytes) -> None:
    async with httpx2.AsyncClient(base_url=gemini_honest.base_url, headers={"x-goog-api-key": "a-key"}) as http:
        response = await http.post(f"/v1beta/models/{MODEL}:generateContent", content=body)
    assert (response.status_code, response.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("too_many_requests", ClientError, 429),
        ("internal", ServerError, 500),
        ("unavailable", ServerError, 503),
    ],
)
async def test_a_fault_befalls_as_many_requests_as_ordered(
    gemini_scripted: Running, gemini_admin: httpx2.AsyncClient, kind: str, error: type[APIError], code: int
) -> None:
    await gemini_admin.post("/answers", json=[{"verdict": "paused", "reason": "well"}])
    await gemini_admin.post("/faults", json={"kind": kind, "times": 2, "after_ms": 100})
    for _ in range(2):
        with pytest.raises(error) as failed:
            await ask(gemini_scripted)
        assert failed.value.code == code
    assert (await ask(gemini_scripted)).text


async def test_half_an_answer_and_an_answer_withheld(
    gemini_scripted: Running, gemini_admin: httpx2.AsyncClient
) -> None:
    await gemini_admin.post("/answers", json=[{"verdict": "paused", "reason": "well"}] * 2)
    await gemini_admin.post("/faults", json={"kind": "malformed"})
    with pytest.raises(json.JSONDecodeError):
        json.loads((await ask(gemini_scripted)).text or "")
    await gemini_admin.post("/faults", json={"kind": "blocked"})
    response = await ask(gemini_scripted)
    assert response.text is None
    assert response.candidates is not None
    assert response.candidates[0].finish_reason is types.FinishReason.SAFETY


async def test_a_hanging_request_is_never_answered(gemini_scripted: Running, gemini_admin: httpx2.AsyncClient) -> None:
    await gemini_admin.post("/faults", json={"kind": "hang"})
    async with httpx2.AsyncClient(base_url=gemini_scripted.base_url, headers={"x-goog-api-key": "a-key"}) as http:
        body = {"contents": [{"parts": [{"text": "Well?"}]}], "generationConfig": {"responseSchema": {}}}
        body["generationConfig"] |= {"responseMimeType": "application/json"}  # type: ignore[operator]
        with pytest.raises(httpx2.ReadTimeout):
            await http.post(f"/v1beta/models/{MODEL}:generateContent", json=body, timeout=0.2)
