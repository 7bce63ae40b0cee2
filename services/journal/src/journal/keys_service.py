"""KeysService of proto/daybook/journal/v1/keys.proto: what operators may know of the key-encryption keys, and their rotation."""
# ruff: noqa: N802 - gRPC gives the methods their names

import grpc

from daybook.journal.v1 import keys_pb2 as pb
from daybook.journal.v1.keys_pb2_grpc import KeysServiceServicer, add_KeysServiceServicer_to_server
from journal.contract import id_of
from journal.operators import told_to_operators
from journal.records import RewrapPosition
from journal.rotation import BEGINNING, Rotation


class KeysService(KeysServiceServicer):
    FULL_NAME = pb.DESCRIPTOR.services_by_name["KeysService"].full_name

    def __init__(self, rotation: Rotation) -> None:
        self._rotation = rotation

    def add_to(self, server: "grpc.aio.Server") -> None:
        add_KeysServiceServicer_to_server(self, server)

    async def GetKeys(self, _request: pb.GetKeysRequest, _context: object) -> pb.GetKeysResponse:
        with told_to_operators():
            standings = await self._rotation.standings()
        return pb.GetKeysResponse(keys=[pb.KeyEncryptionKey(**vars(each)) for each in standings])

    async def RewrapKeys(self, request: pb.RewrapKeysRequest, _context: object) -> pb.RewrapKeysResponse:
        after = BEGINNING
        if request.HasField("after"):
            after = RewrapPosition(request.after.kek_id, id_of("after.person_id", request.after.person_id))
        with told_to_operators():
            rewrapped = await self._rotation.rewrap_some(request.active_kek_id, after)
        reached = rewrapped.reached
        return pb.RewrapKeysResponse(
            rewrapped=rewrapped.keys,
            damaged_person_ids=[str(person_id) for person_id in rewrapped.damaged],
            next_after=pb.RewrapPosition(kek_id=reached.kek_id, person_id=str(reached.person_id)) if reached else None,
        )
