"""How a local Daybook differs from the usual one."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Tuning:
    """What tests and impatient people change.

    Attributes:
        time_factor: seconds that pass in the emulated outside world in one real second.
        voices: "hibari" speaks and is heard by real engines; "wordcode" carries the words in band, for tests.
        persona: how the emulated person behaves (emulators/src/emulators/twilio/README.md lists them).
        trace: write spans to the logs.
        observe: a Prometheus, and Grafana where there is one, over all of it.
        settings: further environment variables, for all services and emulators.
    """

    time_factor: float = 1.0
    voices: str = "hibari"
    persona: str = "talks_and_completes"
    trace: bool = False
    observe: bool = False
    settings: Mapping[str, str] | None = None
