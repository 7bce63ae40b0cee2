"""The journal, as a person's page of settings asks it: for how long it is kept, who has asked for it, and to destroy it."""

from dataclasses import dataclass
from uuid import UUID

import grpc
from google.protobuf.json_format import MessageToDict

from chassis.rpc import call_metadata
from chassis.tokens import TokenSigner
from daybook.journal.v1 import audit_pb2, journal_pb2, keeping_pb2
from daybook.journal.v1.audit_pb2_grpc import AuditServiceStub
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from daybook.journal.v1.keeping_pb2_grpc import KeepingServiceStub
from portal.asking import JOURNAL_AWAY, answers_or


@dataclass(frozen=True)
class Receipt:
    """That a person's key was destroyed: its message, and the same as JSON by the names of the contract, as
    `daybook audit verify --receipt` reads it.
    """

    told: journal_pb2.DeletionReceipt

    @property
    def content(self) -> dict[str, object]:
        return MessageToDict(self.told, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


class JournalKeeping:
    """
    Args:
        channel: to the journal.
        signer: of this service, by which it is taken at its word for whom it asks.
    """

    def __init__(self, channel: grpc.aio.Channel, signer: TokenSigner) -> None:
        self._keeping = KeepingServiceStub(channel)
        self._audit = AuditServiceStub(channel)
        self._journal = JournalServiceStub(channel)
        self._signer = signer

    async def keeping(self, person_id: UUID) -> keeping_pb2.Keeping:
        """
        Raises:
            Unavailable: the journal does not answer.
        """
        request = keeping_pb2.GetKeepingRequest(person_id=str(person_id))
        with answers_or(JOURNAL_AWAY):
            answer = await self._keeping.GetKeeping(request, metadata=self._for(person_id))
        return answer.keeping

    async def set_keeping(self, person_id: UUID, keeping: keeping_pb2.Keeping) -> None:
        """
        Raises:
            Conflict: the person was deleted.
            InvalidInput, Unavailable: as usual.
        """
        request = keeping_pb2.SetKeepingRequest(person_id=str(person_id), keeping=keeping)
        with answers_or(JOURNAL_AWAY):
            await self._keeping.SetKeeping(request, metadata=self._for(person_id))

    async def accesses(self, person_id: UUID, *, before: int, count: int) -> list[audit_pb2.Access]:
        """What was asked of a person's records, the newest first.

        Args:
            person_id: whose.
            before: those before this number of the log; 0: from the newest on.
            count: at most so many.

        Raises:
            Unavailable: the journal does not answer.
        """
        request = audit_pb2.ListAccessesRequest(person_id=str(person_id), page_size=count, before_sequence=before)
        with answers_or(JOURNAL_AWAY):
            answer = await self._audit.ListAccesses(request, metadata=self._for(person_id))
        return list(answer.accesses)

    async def delete_person(self, person_id: UUID) -> Receipt:
        """Destroys a person's key, and with it all that it kept secret. Again, it tells the same receipt.

        Raises:
            Unavailable: the journal does not answer; the key may be destroyed or not.
        """
        request = journal_pb2.DeletePersonRequest(person_id=str(person_id))
        with answers_or(JOURNAL_AWAY):
            answer = await self._journal.DeletePerson(request, metadata=self._for(person_id))
        return Receipt(answer.receipt)

    def _for(self, person_id: UUID) -> tuple[tuple[str, str], ...]:
        return call_metadata(self._signer.for_person(person_id))
