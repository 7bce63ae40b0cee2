"""Sound to be kept: noise, which is as good as speech to whoever encrypts it. It needs the standard library alone."""

import random


def segments_of(count: int, size: int) -> list[bytes]:
    """So many segments of so many bytes, each another."""
    chance = random.Random(size)
    return [chance.randbytes(size) for _ in range(count)]
