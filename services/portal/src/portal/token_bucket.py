"""How fast a program may ask: a bucket of requests for each token, which fills again as time passes. Pure.

Each process has buckets of its own: who asks several at once may ask as often of each.
"""

from collections import OrderedDict
from collections.abc import Hashable

MOST_BUCKETS = 10_000


class TokenBuckets:
    """
    Args:
        size: how many requests may come at once.
        per_s: how many more each second.
    """

    def __init__(self, *, size: float, per_s: float) -> None:
        self._size = size
        self._per_s = per_s
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, who: Hashable, now_s: float) -> float:
        """Takes one request out of a bucket.

        Args:
            who: whose bucket.
            now_s: a monotonic clock, seconds.

        Returns:
            0; or, where there is none, after how many seconds there is one.
        """
        left, since_s = self._buckets.pop(who, (self._size, now_s))
        left = min(self._size, left + (now_s - since_s) * self._per_s)
        taken = left >= 1
        self._buckets[who] = (left - 1 if taken else left, now_s)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)  # who has asked least lately has a full one by now
        return 0.0 if taken else (1 - left) / self._per_s
