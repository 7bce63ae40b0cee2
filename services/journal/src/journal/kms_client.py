"""Google's client of Cloud KMS: the real service with credentials, or an emulator where an endpoint is set."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from google.auth.exceptions import GoogleAuthError
from google.cloud.kms_v1 import KeyManagementServiceAsyncClient
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceGrpcAsyncIOTransport

from chassis.errors import SettingsError


@asynccontextmanager
async def open_kms(endpoint: str | None = None) -> AsyncIterator[KeyManagementServiceAsyncClient]:
    """A client, its channel open while the block runs.

    Raises:
        SettingsError: KMS is to be asked, and there are no credentials.
    """
    if endpoint is not None:
        async with grpc.aio.insecure_channel(endpoint) as channel:
            yield KeyManagementServiceAsyncClient(transport=KeyManagementServiceGrpcAsyncIOTransport(channel=channel))
        return
    try:
        client = KeyManagementServiceAsyncClient()
    except GoogleAuthError:
        raise SettingsError(
            "DAYBOOK_KMS_KEYS names keys of Google Cloud KMS, and there are no Google credentials. Give the pod an identity, or "
            "set GOOGLE_APPLICATION_CREDENTIALS to a service account's key file."
        ) from None
    async with client:
        yield client
