"""Key-encryption keys of Google Cloud KMS: they never leave it, and each wrap and unwrap is asked there.

KMS binds what it encrypts to associated data: the place of the wrapped key. A key has versions; KMS encrypts with the primary one
and finds by itself which one decrypts, so the journal knows the key alone. Checksums go both ways, since bits may flip outside of
TLS as well: https://cloud.google.com/kms/docs/data-integrity-guidelines.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NoReturn

import google_crc32c
from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from google.cloud.kms_v1 import KeyManagementServiceAsyncClient, types

from journal.envelope import KEY_BYTES, Key, Place
from journal.errors import IntegrityError, KeyUnusable, KmsUnavailable

TIMEOUT_S = 3.0
"""For one question. Nothing is tried again here: whoever asks the journal does, and knows for how long that is of use."""

ROLE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"

_FOR_A_WHILE = (
    exceptions.ServiceUnavailable,
    exceptions.DeadlineExceeded,
    exceptions.ResourceExhausted,
    exceptions.TooManyRequests,
    exceptions.InternalServerError,
    exceptions.Aborted,
    exceptions.Cancelled,
    exceptions.Unknown,
)


class KmsKek:
    """One key of KMS.

    Args:
        name: projects/…/locations/…/keyRings/…/cryptoKeys/…
    """

    def __init__(self, client: KeyManagementServiceAsyncClient, name: str) -> None:
        self._client = client
        self.name = name
        self.id = f"kms-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    async def wrap(self, place: Place, key: Key) -> bytes:
        bound = place.to_bytes()
        request = types.EncryptRequest(
            name=self.name,
            plaintext=key.secret,
            plaintext_crc32c=google_crc32c.value(key.secret),
            additional_authenticated_data=bound,
            additional_authenticated_data_crc32c=google_crc32c.value(bound),
        )
        try:
            answer = await self._client.encrypt(request=request, timeout=TIMEOUT_S, retry=None)
        except (exceptions.GoogleAPICallError, GoogleAuthError) as error:
            self._refused(error)
        if not (answer.verified_plaintext_crc32c and answer.verified_additional_authenticated_data_crc32c):
            raise _flipped()
        _check(answer.ciphertext, answer.ciphertext_crc32c)
        return bytes(answer.ciphertext)

    async def unwrap(self, place: Place, wrapped: bytes) -> Key:
        bound = place.to_bytes()
        request = types.DecryptRequest(
            name=self.name,
            ciphertext=wrapped,
            ciphertext_crc32c=google_crc32c.value(wrapped),
            additional_authenticated_data=bound,
            additional_authenticated_data_crc32c=google_crc32c.value(bound),
        )
        try:
            answer = await self._client.decrypt(request=request, timeout=TIMEOUT_S, retry=None)
        except exceptions.InvalidArgument:
            raise IntegrityError(
                place.kind,
                place.sequence,
                place.record_id,
                f"its bytes were changed, it belongs elsewhere, or another key than {self.id} has wrapped it",
            ) from None
        except (exceptions.GoogleAPICallError, GoogleAuthError) as error:
            self._refused(error)
        _check(answer.plaintext, answer.plaintext_crc32c)
        if len(answer.plaintext) != KEY_BYTES:
            raise IntegrityError(place.kind, place.sequence, place.record_id, f"it does not hold {KEY_BYTES} bytes")
        return Key(bytes(answer.plaintext))

    def _refused(self, error: Exception) -> NoReturn:
        """`from None` throughout: what Google says may repeat what it was sent."""
        match error:
            case exceptions.FailedPrecondition():
                raise KeyUnusable(
                    f"A version of the key {self.name} is needed, and is disabled or destroyed. Enable it, or restore it while "
                    "it is scheduled to be destroyed: without it nothing that it wraps can be read."
                ) from None
            case exceptions.PermissionDenied() | exceptions.Unauthenticated() | GoogleAuthError():
                raise KeyUnusable(
                    f"The journal may not use the key {self.name}. Give its service account the role {ROLE} on that key."
                ) from None
            case exceptions.NotFound():
                raise KeyUnusable(f"There is no key {self.name}. Name one of DAYBOOK_KMS_KEYS that is there.") from None
            case exceptions.InvalidArgument():
                raise KeyUnusable(
                    f"Google Cloud KMS does not encrypt with {self.name}. Name a key for ENCRYPT_DECRYPT in DAYBOOK_KMS_KEYS."
                ) from None
        if isinstance(error, _FOR_A_WHILE):
            raise KmsUnavailable("Google Cloud KMS does not answer now. Try again later.") from None
        raise error


class KmsKeys:
    """The keys that a setting names. They are asked when they are used, not when they are looked for."""

    def __init__(self, client: KeyManagementServiceAsyncClient, names: Sequence[str]) -> None:
        self._keks = [KmsKek(client, name) for name in names]

    async def look(self) -> Sequence[KmsKek]:
        return self._keks


# `Any`: where proto-plus gives a number, its stubs tell the message that wraps it
def _check(value: bytes, crc32c: Any) -> None:
    if google_crc32c.value(value) != crc32c:
        raise _flipped()


def _flipped() -> KmsUnavailable:
    return KmsUnavailable("A bit flipped on the way to Google Cloud KMS or back: the checksum does not fit. Try again.")
