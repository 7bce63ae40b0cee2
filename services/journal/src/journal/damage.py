"""What is told of something that does not open, wherever it is met: the log names it, and an alert counts it."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from journal import metrics
from journal.errors import IntegrityError

log = structlog.get_logger()


def tell_damage(error: IntegrityError) -> None:
    metrics.records_damaged.labels(error.kind).inc()
    log.error("record.damaged", kind=error.kind, sequence=error.sequence, record_id=str(error.record_id))


@contextmanager
def counting_damage() -> Iterator[None]:
    """Counts and logs what cannot be opened; the chassis answers DATA_LOSS for it."""
    try:
        yield
    except IntegrityError as error:
        tell_damage(error)
        raise
