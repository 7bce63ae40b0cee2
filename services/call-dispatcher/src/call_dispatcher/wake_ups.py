"""Signals between the loops of this process."""

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True)
class WakeUps:
    """Who is to look again at once, instead of when its time comes."""

    dialer: asyncio.Event = field(default_factory=asyncio.Event)
    relay: asyncio.Event = field(default_factory=asyncio.Event)
