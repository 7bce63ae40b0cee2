"""Faults on demand: what an emulator is told over its admin port to do wrong, to the next requests, in order."""

from collections import deque
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

KindT = TypeVar("KindT", bound=StrEnum)


class Fault(BaseModel, Generic[KindT]):
    """A fault as the admin request orders it.

    Attributes:
        times: how many requests it befalls.
        after_ms: how far into the request it befalls it, in milliseconds of emulated time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: KindT
    times: int = Field(default=1, ge=1, le=10_000)
    after_ms: int = Field(default=0, ge=0)


class GrpcFault(StrEnum):
    """What a gRPC service can do wrong: end with the status of that name, or never answer."""

    UNAVAILABLE = "unavailable"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    INTERNAL = "internal"
    ABORTED = "aborted"
    HANG = "hang"


class FaultQueue(Generic[KindT]):
    """The faults that were ordered and have befallen no request yet."""

    def __init__(self, kinds: type[KindT]) -> None:
        self.accepted: TypeAdapter[Fault[KindT]] = TypeAdapter(Fault[kinds])  # type: ignore[valid-type]  # pydantic builds the model of this very enum
        self._pending: deque[Fault[KindT]] = deque()

    def add(self, fault: Fault[KindT]) -> None:
        self._pending.extend([fault] * fault.times)

    def next(self) -> Fault[KindT] | None:
        """Takes the fault of the request that comes in now."""
        return self._pending.popleft() if self._pending else None

    def clear(self) -> None:
        self._pending.clear()

    def __len__(self) -> int:
        return len(self._pending)


def admin_app(faults: FaultQueue[KindT], *more: BaseRoute) -> Starlette:
    """The admin port: `GET /healthz`, `POST` and `DELETE /faults`, and what the emulator adds."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive", "faults_pending": len(faults)})

    async def order(request: Request) -> Response:
        try:
            faults.add(faults.accepted.validate_json(await request.body()))
        except ValidationError as error:
            return refused(error)
        return JSONResponse({"faults_pending": len(faults)}, status_code=201)

    async def clear(_request: Request) -> Response:
        faults.clear()
        return JSONResponse({"faults_pending": 0})

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/faults", order, methods=["POST"]),
            Route("/faults", clear, methods=["DELETE"]),
            *more,
        ]
    )


def refused(error: ValidationError) -> Response:
    """Tells an admin client which field is wrong, without repeating what it sent."""
    problems = [{"field": ".".join(map(str, problem["loc"])), "problem": problem["msg"]} for problem in error.errors()]
    return JSONResponse({"problems": problems}, status_code=422)
