"""The streams of JetStream that Daybook's events lie in."""

from collections.abc import Sequence

from nats.js.api import RetentionPolicy, StorageType, StreamConfig

from chassis.events import (
    CALLS_KEPT_FOR,
    CALLS_STREAM,
    CALLS_SUBJECTS,
    DEAD_LETTERS_KEPT_FOR,
    DEAD_LETTERS_STREAM,
    DEAD_LETTERS_SUBJECTS,
    DEDUPLICATED_WITHIN,
)

STREAMS = (
    StreamConfig(
        name=CALLS_STREAM,
        subjects=[CALLS_SUBJECTS],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_age=CALLS_KEPT_FOR.total_seconds(),
        duplicate_window=DEDUPLICATED_WITHIN.total_seconds(),
        allow_atomic=True,
    ),
    StreamConfig(
        name=DEAD_LETTERS_STREAM,
        subjects=[DEAD_LETTERS_SUBJECTS],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_age=DEAD_LETTERS_KEPT_FOR.total_seconds(),
        duplicate_window=DEDUPLICATED_WITHIN.total_seconds(),
    ),
)
"""All streams of Daybook. One service makes them, window-scheduler; the others find them."""


def replicated(streams: Sequence[StreamConfig], replicas: int) -> list[StreamConfig]:
    """The same streams, each kept by so many servers of a NATS cluster: 1, 3 or 5."""
    return [stream.evolve(num_replicas=replicas) for stream in streams]
