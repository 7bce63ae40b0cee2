import json
import subprocess
import sys
from uuid import uuid4

import pytest
from opentelemetry.context import attach, detach
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.openmetrics.exposition import generate_latest

from chassis.telemetry import call_context, observe

CALL_ID = str(uuid4())

PROGRAM = f"""
from chassis.telemetry import call_context, configure_traces, extract, inject, span

configure_traces(service="test", otlp_endpoint=None, trace_log=True)
headers = {{}}
with span("send", context=call_context({CALL_ID!r}), attributes={{"attempt": 1}}):
    inject(headers)
try:
    with span("process", context=extract(headers)):
        raise ValueError("what somebody said")
except ValueError:
    pass
"""


def test_a_calls_spans_are_in_the_trace_of_its_own_number_and_keep_an_errors_text_out():
    """In a process of its own: a tracer provider is set once a process."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    send, process = (json.loads(line) for line in ran.stdout.splitlines())
    assert send["trace_id"] == process["trace_id"] == CALL_ID.replace("-", "")
    assert process["parent_id"] == send["span_id"]
    assert process["attributes"] == {"error.type": "ValueError"}
    assert "somebody" not in ran.stdout


@pytest.mark.parametrize("told", [True, False], ids=["spans are told", "spans go nowhere"])
def test_a_span_that_is_nobody_s_current_one_hands_its_call_s_trace_on(told):
    program = f"""
from opentelemetry.trace import SpanKind
from chassis.telemetry import call_context, configure_traces, inject_span, start_span

configure_traces(service="test", otlp_endpoint=None, trace_log={told})
started, headers = start_span("send", kind=SpanKind.PRODUCER, context=call_context({CALL_ID!r}), attributes={{}}), {{}}
inject_span(started, headers)
started.end()
print(headers["traceparent"])
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    *spans, traceparent = ran.stdout.splitlines()
    version, trace_id, span_id, flags = traceparent.split("-")
    assert (version, trace_id, flags) == ("00", CALL_ID.replace("-", ""), "01")
    assert [(json.loads(line)["name"], json.loads(line)["span_id"]) for line in spans] == [("send", span_id)] * told


def test_what_is_no_call_id_has_no_trace():
    with pytest.raises(ValueError, match="UUID"):
        call_context("call:1762348549342")


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_what_is_measured_in_a_call_names_its_trace(registry):
    histogram = Histogram("gap_seconds", "A gap.", buckets=(1, 5), registry=registry)
    token = attach(call_context(CALL_ID))
    observe(histogram, 2)
    detach(token)
    [bucket] = [line for line in generate_latest(registry).decode().splitlines() if 'le="5.0"' in line]
    assert f'trace_id="{CALL_ID.replace("-", "")}"' in bucket


def test_what_is_measured_outside_of_any_trace_is_counted_all_the_same(registry):
    histogram = Histogram("gap_seconds", "A gap.", registry=registry)
    observe(histogram, 2)
    assert registry.get_sample_value("gap_seconds_count") == 1
    assert "trace_id" not in generate_latest(registry).decode()
