"""Daybook for programs: REST under /api/v1, described by its own OpenAPI document."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from portal.api_problems import TOO_LARGE, Problem, problems, tell_problems

PATH = "/api/v1"
MOST_BYTES = 3 * 2**20
"""Of a request: an edit of an entry has at most some 210 000 characters, each of which JSON may write as twelve bytes."""
_ABOUT = """What a person does on the pages of Daybook, for their programs. Each request bears a token that the person made on the
page Me, as `Authorization: Bearer …`, and is about this person alone: what belongs to somebody else is told like what there is
not. Refusals are problem details (RFC 9457). Moments are UTC, ISO 8601; days and times of windows are local to the person."""


class Api(FastAPI):
    """
    Args:
        parts: the endpoints.
    """

    def __init__(self, parts: Iterable[APIRouter]) -> None:
        super().__init__(
            title="Daybook",
            version="1",
            description=_ABOUT,
            docs_url=None,
            redoc_url=None,
            responses={**problems(400, 401, 429, 503), **TOO_LARGE},
            max_body_size=MOST_BYTES,
        )
        routers = list(parts)
        for router in routers:
            self.include_router(router)
        tell_problems(self, [route for router in routers for route in router.routes])

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            described = get_openapi(
                title=self.title, version=self.version, description=self.description, routes=self.routes
            )
            described["servers"] = [{"url": PATH}]
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            described["components"]["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
            self.openapi_schema = described
        return self.openapi_schema
