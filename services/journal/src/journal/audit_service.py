"""AuditService of proto/daybook/journal/v1/audit.proto: the log verified, and what was asked of a person's records."""
# ruff: noqa: N802 - gRPC gives the methods their names

from collections.abc import AsyncIterator, Iterable
from typing import TypeAlias

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.database import Database
from chassis.errors import InvalidInput
from daybook.journal.v1 import audit_pb2 as pb
from daybook.journal.v1.audit_pb2_grpc import AuditServiceServicer, add_AuditServiceServicer_to_server
from journal import audit_store
from journal.audit_chain import BEGINNING, HASH_BYTES, AuditPosition, AuditRecord, followed
from journal.contract import id_of, page_size_of

MOST_EXPECTED = 100
AT_ONCE = 5_000

Expected: TypeAlias = dict[int, bytes]


class AuditService(AuditServiceServicer):
    FULL_NAME = pb.DESCRIPTOR.services_by_name["AuditService"].full_name

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_to(self, server: "grpc.aio.Server") -> None:
        add_AuditServiceServicer_to_server(self, server)

    async def VerifyAudit(
        self, request: pb.VerifyAuditRequest, _context: object
    ) -> AsyncIterator[pb.VerifyAuditResponse]:
        expected = _expected(request.expected)
        position = BEGINNING
        while True:
            async with self._database.transaction() as connection:
                records = await audit_store.records(connection, after=position.sequence, limit=AT_ONCE)
            before = position.sequence
            position, broken_at = followed(position, records)
            met = {record.position.sequence: record.position.hash for record in records}
            rewritten = [
                each for each in expected if before < each <= position.sequence and met[each] != expected[each]
            ]
            if rewritten:
                yield _verified(position, pb.AUDIT_FAULT_REWRITTEN, min(rewritten))
                return
            if broken_at:
                missing = broken_at != position.sequence + 1
                fault = pb.AUDIT_FAULT_MISSING if missing else pb.AUDIT_FAULT_CHANGED
                yield _verified(position, fault, position.sequence + 1)
                return
            if len(records) < AT_ONCE:
                break
            yield _verified(position)
        beyond = [each for each in expected if each > position.sequence]
        yield _verified(position, pb.AUDIT_FAULT_CUT_OFF, min(beyond)) if beyond else _verified(position)

    async def ListAccesses(self, request: pb.ListAccessesRequest, _context: object) -> pb.ListAccessesResponse:
        person_id = id_of("person_id", request.person_id)
        limit = page_size_of(request.page_size)
        async with self._database.transaction() as connection:
            records = await audit_store.records_of_person(
                connection, person_id, before=request.before_sequence or None, limit=limit
            )
        return pb.ListAccessesResponse(accesses=[_access(record) for record in records])


def _expected(positions: Iterable[pb.AuditPosition]) -> Expected:
    """
    Raises:
        InvalidInput: see the sentences.
    """
    expected: Expected = {}
    for position in positions:
        if position.sequence == 0 or len(position.hash) != HASH_BYTES:
            raise InvalidInput(
                "expected", f"must be positions of the log: a number from 1, and a hash of {HASH_BYTES} bytes."
            )
        expected[position.sequence] = position.hash
    if len(expected) > MOST_EXPECTED:
        raise InvalidInput("expected", f"must be at most {MOST_EXPECTED} positions.")
    return expected


def _verified(
    reached: AuditPosition,
    fault: pb.AuditFault.ValueType = pb.AUDIT_FAULT_UNSPECIFIED,
    fault_sequence: int = 0,
) -> pb.VerifyAuditResponse:
    return pb.VerifyAuditResponse(
        reached=_position(reached) if reached.sequence else None, fault=fault, fault_sequence=fault_sequence
    )


def _position(position: AuditPosition) -> pb.AuditPosition:
    return pb.AuditPosition(sequence=position.sequence, hash=position.hash)


def _access(record: AuditRecord) -> pb.Access:
    at = Timestamp()
    at.FromDatetime(record.access.at)
    return pb.Access(
        position=_position(record.position),
        at=at,
        caller=record.access.caller,
        for_person=record.access.asked_for is not None,
        method=record.access.method,
        record_id=str(record.access.record_id or ""),
        refused_for=record.access.refused_for,
    )
