"""Persons' keys that were unwrapped a moment ago, so that a key management service is not asked for each turn. Pure.

They are in memory alone, few, and for a short while. What a wrap opened to is of use only for that wrap: whoever asks brings what
the database holds now. A key that was destroyed there is therefore not found here, in whatever process it was destroyed.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from journal.envelope import Key

KEPT_FOR = timedelta(minutes=5)
MOST = 500


@dataclass(frozen=True)
class _Opened:
    wrapped: bytes
    key: Key
    until: datetime


class OpenedKeys:
    """
    Args:
        kept_for: how long a key may be used without being unwrapped again.
        most: how many are kept; the one that was used least recently goes first.
    """

    def __init__(self, *, kept_for: timedelta = KEPT_FOR, most: int = MOST) -> None:
        self._kept_for = kept_for
        self._most = most
        self._opened: OrderedDict[UUID, _Opened] = OrderedDict()

    def find(self, person_id: UUID, wrapped: bytes, now: datetime) -> Key | None:
        """What this wrap was opened to."""
        found = self._opened.get(person_id)
        if found is None:
            return None
        if found.wrapped != wrapped or now >= found.until:
            self.forget(person_id)
            return None
        self._opened.move_to_end(person_id)
        return found.key

    def keep(self, person_id: UUID, wrapped: bytes, key: Key, now: datetime) -> None:
        self._opened[person_id] = _Opened(wrapped, key, now + self._kept_for)
        self._opened.move_to_end(person_id)
        while len(self._opened) > self._most:
            self._opened.popitem(last=False)

    def forget(self, person_id: UUID) -> None:
        self._opened.pop(person_id, None)
