"""How the receipt of a deleted person is told, and written down. Pure."""

import json

from google.protobuf.json_format import MessageToDict

from daybook.journal.v1.journal_pb2 import DeletionReceipt
from daybook_cli.wording import counted, moment


def as_json(receipt: DeletionReceipt) -> str:
    """The receipt as JSON, as protobuf writes it, by the names of the contract; `google.protobuf.json_format` reads it back."""
    kept = MessageToDict(receipt, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    return json.dumps(kept, indent=2) + "\n"


def told(receipt: DeletionReceipt) -> list[str]:
    what = f"{counted(receipt.entries, 'entry', 'entries')} and {counted(receipt.recordings, 'recording')}"
    lines = [f"Destroyed on {moment(receipt.destroyed_at):%Y-%m-%d %H:%M:%S} UTC: the key of {what}."]
    if receipt.key_fingerprint:
        lines.append(f"The wrapped key had the SHA-256 {receipt.key_fingerprint}; a backup that holds it is to expire.")
    else:
        lines.append("There was no key, or its fingerprint was not kept yet.")
    if receipt.audit_sequence:
        lines.append(f"The audit log says so in its record {receipt.audit_sequence}, {receipt.audit_hash.hex()}.")
    return lines
