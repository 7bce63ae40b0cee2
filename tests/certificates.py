"""Certificates for a test: an authority, and what it signs for 127.0.0.1."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chassis.tls import Tls

BEGINS = datetime(2020, 1, 1, tzinfo=UTC)
ENDS = datetime(2120, 1, 1, tzinfo=UTC)


class Authority:
    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        self._certificate = self._signed(self._name, self._key.public_key(), ca=True)

    def _signed(self, name, public_key, *, ca):
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGINS)
            .not_valid_after(ENDS - timedelta(days=not ca))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def certify(self) -> Tls:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "service")])
        certificate = self._signed(name, key.public_key(), ca=False)
        pem = serialization.Encoding.PEM
        return Tls(
            certificate=certificate.public_bytes(pem),
            key=key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
            authority=self._certificate.public_bytes(pem),
        )
