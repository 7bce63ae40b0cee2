"""What does it cost to keep audio and sessions encrypted, beside raw AES-GCM and Tink, to hear the middle, and to rotate keys?

Sealing and storing is measured in processes that do nothing else; sessions, reading and rotation on the journal as it is.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.command import parser, progress
from benchmarks.contestants import OUR_PYTHON, peers_python, run_contestant
from benchmarks.journal.findings import Found, Keeping, RotationCost, Stored, figures, goals
from benchmarks.journal.house import make_schema, running_journal
from benchmarks.journal.rotation import fill, measure_rotation
from benchmarks.journal.sessions import SECONDS, TURNS, measure_first_byte, measure_sessions
from benchmarks.journal.tables import show_first_byte, show_keeping, show_rotations, show_sessions
from benchmarks.report import console, tell
from benchmarks.servers import Server, fresh_database, running_nats, running_postgres
from voice_gateway.recording import SEGMENT_BYTES

BENCHMARK = "journal"
SIZES = "20000,50000,100000"
ROUNDS, SEGMENTS, AT_ONCE = 9, 1000, 20
SESSIONS, SESSIONS_AT_ONCE = 100, 10
MINUTES, READINGS = 60, 31

Contestants = dict[str, tuple[str, dict[str, Any], Path]]
_OURS: Contestants = {
    "raw": ("benchmarks.journal.raw_files", {}, OUR_PYTHON),
    "alone": ("benchmarks.journal.keeping", {"at_once": 1}, OUR_PYTHON),
    "many": ("benchmarks.journal.keeping", {"at_once": AT_ONCE}, OUR_PYTHON),
}
_TINK: Contestants = {"tink": ("benchmarks.journal.tink_peer", {}, peers_python(BENCHMARK))}


async def measure_keeping(segment_bytes: int, *, rounds: int, segments: int, with_tink: bool) -> Keeping:
    """Each in turn, round by round, in folders that go when all is done: a file system takes longer where much was deleted."""
    contestants = _OURS | _TINK if with_tink else _OURS
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in contestants}
    with TemporaryDirectory(prefix="daybook-bench-") as folder:
        for number in range(rounds):
            for name, (module, task, python) in contestants.items():
                place = Path(folder) / f"{name}-{number}"
                place.mkdir()
                whole = {"folder": str(place), "segments": segments, "segment_bytes": segment_bytes, **task}
                results[name].append(await asyncio.to_thread(run_contestant, module, whole, python=python))
    stored = {name: _stored(told, segments) for name, told in results.items()}
    return Keeping(
        segment_bytes=segment_bytes,
        at_once=AT_ONCE,
        raw=stored["raw"],
        alone=stored["alone"],
        many=stored["many"],
        tink=stored.get("tink"),
    )


def _stored(results: Sequence[dict[str, Any]], segments: int) -> Stored:
    return Stored(
        sealed_us=[each["sealed_cpu_s"] / segments * 1e6 for each in results],
        stored_us=[each["stored_cpu_s"] / segments * 1e6 for each in results],
    )


async def measure_rotations(sizes: Sequence[int], postgres: Server, nats: Server) -> list[RotationCost]:
    """Each on a database and a journal of its own."""
    costs = []
    for persons in sizes:
        progress(f"{persons:,} persons' keys")
        with TemporaryDirectory(prefix="daybook-bench-") as folder:
            async with fresh_database(postgres) as url:
                await make_schema(url)
                await fill(url, persons)
                async with running_journal(postgres, url, nats, Path(folder)) as house:
                    costs.append(await measure_rotation(house, persons))
    return costs


async def measure(sizes: Sequence[int], *, with_tink: bool) -> int:
    progress(f"{ROUNDS} rounds of {SEGMENTS:,} segments")
    keeping = await measure_keeping(SEGMENT_BYTES, rounds=ROUNDS, segments=SEGMENTS, with_tink=with_tink)
    async with running_postgres() as postgres, running_nats() as nats:
        with TemporaryDirectory(prefix="daybook-bench-") as folder:
            async with fresh_database(postgres) as url:
                await make_schema(url)
                async with running_journal(postgres, url, nats, Path(folder)) as house:
                    progress(f"{SESSIONS} sessions")
                    sessions = await measure_sessions(house, SESSIONS, at_once=SESSIONS_AT_ONCE)
                    progress(f"a recording of {MINUTES} minutes")
                    first_byte = await measure_first_byte(house, MINUTES, times=READINGS)
        rotations = await measure_rotations(sizes, postgres, nats)
    found = Found(keeping, sessions, SECONDS, first_byte, rotations)
    out = console()
    show_keeping(out, keeping)
    show_sessions(out, sessions, turns=TURNS, seconds=SECONDS)
    show_first_byte(out, first_byte)
    show_rotations(out, rotations)
    return tell(out, BENCHMARK, figures(found), goals(found))


def main(argv: Sequence[str]) -> int:
    parsing = parser(BENCHMARK, __doc__, sizes=SIZES, counts="persons' keys")
    parsing.add_argument("--without-peers", action="store_true", help="leave out Tink")
    arguments = parsing.parse_args(argv)
    return asyncio.run(measure(arguments.sizes, with_tink=not arguments.without_peers))
