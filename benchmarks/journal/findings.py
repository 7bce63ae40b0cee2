"""What it costs to keep, to read and to rotate, and how that stands to the goals. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import linear_regression, median
from typing import Any

from benchmarks.report import Goal, at_least, at_most

MIB = 2**20
TIMES_RAW = 3.0
CALLS_A_CORE = 100
TIMES_FROM_START = 1.5
MANY_PERSONS = 1_000_000
ROTATION_CPU_S = 300.0


@dataclass(frozen=True)
class Stored:
    """What one contestant took, CPU microseconds for a segment, in each round.

    Attributes:
        sealed_us: to encrypt it, and no more.
        stored_us: to encrypt and store it.
    """

    sealed_us: Sequence[float]
    stored_us: Sequence[float]


@dataclass(frozen=True)
class Keeping:
    """Segments, encrypted and stored by each, round by round in turn.

    Attributes:
        segment_bytes: of a segment.
        at_once: how many recordings `many` were.
        raw: AES-GCM of `cryptography`, and plain files.
        alone: the journal, one recording at a time.
        many: the journal, many recordings at once.
        tink: Tink's streaming AEAD into plain files; None where it was left out.
    """

    segment_bytes: int
    at_once: int
    raw: Stored
    alone: Stored
    many: Stored
    tink: Stored | None


@dataclass(frozen=True)
class SessionCost:
    """Whole sessions over gRPC, some at once."""

    sessions: int
    at_once: int
    wall_s: float
    journal_cpu_s: float
    postgres_cpu_s: float

    @property
    def cpu_ms_a_session(self) -> float:
        return (self.journal_cpu_s + self.postgres_cpu_s) / self.sessions * 1000

    @property
    def sessions_a_second_a_core(self) -> float:
        """Of a core that journal and PostgreSQL share."""
        return self.sessions / (self.journal_cpu_s + self.postgres_cpu_s)


@dataclass(frozen=True)
class FirstByte:
    """How long a sample of a recording of so many minutes is waited for, the median of many."""

    minutes: int
    from_start_ms: float
    from_middle_ms: float


@dataclass(frozen=True)
class RotationCost:
    """So many persons' keys, wrapped anew."""

    persons: int
    wall_s: float
    journal_cpu_s: float
    postgres_cpu_s: float

    @property
    def cpu_s(self) -> float:
        return self.journal_cpu_s + self.postgres_cpu_s


@dataclass(frozen=True)
class Reckoned:
    """What a million persons' keys take, by the straight line that fits the sizes that were measured best.

    Attributes:
        cpu_us_a_key, cpu_s_at_rest: the line.
        off_by: how far the worst measurement is from it, as a share of that measurement.
    """

    cpu_s: float
    wall_s: float
    cpu_us_a_key: float
    cpu_s_at_rest: float
    off_by: float


@dataclass(frozen=True)
class Found:
    keeping: Keeping
    sessions: SessionCost
    seconds_a_session: int
    first_byte: FirstByte
    rotations: Sequence[RotationCost]


def times(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How many times as much we took, the median of all rounds: what a round had to bear, both had."""
    return median(our / their for our, their in zip(ours, theirs, strict=True))


def ms_a_mib(microseconds: Sequence[float], segment_bytes: int) -> float:
    """CPU milliseconds for a MiB of audio, the median of all rounds."""
    return median(microseconds) * MIB / segment_bytes / 1000


def reckoned(rotations: Sequence[RotationCost]) -> Reckoned | None:
    """None where there are fewer than two sizes to draw a line through."""
    if len(rotations) < 2:
        return None
    persons = [rotation.persons for rotation in rotations]
    cpu = linear_regression(persons, [rotation.cpu_s for rotation in rotations])
    wall = linear_regression(persons, [rotation.wall_s for rotation in rotations])
    return Reckoned(
        cpu_s=cpu.intercept + cpu.slope * MANY_PERSONS,
        wall_s=wall.intercept + wall.slope * MANY_PERSONS,
        cpu_us_a_key=cpu.slope * 1e6,
        cpu_s_at_rest=cpu.intercept,
        off_by=max(
            abs(cpu.intercept + cpu.slope * rotation.persons - rotation.cpu_s) / rotation.cpu_s
            for rotation in rotations
        ),
    )


def goals(found: Found) -> list[Goal]:
    """The goals that can be judged by what was measured."""
    judged = _goals_of_keeping(found.keeping)
    calls = found.sessions.sessions_a_second_a_core * found.seconds_a_session
    judged += [
        at_least(
            CALLS_A_CORE,
            calls,
            f"Whole sessions: a core of journal and PostgreSQL keeps at least {CALLS_A_CORE} calls at any moment",
        ),
        at_most(
            TIMES_FROM_START,
            found.first_byte.from_middle_ms / found.first_byte.from_start_ms,
            f"{found.first_byte.minutes} minutes: the middle at most 1.5 times as long waited for as the start",
        ),
    ]
    if million := reckoned(found.rotations):
        judged.append(
            at_most(ROTATION_CPU_S, million.cpu_s, "1,000,000 persons' keys wrapped anew: at most 300 s CPU, reckoned")
        )
    return judged


def _goals_of_keeping(keeping: Keeping) -> list[Goal]:
    what = f"{keeping.at_once} recordings at once"
    judged = [
        at_most(
            TIMES_RAW,
            times(keeping.many.stored_us, keeping.raw.stored_us),
            f"{what}: at most 3 times the CPU of AES-GCM and plain files",
        )
    ]
    if keeping.tink is not None:
        judged += [
            at_most(
                1.0,
                times(keeping.many.sealed_us, keeping.tink.sealed_us),
                "Encrypted alone: at most the CPU of Tink's streaming AEAD",
            ),
            at_most(
                1.0,
                times(keeping.many.stored_us, keeping.tink.stored_us),
                f"{what}: at most the CPU of Tink's streaming AEAD into plain files",
            ),
        ]
    return judged


def figures(found: Found) -> dict[str, Any]:
    """All that was found, for programs."""
    million = reckoned(found.rotations)
    return {**asdict(found), "million_keys_reckoned": asdict(million) if million else None}
