"""Traces: one call is one story.

A call's id is a UUID, and so is a trace's: every service that works on a call opens its spans in the trace of that very
number (`call_context`). No header has to survive the carrier, which passes none on, and whoever knows a call id knows where
its trace is. Inside a trace the `traceparent` of W3C Trace Context still travels, through NATS headers and gRPC metadata.

Span names and attributes are stable terms, ids, counts and times; never a name, a number or a word (promise 6).
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TextIO
from uuid import UUID

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode, TraceFlags
from opentelemetry.util.types import AttributeValue
from prometheus_client import Histogram

MESSAGING = {"messaging.system": "nats"}
"""What marks a span as one about a message."""

_tracer = trace.get_tracer("daybook")


def configure_traces(*, service: str, otlp_endpoint: str | None, trace_log: bool) -> TracerProvider:
    """Makes this process's spans go to an OTLP collector, to the log, to both, or nowhere.

    Where they go nowhere, none is made: one costs some 20 µs of CPU. The trace that a process was handed is passed on still.

    Args:
        service: the service's name, as `service.name`.
        otlp_endpoint: base address of an OTLP/HTTP collector, e.g. http://collector:4318.
        trace_log: write each ended span to standard output as one JSON line with `"event": "span"`.
    """
    provider = TracerProvider(resource=Resource.create({"service.name": service, "service.namespace": "daybook"}))
    if otlp_endpoint is not None:
        exporter = OTLPSpanExporter(endpoint=f"{otlp_endpoint.rstrip('/')}/v1/traces", timeout=5)
        provider.add_span_processor(BatchSpanProcessor(exporter))
    if trace_log:
        provider.add_span_processor(SimpleSpanProcessor(LogSpanExporter(service, sys.stdout)))
    if otlp_endpoint is not None or trace_log:
        trace.set_tracer_provider(provider)
    return provider


def call_context(call_id: str | UUID) -> Context:
    """The context in which a call's spans belong together: its trace id is the call's id.

    Raises:
        ValueError: the call id is no UUID.
    """
    number = UUID(call_id).int if isinstance(call_id, str) else call_id.int
    span_id = (number & 0xFFFF_FFFF_FFFF_FFFF) or 1
    root = SpanContext(number, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return trace.set_span_in_context(NonRecordingSpan(root))


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    context: Context | None = None,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Iterator[Span]:
    """A span around a piece of work. An exception marks it failed by its type; its text is kept out."""
    with _tracer.start_as_current_span(
        name, context=context, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_attribute("error.type", type(error).__qualname__)
            current.set_status(StatusCode.ERROR)
            raise


def start_span(name: str, *, kind: SpanKind, context: Context, attributes: Mapping[str, AttributeValue]) -> Span:
    """A span that whoever starts it ends, and that is nobody's current one: for many at once, each in a trace of its own."""
    return _tracer.start_span(name, context=context, kind=kind, attributes=attributes)


def inject_span(of: Span, headers: dict[str, str]) -> None:
    """Adds `traceparent` of a span to outgoing headers, as W3C Trace Context words it: `inject` for many at once."""
    context = of.get_span_context()
    if context.is_valid:
        headers["traceparent"] = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def inject(headers: dict[str, str]) -> None:
    """Adds `traceparent` of the current span to outgoing headers."""
    propagate.inject(headers)


def extract(headers: Mapping[str, str]) -> Context:
    """The context that incoming headers carry; the empty one where they carry none."""
    return propagate.extract(headers)


def observe(histogram: Histogram, value: float) -> None:
    """Counts a value, with the current trace as its exemplar: so a slow one leads from Grafana to the call that it was in."""
    context = trace.get_current_span().get_span_context()
    exemplar = {"trace_id": trace.format_trace_id(context.trace_id)} if context.is_valid else None
    histogram.observe(value, exemplar)


class LogSpanExporter(SpanExporter):
    """Writes each span as a line of the log, so that `make run TRACE=1` can show a trace without a viewer."""

    def __init__(self, service: str, out: TextIO) -> None:
        self._service = service
        self._out = out

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for ended in spans:
            self._out.write(json.dumps(self._line(ended)) + "\n")
        self._out.flush()
        return SpanExportResult.SUCCESS

    def _line(self, ended: ReadableSpan) -> dict[str, object]:
        context = ended.get_span_context()
        start_ns, end_ns = ended.start_time or 0, ended.end_time or 0
        return {
            "service": self._service,
            "event": "span",
            "name": ended.name,
            "trace_id": trace.format_trace_id(context.trace_id) if context else None,
            "span_id": trace.format_span_id(context.span_id) if context else None,
            "parent_id": trace.format_span_id(ended.parent.span_id) if ended.parent else None,
            "start_ns": start_ns,
            "duration_ms": round((end_ns - start_ns) / 1e6, 3),
            "attributes": dict(ended.attributes or {}),
        }
