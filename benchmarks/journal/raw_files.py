"""The least that it takes: AES-256-GCM of `cryptography`, and a file for each segment, written plainly."""

import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.contestants import contest
from benchmarks.journal.sound import segments_of
from benchmarks.measuring import read_clocks

NONCE_BYTES = 12


def encrypted(cipher: AESGCM, audio: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, audio, None)


def store(folder: Path, cipher: AESGCM, audio: list[bytes]) -> None:
    folder.mkdir()
    for number, each in enumerate(audio):
        file = os.open(f"{folder}/{number:08d}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(file, encrypted(cipher, each))
        os.close(file)


def work(task: dict[str, Any]) -> dict[str, Any]:
    folder, audio = Path(task["folder"]), segments_of(task["segments"], task["segment_bytes"])
    cipher = AESGCM(secrets.token_bytes(32))
    store(folder / "warm-up", cipher, audio[:100])
    before = read_clocks({})
    for each in audio:
        encrypted(cipher, each)
    between = read_clocks({})
    store(folder / "measured", cipher, audio)
    stored = read_clocks({}) - between
    return {"sealed_cpu_s": (between - before).all_cpu_s, "stored_cpu_s": stored.all_cpu_s}


if __name__ == "__main__":
    contest(work)
