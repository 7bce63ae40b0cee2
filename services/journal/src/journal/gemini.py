"""Gemini, asked to describe an entry: one question, one try, one deadline."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx2
import structlog
from google.genai import Client
from google.genai.errors import APIError
from google.genai.types import (
    GenerateContentConfig,
    GenerateContentResponse,
    HttpOptions,
    HttpRetryOptions,
    ThinkingConfig,
    ThinkingLevel,
)
from pydantic import SecretStr

from daybook.journal.v1.journal_pb2 import Turn
from daybook.journal.v1.revisions_pb2 import Revision
from journal.description import INSTRUCTION, Description, content_of, question_of
from journal.errors import DescriptionRefused, DescriptionUnavailable
from journal.records import Undescribed

log = structlog.get_logger()

API_VERSION = "v1beta"
DEADLINE_S = 20.0
"""Below the time after which a loop that makes no round is told to stand still (deploy/helm/daybook/alerts/workers.yaml)."""
CHECKED_WITHIN_S = 5.0
MOST_TOKENS = 2000


class GeminiDescriber:
    """
    Args:
        deadline_s: how long an answer is waited for.
    """

    def __init__(self, client: Client, *, model: str, deadline_s: float) -> None:
        self._client = client
        self._model = model
        self._deadline_s = deadline_s

    async def describe(self, turns: Sequence[Turn]) -> Revision:
        """What is to be told of these turns, as a revision without number, author and time.

        Raises:
            DescriptionUnavailable: it does not answer in time, refuses the request, or its answer is of no use.
            DescriptionRefused: it does not speak of these words.
        """
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._ask(question_of(turns))
        except TimeoutError:
            raise DescriptionUnavailable(Undescribed.TIMEOUT) from None
        except APIError as error:
            # its text may repeat what was asked
            log.warning("description.refused", code=error.code, status=error.status)
            raise DescriptionUnavailable(Undescribed.REFUSED) from None
        except Exception as error:
            log.warning("description.failed", exc_info=error)
            raise DescriptionUnavailable(Undescribed.FAILED) from None
        if not answer.text:
            log.warning("description.withheld", finish_reason=_finish_reason(answer))
            raise DescriptionRefused
        described = content_of(answer.text, turns)
        if described is None:
            raise DescriptionUnavailable(Undescribed.MALFORMED)
        return described

    async def _ask(self, question: str) -> GenerateContentResponse:
        return await self._client.aio.models.generate_content(
            model=self._model,
            contents=question,
            config=GenerateContentConfig(
                system_instruction=INSTRUCTION,
                response_mime_type="application/json",
                response_json_schema=Description.model_json_schema(),
                thinking_config=ThinkingConfig(thinking_level=ThinkingLevel.MINIMAL),
                max_output_tokens=MOST_TOKENS,
            ),
        )

    async def check(self) -> None:
        """Logs whether the model is there for this key. A journal without it keeps everything all the same."""
        try:
            async with asyncio.timeout(CHECKED_WITHIN_S):
                await self._client.aio.models.get(model=self._model)
        except APIError as error:
            log.error("description.model_missing", model=self._model, code=error.code, status=error.status)
        except Exception as error:
            log.error("description.unreachable", model=self._model, exc_info=error)
        else:
            log.info("description.ready", model=self._model)


@asynccontextmanager
async def open_gemini(
    api_key: SecretStr, *, model: str, base_url: str | None, deadline_s: float = DEADLINE_S
) -> AsyncIterator[GeminiDescriber]:
    """Gemini with this key, or an emulator of it at an address, while the block runs."""
    async with httpx2.AsyncClient(timeout=deadline_s) as http:
        client = Client(
            api_key=api_key.get_secret_value(),
            http_options=HttpOptions(
                base_url=base_url,
                api_version=API_VERSION,
                timeout=round(deadline_s * 1000),
                retry_options=HttpRetryOptions(attempts=1),
                httpx_async_client=http,
            ),
        )
        try:
            yield GeminiDescriber(client, model=model, deadline_s=deadline_s)
        finally:
            client.close()


def _finish_reason(answer: GenerateContentResponse) -> str:
    """Why there is no text, as Google terms it."""
    if answer.candidates and answer.candidates[0].finish_reason:
        return answer.candidates[0].finish_reason.value
    return "none"
