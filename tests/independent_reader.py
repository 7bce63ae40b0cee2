"""Reads a journal from its rows, its objects and its key-encryption key, by docs/security.md, and with nothing of Daybook's."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand


def place(person: UUID, record: UUID, kind: str, number: int = 0) -> bytes:
    fields = (person.bytes, record.bytes, kind.encode(), number.to_bytes(8, "big"))
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def open_envelope(key: bytes, where: bytes, envelope: bytes) -> bytes:
    assert envelope[:9] == b"DBEN\x01" + hashlib.sha256(key).digest()[:4]
    return AESGCM(key).decrypt(envelope[9:21], envelope[21:], envelope[:21] + where)


def open_cobblestone(key: bytes, context: bytes, message: bytes) -> bytes:
    salt, commitment, body = message[:24], message[24:56], message[56:]
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    derived = HKDFExpand(SHA512(), 32 + 12 + 32, info).derive(key)
    assert derived[44:] == commitment
    chunks = [body[at : at + 16_400] for at in range(0, len(body), 16_400)]
    assert len(chunks[-1]) < 16_400
    base = int.from_bytes(derived[32:44], "big")
    nonces = [(base ^ number).to_bytes(12, "big") for number in range(len(chunks))]
    return b"".join(AESGCM(derived[:32]).decrypt(*sealed, None) for sealed in zip(nonces, chunks, strict=True))


def text_of(message: bytes, field: int) -> str:
    """A field of a protobuf message of numbers (wire type 0) and strings or messages (2); the last, where it has several."""

    def number() -> int:
        digits = [next(rest)]
        while digits[-1] & 128:
            digits.append(next(rest))
        return sum((digit & 127) << 7 * at for at, digit in enumerate(digits))

    rest, fields = iter(message), {}
    for key in rest:
        value = number()
        fields[key >> 3] = bytes(next(rest) for _ in range(value)) if key & 7 == 2 else b""
    return fields[field].decode()


def read(
    kek: bytes, tables: Mapping[str, Sequence[Any]], objects: Path
) -> Iterator[tuple[UUID, list[str], list[str], dict[str, bytes]]]:
    """Of each entry its id, the words of its turns, the titles of its revisions, and the audio of its tracks without silence."""
    for entry in tables["entries"]:
        person, session = entry.person_id, entry.session_id
        sealed, recorded, *turns = [
            row
            for table in ("sessions", "recordings", "turns")
            for row in sorted(tables[table], key=lambda row: getattr(row, "sequence", 0))
            if row.session_id == session
        ]
        [wrapped] = [row.wrapped for row in tables["person_keys"] if row.person_id == person]
        person_key = open_envelope(kek, place(person, person, "person-key"), wrapped)
        session_key = open_envelope(person_key, place(person, session, "session-key"), sealed.wrapped_key)
        if recorded.wrapped_key is not None:  # else the audio was removed, and no track names a segment
            key = open_envelope(person_key, place(person, recorded.recording_id, "recording-key"), recorded.wrapped_key)
        inventory = json.loads(open_envelope(session_key, place(person, session, "inventory"), entry.inventory))
        words = [
            text_of(open_envelope(session_key, place(person, session, "turn", number), turn.sealed), 3)
            for number, turn in enumerate(turns)
        ]
        titles = [
            text_of(open_envelope(session_key, place(person, session, "revision", revision.number), revision.sealed), 4)
            for revision in sorted(tables["revisions"], key=lambda row: row.number)
            if revision.session_id == session
        ]
        assert len(words) == inventory["turns"]
        tracks = dict.fromkeys(inventory["tracks"], b"")
        for track, segments in inventory["tracks"].items():
            for number, start, _ in sorted(segments, key=lambda segment: (segment[1], segment[0])):
                context = place(person, recorded.recording_id, f"audio.{track}", number) + start.to_bytes(8, "big")
                path = objects / f"recordings/{recorded.recording_id}/{track}/{number:08d}-{start:08d}"
                tracks[track] += open_cobblestone(key, b"daybook.audio.v1" + context, path.read_bytes())
            assert len(tracks[track]) == sum(samples for _, _, samples in segments)
        yield entry.entry_id, words, titles, tracks
