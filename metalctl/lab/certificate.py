"""Self-signed TLS certificates, as BMCs come with them from the factory: the one maker in the house."""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

_VALID = timedelta(days=3650)


@dataclass(frozen=True)
class SelfSigned:
    """certificate, key: PEM. sha256: of the certificate's DER form, hex."""

    certificate: bytes
    key: bytes = field(repr=False)
    sha256: str

    def server(self) -> ssl.SSLContext:
        """The TLS context of a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "certificate.pem"
            file.touch(0o600)
            file.write_bytes(self.certificate + self.key)
            context.load_cert_chain(file)
        return context


def self_signed(name: str, *addresses: str) -> SelfSigned:
    """A certificate for that common name and these IP addresses, its own authority; valid from yesterday, ten years."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    begin = datetime.now(UTC) - timedelta(days=1)
    number = x509.random_serial_number()
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), number, begin, begin + _VALID)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    if addresses:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address)) for address in addresses])
        builder = builder.add_extension(names, critical=False)
    made = builder.sign(key, hashes.SHA256())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = made.public_bytes(serialization.Encoding.PEM)
    return SelfSigned(pem, key.private_bytes(*form), made.fingerprint(hashes.SHA256()).hex())
