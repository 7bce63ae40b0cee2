"""Positions of the audit log as they are typed and told."""

import pytest
from google.protobuf.json_format import MessageToJson
from hypothesis import given
from hypothesis import strategies as st

from daybook.journal.v1 import audit_pb2 as pb
from daybook.journal.v1.journal_pb2 import DeletionReceipt
from daybook_cli.audit_lines import fault_told, position_of, position_of_receipt, position_told
from daybook_cli.errors import CommandError

POSITIONS = st.builds(pb.AuditPosition, sequence=st.integers(1, 2**64 - 1), hash=st.binary(min_size=32, max_size=32))


@given(POSITIONS)
def test_a_position_is_read_as_it_is_told(position):
    assert position_of(position_told(position)) == position


@given(st.text())
def test_no_other_text_is_one(text):
    try:
        position = position_of(text)
    except CommandError:
        return
    assert position_of(position_told(position)) == position


@pytest.mark.parametrize("text", ["", "7", "7:", "0:" + "00" * 32, "-1:" + "00" * 32, f"{2**64}:" + "00" * 32, "7:00"])
def test_what_is_none_is_refused_with_what_one_looks_like(text):
    with pytest.raises(CommandError, match="NUMBER:HASH, a number from 1 and 64 hexadecimal digits"):
        position_of(text)


@pytest.mark.parametrize("preserving", [True, False])
def test_a_receipt_bears_one(tmp_path, preserving):
    receipt = DeletionReceipt(person_id="…", audit_sequence=7, audit_hash=bytes(range(32)))
    file = tmp_path / "receipt.json"
    file.write_text(MessageToJson(receipt, preserving_proto_field_name=preserving))
    assert position_of_receipt(file) == pb.AuditPosition(sequence=7, hash=bytes(range(32)))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"audit_sequence": 7}', b'{"audit_hash": "x"}'])
def test_what_is_no_receipt_is_told_so(tmp_path, content):
    file = tmp_path / "receipt.json"
    file.write_bytes(content)
    with pytest.raises(CommandError, match="is no receipt of a deletion with a position of the audit log in it"):
        position_of_receipt(file)
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        position_of_receipt(tmp_path / "nowhere")


@pytest.mark.parametrize("fault", [value for name, value in pb.AuditFault.items() if value])
def test_each_fault_is_told_with_where_it_is(fault):
    told = fault_told(pb.VerifyAuditResponse(fault=fault, fault_sequence=41))
    assert "41" in told
    assert "See docs/operating.md" in told.replace("see", "See")


def test_where_nothing_is_wrong_nothing_is_told():
    assert fault_told(pb.VerifyAuditResponse()) == ""
