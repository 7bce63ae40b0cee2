import json
import subprocess
import sys

from chassis.logs import describe_exception

WORDS = "what somebody said"

PROGRAM = f"""
import logging
import structlog
from chassis.errors import Unavailable
from chassis.logs import configure_logs

configure_logs(service="test", level="info")
log = structlog.get_logger()
log.debug("too.quiet")
with structlog.contextvars.bound_contextvars(call_id="the-call"):
    log.info("call.initiated", attempt=1)
try:
    try:
        raise ValueError({WORDS!r})
    except ValueError as error:
        raise Unavailable({WORDS!r}) from error
except Unavailable as error:
    log.error("call.failed", exc_info=error)
logging.getLogger("a.library").warning("refused: %s", {WORDS!r})
"""


def lines():
    """A process of its own: logging is set up once a process."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    return ran.stdout, [json.loads(line) for line in ran.stdout.splitlines()]


def test_a_line_is_json_with_what_was_bound_and_no_text_of_an_error_stands_in_it():
    output, [initiated, failed, library] = lines()
    assert initiated["event"] == "call.initiated"
    assert (initiated["service"], initiated["call_id"], initiated["attempt"]) == ("test", "the-call", 1)
    assert [cause["type"] for cause in failed["exception"]] == ["chassis.errors.Unavailable", "builtins.ValueError"]
    assert failed["exception"][0]["at"]
    assert library["event"] == "refused: %s"
    assert WORDS not in output


def test_an_exception_that_was_taken_out_of_a_group_and_raised_from_it_is_told_once():
    group = ExceptionGroup(WORDS, [ValueError(WORDS)])
    [inner] = group.exceptions
    inner.__cause__ = group  # as `raise group.exceptions[0] from group` sets it
    [told, cause] = describe_exception(inner)
    assert (told["type"], cause["type"], cause["group"]) == ("builtins.ValueError", "builtins.ExceptionGroup", [[]])
