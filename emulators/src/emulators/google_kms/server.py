"""The emulator of Google Cloud KMS: its gRPC port, its admin port, and the keys between them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

import grpc
from google.cloud.kms_v1 import types

from emulators.faults import FaultQueue, GrpcFault, admin_app
from emulators.google_kms.key_ring import KeyRing, destroy, set_state
from emulators.program import EmulatorSettings, Running
from emulators.refusals import Refused, fault_befalls
from emulators.serving import serving_grpc, serving_http

_SERVICE = "google.cloud.kms.v1.KeyManagementService"


class KmsFault(StrEnum):
    """What KMS can do wrong: end with a status, never answer, or answer with a flipped bit, which the checksum gives away."""

    UNAVAILABLE = "unavailable"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    INTERNAL = "internal"
    ABORTED = "aborted"
    HANG = "hang"
    PERMISSION_DENIED = "permission_denied"
    CORRUPT = "corrupt"


class KmsSettings(EmulatorSettings):
    crypto_keys: str = ""
    """Names of keys that are there from the beginning, with commas between."""


class KmsService:
    """`google.cloud.kms.v1.KeyManagementService`: encrypting and decrypting, and the life of a key and its versions."""

    def __init__(self, keys: KeyRing, faults: FaultQueue[KmsFault]) -> None:
        self._keys = keys
        self._faults = faults

    def handler(self) -> "grpc.GenericRpcHandler[Any, Any]":
        return grpc.method_handlers_generic_handler(
            _SERVICE,
            {
                "Encrypt": _method(self._encrypt, types.EncryptRequest, types.EncryptResponse),
                "Decrypt": _method(self._decrypt, types.DecryptRequest, types.DecryptResponse),
                "GetCryptoKey": _method(self._get_key, types.GetCryptoKeyRequest, types.CryptoKey),
                "CreateCryptoKey": _method(self._create_key, types.CreateCryptoKeyRequest, types.CryptoKey),
                "CreateCryptoKeyVersion": _method(
                    self._create_version, types.CreateCryptoKeyVersionRequest, types.CryptoKeyVersion
                ),
                "UpdateCryptoKeyVersion": _method(
                    self._update_version, types.UpdateCryptoKeyVersionRequest, types.CryptoKeyVersion
                ),
                "UpdateCryptoKeyPrimaryVersion": _method(
                    self._update_primary, types.UpdateCryptoKeyPrimaryVersionRequest, types.CryptoKey
                ),
                "DestroyCryptoKeyVersion": _method(
                    self._destroy_version, types.DestroyCryptoKeyVersionRequest, types.CryptoKeyVersion
                ),
            },
        )

    async def _encrypt(self, request: types.EncryptRequest) -> types.EncryptResponse:
        corrupt = await self._befallen("useToEncrypt", request.name)
        answer = self._keys.key(request.name).encrypt(request)
        if corrupt:
            answer.ciphertext = _flipped(answer.ciphertext)
        return answer

    async def _decrypt(self, request: types.DecryptRequest) -> types.DecryptResponse:
        corrupt = await self._befallen("useToDecrypt", request.name)
        answer = self._keys.key(request.name).decrypt(request)
        if corrupt:
            answer.plaintext = _flipped(answer.plaintext)
        return answer

    async def _befallen(self, permission: str, name: str) -> bool:
        """Whether the answer is to come with a flipped bit.

        Raises:
            Refused: another fault was ordered.
        """
        fault = self._faults.next()
        if fault is None:
            return False
        if fault.kind is KmsFault.PERMISSION_DENIED:
            raise Refused(
                grpc.StatusCode.PERMISSION_DENIED,
                f"Permission 'cloudkms.cryptoKeyVersions.{permission}' denied on resource '{name}' (or it may not exist).",
            )
        if fault.kind is not KmsFault.CORRUPT:
            raise await fault_befalls(GrpcFault(fault.kind))
        return True

    async def _get_key(self, request: types.GetCryptoKeyRequest) -> types.CryptoKey:
        return self._keys.key(request.name).message()

    async def _create_key(self, request: types.CreateCryptoKeyRequest) -> types.CryptoKey:
        return self._keys.add(f"{request.parent}/cryptoKeys/{request.crypto_key_id}").message()

    async def _create_version(self, request: types.CreateCryptoKeyVersionRequest) -> types.CryptoKeyVersion:
        return self._keys.key(request.parent).add_version().message()

    async def _update_version(self, request: types.UpdateCryptoKeyVersionRequest) -> types.CryptoKeyVersion:
        version = self._keys.version(request.crypto_key_version.name)
        set_state(version, request.crypto_key_version.state)
        return version.message()

    async def _update_primary(self, request: types.UpdateCryptoKeyPrimaryVersionRequest) -> types.CryptoKey:
        key = self._keys.key(request.name)
        self._keys.version(f"{request.name}/cryptoKeyVersions/{request.crypto_key_version_id}")
        key.primary = int(request.crypto_key_version_id)
        return key.message()

    async def _destroy_version(self, request: types.DestroyCryptoKeyVersionRequest) -> types.CryptoKeyVersion:
        version = self._keys.version(request.name)
        destroy(version)
        return version.message()


def _method(answer: Callable[[Any], Any], request: Any, response: Any) -> "grpc.RpcMethodHandler[Any, Any]":
    """A unary method whose refusals are statuses. The messages are `Any`: proto-plus makes their classes at run time."""

    async def behavior(asked: Any, context: Any) -> Any:
        try:
            return await answer(asked)
        except Refused as refusal:
            await context.abort(refusal.code, refusal.text)

    return grpc.unary_unary_rpc_method_handler(
        behavior, request_deserializer=request.deserialize, response_serializer=response.serialize
    )


def _flipped(value: bytes) -> bytes:
    return value[:-1] + bytes([value[-1] ^ 1])


@asynccontextmanager
async def serve(settings: KmsSettings) -> AsyncIterator[Running]:
    """Serves while the block runs.

    Raises:
        OSError: a port is taken.
    """
    keys, faults = KeyRing(), FaultQueue(KmsFault)
    for name in filter(None, settings.crypto_keys.split(",")):
        keys.add(name)
    async with (
        serving_grpc(KmsService(keys, faults).handler(), host=settings.host, port=settings.port) as port,
        serving_http(admin_app(faults), host=settings.host, port=settings.admin_port) as admin_port,
    ):
        yield Running(settings.host, port, admin_port)
