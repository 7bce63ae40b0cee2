"""Promise 6, looked for with grep: no word, no name and no number in any file that a Daybook leaves behind."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from whole_daybook import WholeDaybook

pytestmark = pytest.mark.asyncio(loop_scope="session")

BYTES_PER_MS = 8
SOUND_BYTES = 64
NAME = "Zebulonia Quartermain"


def files_with(folder: Path, needles: list[bytes]) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [(str(path.relative_to(folder)), needle) for needle in needles if needle in content]
    return found


async def test_no_file_holds_a_word_a_name_or_a_number(daybook: WholeDaybook):
    person = await daybook.person("talks_and_completes", name=NAME)
    await daybook.rung(person)
    [call] = await daybook.carrier_calls(person)
    sentences = [sentence.strip() for utterance in call["said"] for sentence in utterance["text"].split(".")]
    # three words in a row are nobody's but the person's
    phrases = [" ".join(sentence.split()[:3]) for sentence in sentences if len(sentence.split()) >= 3]
    prompts = ["Take all the time you want", "Is there anything you want to carry"]
    needles = [NAME, *NAME.split(), person.phone_number, person.phone_number.lstrip("+"), *phrases, *prompts]
    assert len(phrases) > 10
    audio = (await daybook.emulator.get(f"/emulator/calls/{call['sid']}/said.ulaw")).content
    spoken_at = [utterance["start_ms"] * BYTES_PER_MS for utterance in call["said"]]
    sounds = [audio[start : start + SOUND_BYTES] for start in spoken_at]
    assert all(len(set(sound)) > 8 for sound in sounds)
    database = await asyncpg.connect(daybook.stack.database_url)
    await database.execute("CHECKPOINT")
    await database.close()
    folder = daybook.stack.home.folder
    found = await asyncio.to_thread(files_with, folder, [*(needle.encode() for needle in needles), *sounds])
    assert found == []


async def test_the_search_itself_finds_what_is_there(daybook: WholeDaybook, tmp_path: Path):
    (tmp_path / "a.log").write_bytes(b"\x00\x01 hello " + NAME.encode() + b"\xff")
    assert files_with(tmp_path, [NAME.encode()]) == [("a.log", NAME.encode())]
