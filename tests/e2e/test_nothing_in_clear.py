"""Promise 6, looked for with grep: no word, no name and no number in any file that a Daybook leaves behind, and no word in the
memory of any process but those that the conversation goes through.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from process_memory import found_in_memory
from signing_in import heard_code
from whole_daybook import WholeDaybook

pytestmark = pytest.mark.asyncio(loop_scope="session")

BYTES_PER_MS = 8
SOUND_BYTES = 64
NAME = "Zebulonia Quartermain"
PROMPTS = ("Take all the time you want", "Is there anything you want to carry")


@dataclass(frozen=True)
class Told:
    """What is nobody else's of a call that has ended: what was said in it, and who was rung."""

    words: Sequence[bytes]
    sounds: Sequence[bytes]
    who: Sequence[bytes]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(daybook: WholeDaybook) -> Told:
    person = await daybook.person("talks_and_completes", name=NAME)
    await daybook.rung(person)
    [call] = await daybook.carrier_calls(person)
    sentences = [sentence.strip() for utterance in call["said"] for sentence in utterance["text"].split(".")]
    # three words in a row are nobody's but the person's
    phrases = [" ".join(sentence.split()[:3]) for sentence in sentences if len(sentence.split()) >= 3]
    assert len(phrases) > 10
    audio = (await daybook.emulator.get(f"/emulator/calls/{call['sid']}/said.ulaw")).content
    spoken_at = [utterance["start_ms"] * BYTES_PER_MS for utterance in call["said"]]
    sounds = [audio[start : start + SOUND_BYTES] for start in spoken_at]
    assert all(len(set(sound)) > 8 for sound in sounds)
    who = [NAME, *NAME.split(), person.phone_number, person.phone_number.lstrip("+")]
    return Told([words.encode() for words in (*phrases, *PROMPTS)], sounds, [each.encode() for each in who])


def files_with(folder: Path, needles: list[bytes]) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [(str(path.relative_to(folder)), needle) for needle in needles if needle in content]
    return found


async def test_no_file_holds_a_word_a_name_or_a_number(daybook: WholeDaybook, told: Told):
    database = await asyncpg.connect(daybook.stack.database_url)
    await database.execute("CHECKPOINT")
    await database.close()
    needles = [*told.words, *told.sounds, *told.who]
    assert await asyncio.to_thread(files_with, daybook.stack.home.folder, needles) == []


def files_with_code(folder: Path, code: str) -> list[str]:
    """Which hold it as a word: six digits in a row are many times part of a longer number, or of a second."""
    word = re.compile(rb"(?<![0-9.])" + code.encode() + rb"(?![0-9])")
    spoken = ", ".join(code).encode()
    found: list[str] = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if word.search(content) or spoken in content:
                found.append(str(path.relative_to(folder)))
    return found


async def test_no_file_and_no_message_holds_a_code(daybook: WholeDaybook, tmp_path: Path):
    person = await daybook.somebody("brief")
    told = await heard_code(daybook, person)
    await daybook.finished(person)
    database = await asyncpg.connect(daybook.stack.database_url)
    await database.execute("CHECKPOINT")
    await database.close()
    assert await asyncio.to_thread(files_with_code, daybook.stack.home.folder, told.code) == []
    for message in daybook.heard:
        assert told.code.encode() not in message.SerializeToString()
    (tmp_path / "a.log").write_text(f'{{"code": "{told.code}"}}')
    assert files_with_code(tmp_path, told.code) == ["a.log"]


@pytest.mark.parametrize("process", ["window-scheduler", "call-dispatcher", "nats", "postgres"])
async def test_a_core_dump_holds_no_word(daybook: WholeDaybook, told: Told, process: str):
    needles = [*told.words, *told.sounds]
    assert await asyncio.to_thread(found_in_memory, daybook.supervisor.pids[process], needles) == set()


@pytest.mark.parametrize("process", ["nats", "postgres"])
async def test_a_core_dump_of_what_keeps_it_all_holds_no_name_and_no_number(
    daybook: WholeDaybook, told: Told, process: str
):
    assert await asyncio.to_thread(found_in_memory, daybook.supervisor.pids[process], told.who) == set()


async def test_the_search_itself_finds_what_is_there(daybook: WholeDaybook, told: Told, tmp_path: Path):
    (tmp_path / "a.log").write_bytes(b"\x00\x01 hello " + NAME.encode() + b"\xff")
    assert files_with(tmp_path, [NAME.encode()]) == [("a.log", NAME.encode())]
    # who plays the carrier and its people knows what they said
    carrier = daybook.supervisor.pids["emulator-twilio"]
    found = await asyncio.to_thread(found_in_memory, carrier, [*told.words, *told.sounds])
    assert found >= set(told.sounds)
    assert found & set(told.words)
