"""Crypto keys with their versions, and what Google answers about them (pure but for random bytes).

Sources: the messages of google-cloud-kms 3.18 (`kms_v1/types/service.py`, `resources.py`), and
https://cloud.google.com/kms/docs/data-integrity-guidelines for the checksums.
"""

import re
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any, Final

import google_crc32c
import grpc
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.cloud.kms_v1 import types

from emulators.refusals import Refused, invalid

MAX_BYTES: Final = 64 * 1024

State = types.CryptoKeyVersion.CryptoKeyVersionState

_NAME = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+")
_VERSION = struct.Struct(">I")
_NONCE_BYTES = 12


@dataclass
class Version:
    """One version of a key: its material, until it is destroyed."""

    name: str
    state: int = State.ENABLED
    material: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def use(self) -> AESGCM:
        """
        Raises:
            Refused: FAILED_PRECONDITION, where it is not enabled.
        """
        if self.state != State.ENABLED:
            raise Refused(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"{self.name} is not enabled, current state is: {State(self.state).name}.",
            )
        return AESGCM(self.material)

    def message(self) -> types.CryptoKeyVersion:
        return types.CryptoKeyVersion(name=self.name, state=self.state)


class CryptoKey:
    """A key for ENCRYPT_DECRYPT. It encrypts by its primary version, and decrypts by the version that encrypted."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.primary = 1
        self._versions: list[Version] = []
        self.add_version()

    def add_version(self) -> Version:
        version = Version(f"{self.name}/cryptoKeyVersions/{len(self._versions) + 1}")
        self._versions.append(version)
        return version

    def version(self, number: int) -> Version:
        """
        Raises:
            Refused: NOT_FOUND.
        """
        if not 1 <= number <= len(self._versions):
            raise _not_found(f"{self.name}/cryptoKeyVersions/{number}")
        return self._versions[number - 1]

    def message(self) -> types.CryptoKey:
        purpose = types.CryptoKey.CryptoKeyPurpose.ENCRYPT_DECRYPT
        return types.CryptoKey(name=self.name, purpose=purpose, primary=self.version(self.primary).message())

    def encrypt(self, request: types.EncryptRequest) -> types.EncryptResponse:
        """
        Raises:
            Refused: a checksum does not fit, it is too long, or the primary version is not enabled.
        """
        _check("plaintext", request.plaintext, request.plaintext_crc32c if "plaintext_crc32c" in request else None)
        _check("additional_authenticated_data", request.additional_authenticated_data, _given(request))
        version, nonce = self.version(self.primary), secrets.token_bytes(_NONCE_BYTES)
        sealed = version.use().encrypt(nonce, request.plaintext, self._bound(request.additional_authenticated_data))
        ciphertext = _VERSION.pack(self.primary) + nonce + sealed
        return types.EncryptResponse(
            name=version.name,
            ciphertext=ciphertext,
            ciphertext_crc32c=google_crc32c.value(ciphertext),
            verified_plaintext_crc32c="plaintext_crc32c" in request,
            verified_additional_authenticated_data_crc32c="additional_authenticated_data_crc32c" in request,
        )

    def decrypt(self, request: types.DecryptRequest) -> types.DecryptResponse:
        """
        Raises:
            Refused: a checksum does not fit, it does not open, or the version that encrypted it is not enabled.
        """
        _check("ciphertext", request.ciphertext, request.ciphertext_crc32c if "ciphertext_crc32c" in request else None)
        _check("additional_authenticated_data", request.additional_authenticated_data, _given(request))
        header = request.ciphertext[: _VERSION.size]
        if len(header) < _VERSION.size or not 1 <= (number := _VERSION.unpack(header)[0]) <= len(self._versions):
            raise _undecipherable()
        nonce = request.ciphertext[_VERSION.size : _VERSION.size + _NONCE_BYTES]
        sealed = request.ciphertext[_VERSION.size + _NONCE_BYTES :]
        try:
            opened = (
                self.version(number).use().decrypt(nonce, sealed, self._bound(request.additional_authenticated_data))
            )
        except (InvalidTag, ValueError):
            raise _undecipherable() from None
        return types.DecryptResponse(
            plaintext=opened, plaintext_crc32c=google_crc32c.value(opened), used_primary=number == self.primary
        )

    def _bound(self, additional: bytes) -> bytes:
        return self.name.encode() + b"\0" + additional


class KeyRing:
    """All keys that were made, by their names."""

    def __init__(self) -> None:
        self._keys: dict[str, CryptoKey] = {}

    def add(self, name: str) -> CryptoKey:
        """
        Raises:
            Refused: it is no name of a key, or taken.
        """
        if not _NAME.fullmatch(name):
            raise invalid(f"Resource name [{name}] does not match a known format.")
        if name in self._keys:
            raise Refused(grpc.StatusCode.ALREADY_EXISTS, f"CryptoKey {name} already exists.")
        self._keys[name] = CryptoKey(name)
        return self._keys[name]

    def key(self, name: str) -> CryptoKey:
        """
        Raises:
            Refused: NOT_FOUND.
        """
        if name not in self._keys:
            raise _not_found(name)
        return self._keys[name]

    def version(self, name: str) -> Version:
        """
        Raises:
            Refused: NOT_FOUND.
        """
        key, _, number = name.partition("/cryptoKeyVersions/")
        if not number.isdecimal():
            raise _not_found(name)
        return self.key(key).version(int(number))


def set_state(version: Version, state: int) -> None:
    """Enables or disables a version.

    Raises:
        Refused: FAILED_PRECONDITION, for one that is destroyed.
    """
    if version.state not in {State.ENABLED, State.DISABLED} or state not in {State.ENABLED, State.DISABLED}:
        raise Refused(
            grpc.StatusCode.FAILED_PRECONDITION,
            f"{version.name} is in state {State(version.state).name}: it can be enabled or disabled where it is one of these.",
        )
    version.state = state


def destroy(version: Version) -> None:
    """Its material is gone at once: Google waits for some days, in which the version can be restored and not used."""
    version.state, version.material = State.DESTROYED, b""


def _given(request: types.EncryptRequest | types.DecryptRequest) -> Any:
    name = "additional_authenticated_data_crc32c"
    return request.additional_authenticated_data_crc32c if name in request else None


# checksums are `Any`: where proto-plus gives a number, its stubs tell the message that wraps it
def _check(name: str, value: bytes, crc32c: Any) -> None:
    if len(value) > MAX_BYTES:
        raise invalid(f"Field `{name}` is longer than the limit of {MAX_BYTES} bytes.")
    if crc32c is not None and crc32c != google_crc32c.value(value):
        raise invalid(f"The checksum in field {name}_crc32c did not match the data in field {name}.")


def _undecipherable() -> Refused:
    return invalid("Decryption failed: verify that 'name' refers to the correct CryptoKey.")


def _not_found(name: str) -> Refused:
    return Refused(grpc.StatusCode.NOT_FOUND, f"{name} not found.")
