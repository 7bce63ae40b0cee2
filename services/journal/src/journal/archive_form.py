"""The documents of an archive in their written form: journal.json, entry.json, revisions.jsonl, README.md. Pure.

What is JSON are messages of daybook.journal.v1 in protobuf's JSON form (protobuf.dev/programming-guides/json): the contract is
their specification, and whoever has it has a reader.
"""

from datetime import datetime

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from daybook.journal.v1 import archive_pb2 as pb
from journal import contract
from journal.errors import IntegrityError
from journal.records import Entry

FORMAT_VERSION = 1

_README = """\
# A journal

These are the entries of a journal that was kept by Daybook: what was said in each call, and its recording. They are not
encrypted. Whoever has this file can read and hear all of it, so keep it where you keep what is private.

Made: {made_at} UTC. The days and times are those of {time_zone}. Entries: {entries}.

## What is in it

- `entries/` has a folder for each entry, named by its day and time.
  - `entry.md` is for reading, in any editor.
  - `recording.wav` is for listening: on the left you, on the right Daybook. An entry of which no audio was kept has none.
  - `entry.json` is for programs: what was said, as it was heard, and what else Daybook keeps of the entry.
  - `revisions.jsonl` too: what the entry was called, and how its words were corrected; every version of that, the newest first.
- `journal.json` lists all of it with checksums (SHA-256), and names what was damaged and could not be read.

## To bring it into another Daybook

    daybook entry import PERSON FILE.zip

What is there already stays as it is, so it can be typed again after an interruption. Leave the ZIP file as it is: its checksums
tell when something was changed.
"""


def document(message: Message) -> bytes:
    """A message as JSON, indented, with the characters of all languages as they are, and no field left out."""
    return MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, ensure_ascii=False
    ).encode()


def line(message: Message) -> bytes:
    """A message as one line of JSON Lines (jsonlines.org)."""
    return f"{MessageToJson(message, preserving_proto_field_name=True, indent=None, ensure_ascii=False)}\n".encode()


def readme(made_at: datetime, time_zone: str, entries: int) -> bytes:
    told = _README.format(made_at=f"{made_at:%Y-%m-%d %H:%M}", time_zone=time_zone, entries=entries)
    return told.encode()


def archived(entry: Entry) -> pb.ArchivedEntry:
    return pb.ArchivedEntry(
        entry_id=str(entry.entry_id),
        person_id=str(entry.person_id),
        call_id=str(entry.call_id),
        started_at=timestamp(entry.started_at),
        ended_at=timestamp(entry.ended_at),
        outcome=contract.outcome_value(entry.outcome),
        recording_ms=entry.recording_ms,
        cut_off=entry.cut_off,
        imported_from=str(entry.imported_from or ""),
    )


def unreadable(entry: Entry, error: IntegrityError) -> pb.UnreadableEntry:
    return pb.UnreadableEntry(
        entry_id=str(entry.entry_id), started_at=timestamp(entry.started_at), reason=damage(error)
    )


def damage(error: IntegrityError) -> pb.Damage:
    return pb.Damage(kind=error.kind, sequence=error.sequence)


def timestamp(at: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
