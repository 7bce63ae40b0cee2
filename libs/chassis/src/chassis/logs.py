"""Logs: one JSON object a line on standard output, and never a word of a person in it (promise 6).

Use `log = structlog.get_logger()` and `log.info("call.initiated", call_id=…, carrier_call_id=…)`: the event is a stable
term, the rest are ids, counts and times. What is bound with `structlog.contextvars.bound_contextvars(call_id=…)` stands
in every line below it. The text of an exception is left out, since it may repeat what somebody said or typed: its type and
the places it passed through are told instead.
"""

import contextlib
import logging
import sys
import traceback
from types import TracebackType
from typing import TextIO

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger


def configure_logs(*, service: str, level: str) -> None:
    """Sends structlog's and the standard library's records to standard output as JSON lines."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace_id,
        _exception_without_text,
    ]
    lines = _Lines(sys.stdout)
    structlog.configure(
        # not through the standard library's loggers, which would make each of our own lines cost twice as much
        processors=[*shared, _add_service(service), structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _library_without_text],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _add_service(service),
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # libraries speak up from warning on; our own level is structlog's
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


class _Lines:
    """Where our own lines go. One that cannot be written is lost: a full disk, or a reader that left, stops nobody's work."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def _write(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self._out.write(f"{line}\n")
            self._out.flush()

    debug = info = warning = error = critical = _write


def _add_service(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    return add


def _add_trace_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event.setdefault("trace_id", trace.format_trace_id(context.trace_id))
    return event


def _exception_without_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, BaseException):
        raised = (type(raised), raised, raised.__traceback__)
    if isinstance(raised, tuple) and raised[1] is not None:
        event["exception"] = describe_exception(raised[1])
    return event


def _library_without_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A library's message may hold what it was given (a URL, a number): its template is kept, its arguments are not."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        event["event"] = str(record.msg)
        event["logger"] = record.name
    event.pop("positional_args", None)
    return event


def describe_exception(error: BaseException, *, above: frozenset[int] = frozenset()) -> list[dict[str, object]]:
    """An exception and its causes, without their texts: type and the places it passed through, the outermost first.

    One that comes of itself (taken out of a group and raised from it) is told once: `above` are the ids of those told already.
    """
    described: list[dict[str, object]] = []
    current: BaseException | None = error
    while current is not None and id(current) not in above and len(described) < 8:
        above |= {id(current)}
        entry: dict[str, object] = {
            "type": f"{type(current).__module__}.{type(current).__qualname__}",
            "at": _places(current.__traceback__),
        }
        if isinstance(current, BaseExceptionGroup):
            entry["group"] = [describe_exception(inner, above=above) for inner in current.exceptions[:8]]
        described.append(entry)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return described


def _places(where: TracebackType | None) -> list[str]:
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(where)]
