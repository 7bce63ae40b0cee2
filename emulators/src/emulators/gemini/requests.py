"""What `generateContent` accepts, and the words in which Gemini refuses the rest (pure).

Source: https://ai.google.dev/api/generate-content, and what google-genai 3.4 sends.
"""

import re
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from emulators.gemini.errors import ApiError, invalid, invalid_key, missing_key, unknown_model

PLACEHOLDER_KEYS = frozenset({"", "invalid"})
_KNOWN_MODEL = re.compile(r"gemini-(2\.5|[3-9](\.\d+)?)-[a-z0-9-]+")
_WITHOUT_LEVELS = re.compile(r"gemini-2\.")


class Message(BaseModel):
    """JSON with the names of protobuf, which may be written either way: `thinkingLevel` or `thinking_level`."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Part(Message):
    text: str


class Content(Message):
    role: str = "user"
    parts: list[Part]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


class ThinkingConfig(Message):
    thinking_budget: int | None = None
    thinking_level: str | None = None
    include_thoughts: bool = False


class GenerationConfig(Message):
    response_mime_type: str = "text/plain"
    response_schema: dict[str, Any] | None = None
    response_json_schema: dict[str, Any] | None = None
    thinking_config: ThinkingConfig = ThinkingConfig()
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    seed: int | None = None
    candidate_count: int | None = Field(default=None, ge=1, le=1)
    max_output_tokens: int | None = Field(default=None, ge=1)
    stop_sequences: list[str] | None = None


class GenerateContent(Message):
    contents: list[Content] = Field(min_length=1)
    generation_config: GenerationConfig = GenerationConfig()
    system_instruction: Content | None = None
    safety_settings: list[dict[str, Any]] | None = None

    @classmethod
    def read(cls, body: bytes, *, model: str) -> Self:
        """Reads the body of a request.

        Raises:
            ApiError: INVALID_ARGUMENT, saying which field is wrong.
        """
        try:
            request = cls.model_validate_json(body)
        except ValidationError as error:
            raise _invalid_payload(error) from error
        config = request.generation_config
        if config.response_schema is not None and config.response_json_schema is not None:
            raise invalid("Only one of response_schema and response_json_schema may be set.")
        if request.answer_schema is not None and config.response_mime_type != "application/json":
            raise invalid(
                f"Function calling or a response schema with a response mime type: '{config.response_mime_type}' "
                "is unsupported; set it to 'application/json'."
            )
        if request.answer_schema is None:
            raise invalid("This emulator answers in JSON only: set response_mime_type and a response schema.")
        thinking = config.thinking_config
        if thinking.thinking_budget is not None and thinking.thinking_level is not None:
            raise invalid("You can only set only one of thinking budget and thinking level.")
        if thinking.thinking_level is not None and _WITHOUT_LEVELS.match(model):
            raise invalid("Thinking level is not supported for this model.")
        return request

    @property
    def answer_schema(self) -> dict[str, Any] | None:
        config = self.generation_config
        return config.response_schema if config.response_schema is not None else config.response_json_schema

    @property
    def asked(self) -> str:
        """The words of the newest content, which are the question."""
        return self.contents[-1].text


def _invalid_payload(error: ValidationError) -> ApiError:
    problem = error.errors()[0]
    place = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        name = problem["loc"][-1]
        where = ".".join(map(str, problem["loc"][:-1]))
        return invalid(f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}': Cannot find field.")
    return invalid(f"Invalid JSON payload received. At '{place}': {problem['msg']}.")


def check_key(key: str | None) -> None:
    """Whether the request may be answered at all.

    Raises:
        ApiError: there is no key, or it is a placeholder.
    """
    if key is None:
        raise missing_key()
    if key in PLACEHOLDER_KEYS:
        raise invalid_key()


def check_model(model: str, version: str) -> None:
    """Whether there is such a model: those of generation 2.5 and later, as 2.0 was shut down on 2026-06-01.

    Raises:
        ApiError: NOT_FOUND.
    """
    if not _KNOWN_MODEL.fullmatch(model):
        raise unknown_model(model, version)
