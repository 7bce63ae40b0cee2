"""Tink's streaming AEAD (AES-256-GCM-HKDF), which writes each segment to a file of its own.

Of its templates the one with pieces of 4 KB: with those of 1 MB a segment costs it more.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

from tink import new_keyset_handle, streaming_aead

from benchmarks.contestants import contest
from benchmarks.journal.sound import segments_of
from benchmarks.measuring import read_clocks

PLACE = b"the place of a segment"


def store(folder: Path, cipher: streaming_aead.StreamingAead, audio: list[bytes]) -> None:
    folder.mkdir()
    for number, each in enumerate(audio):
        with (
            open(f"{folder}/{number:08d}", "xb") as file,
            cipher.new_encrypting_stream(file, PLACE) as stream,
        ):
            stream.write(each)


def work(task: dict[str, Any]) -> dict[str, Any]:
    streaming_aead.register()
    template = streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_4KB
    cipher = new_keyset_handle(template).primitive(streaming_aead.StreamingAead)
    folder, audio = Path(task["folder"]), segments_of(task["segments"], task["segment_bytes"])
    store(folder / "warm-up", cipher, audio[:100])
    before = read_clocks({})
    for each in audio:
        with cipher.new_encrypting_stream(BytesIO(), PLACE) as stream:
            stream.write(each)
    between = read_clocks({})
    store(folder / "measured", cipher, audio)
    stored = read_clocks({}) - between
    return {"sealed_cpu_s": (between - before).all_cpu_s, "stored_cpu_s": stored.all_cpu_s}


if __name__ == "__main__":
    contest(work)
