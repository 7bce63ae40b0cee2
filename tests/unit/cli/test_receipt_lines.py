"""How the receipt of a deleted person is told, and written down."""

import json
from datetime import UTC, datetime

from google.protobuf.json_format import Parse

from daybook.journal.v1.journal_pb2 import DeletionReceipt
from daybook_cli.receipt_lines import as_json, told

FINGERPRINT = "5e" * 32


def a_receipt(**changes):
    receipt = DeletionReceipt(person_id="p", entries=2, recordings=1, key_fingerprint=FINGERPRINT)
    receipt.destroyed_at.FromDatetime(datetime(2026, 12, 1, 0, 5, 7, tzinfo=UTC))
    receipt.MergeFrom(DeletionReceipt(**changes))
    return receipt


def test_it_says_what_was_destroyed_and_which_backups_still_hold_it():
    assert told(a_receipt(audit_sequence=12, audit_hash=b"\xab" * 32)) == [
        "Destroyed on 2026-12-01 00:05:07 UTC: the key of 2 entries and 1 recording.",
        f"The wrapped key had the SHA-256 {FINGERPRINT}; a backup that holds it is to expire.",
        f"The audit log says so in its record 12, {'ab' * 32}.",
    ]


def test_who_never_had_a_key_has_a_receipt_too():
    receipt = DeletionReceipt(person_id="p")
    receipt.destroyed_at.FromDatetime(datetime(2026, 12, 1, tzinfo=UTC))
    assert told(receipt) == [
        "Destroyed on 2026-12-01 00:00:00 UTC: the key of 0 entries and 0 recordings.",
        "There was no key, or its fingerprint was not kept yet.",
    ]


def test_it_is_written_as_json_that_is_read_back():
    receipt = a_receipt(audit_sequence=2**40, audit_hash=b"\x01\x02")
    written = as_json(receipt)
    assert json.loads(written)["person_id"] == "p"
    assert json.loads(written)["destroyed_at"] == "2026-12-01T00:05:07Z"
    assert Parse(written, DeletionReceipt()) == receipt
