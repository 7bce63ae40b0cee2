"""Mutual TLS between the services: each shows a certificate of the same authority, and trusts no other.

The files are read once, at the start. When a certificate was renewed, its processes are rolled: the metric below tells how
long there is time for that.
"""

from dataclasses import dataclass
from pathlib import Path

import grpc
from cryptography import x509
from prometheus_client import Gauge

from chassis.errors import SettingsError

expires = Gauge(
    "daybook_certificate_expires_timestamp_seconds",
    "When the certificate that this process shows to other services ends (Unix time); 0 where it shows none.",
)


@dataclass(frozen=True)
class Tls:
    """A certificate chain, its private key and the trusted authority, each as PEM."""

    certificate: bytes
    key: bytes
    authority: bytes

    def for_server(self) -> grpc.ServerCredentials:
        return grpc.ssl_server_credentials(
            [(self.key, self.certificate)], root_certificates=self.authority, require_client_auth=True
        )

    def for_client(self) -> grpc.ChannelCredentials:
        return grpc.ssl_channel_credentials(self.authority, self.key, self.certificate)


def read_tls(*, certificate: Path, key: Path, authority: Path) -> Tls:
    """
    Raises:
        SettingsError: a file cannot be read, or the certificate is none.
    """
    files = {"CERT": certificate, "KEY": key, "CA": authority}
    try:
        contents = {name: path.read_bytes() for name, path in files.items()}
    except OSError as error:
        raise SettingsError(
            f"The file {error.filename} of DAYBOOK_TLS_… cannot be read: {error.strerror}. Mount it, or unset all three."
        ) from None
    try:
        shown = x509.load_pem_x509_certificate(contents["CERT"])
    except ValueError:
        raise SettingsError("DAYBOOK_TLS_CERT_FILE holds no certificate in PEM.") from None
    expires.set(shown.not_valid_after_utc.timestamp())
    return Tls(contents["CERT"], contents["KEY"], contents["CA"])
