"""The TLS certificate of a BMC: nearly always self-signed, so it is pinned by its SHA-256 rather than verified by an
authority.

First contact records the fingerprint (trust on first use); from then on another certificate stops everything before
a credential is sent. A site that signs its BMCs' certificates gives its authorities' file instead: `authority`.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from functools import cache
from pathlib import Path

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BmcError, CertificateChanged, CertificateUntrusted, NotABmc, Unreachable
from metalctl.model.errors import why_unreadable


async def fetch_fingerprint(endpoint: Endpoint, timeout: float) -> str:
    """SHA-256 (hex) of the certificate that the endpoint shows. Nothing is sent.

    Raises Unreachable, NotABmc, or CertificateUntrusted when none of the endpoint's authorities vouches for it.
    """
    name = str(endpoint)
    try:
        async with asyncio.timeout(timeout):
            return await _certificate(endpoint)
    except TimeoutError:
        raise Unreachable(f"{name} did not answer within {timeout:g} s") from None
    except ssl.SSLCertVerificationError as error:
        raise certificate_untrusted(endpoint, error.verify_message) from None
    except ssl.SSLError as error:
        raise NotABmc(
            f"{name} does not speak TLS ({error.reason or 'handshake failed'})",
            hint="check the port: Redfish is usually at 443",
        ) from None
    except OSError as error:
        raise Unreachable(f"{name} cannot be reached: {error.strerror or error}") from None


async def _certificate(endpoint: Endpoint) -> str:
    trust = authority(endpoint.authorities) if endpoint.authorities else any_certificate()
    _, writer = await asyncio.open_connection(endpoint.address, endpoint.effective_port, ssl=trust)
    try:
        found: ssl.SSLObject = writer.get_extra_info("ssl_object")
        certificate = found.getpeercert(binary_form=True) or b""
        return hashlib.sha256(certificate).hexdigest()
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)  # the loop may end right after: let it close the socket


@cache
def any_certificate() -> ssl.SSLContext:
    """One for all: making a context is slow, and a scan makes thousands of connections."""
    return accept_any(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def accept_any(context: ssl.SSLContext) -> ssl.SSLContext:
    """The context for those who look at the certificate themselves. It knows no authorities: they would be looked up
    on disk for every certificate, and for nothing.
    """
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def authority(file: Path) -> ssl.SSLContext:
    """A context that trusts only the authorities in this PEM file, and wants the right host name.

    One a file, made again when the file has changed: a service that runs for months takes a renewed one.
    """
    try:
        return _authority(file, file.stat().st_mtime_ns)
    except OSError as error:
        raise BmcError(
            f"{file}: {why_unreadable(error)}",
            hint="give a PEM file of CA certificates",
        ) from None


@cache
def _authority(file: Path, _changed: int) -> ssl.SSLContext:
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cafile=file)
    except (OSError, ssl.SSLError) as error:
        raise BmcError(
            f"{file} cannot be used as certificate authorities: {error}", hint="give a PEM file of CA certificates"
        ) from None
    return context


def certificate_untrusted(endpoint: Endpoint, why: str) -> CertificateUntrusted:
    """The error, worded once."""
    return CertificateUntrusted(
        f"{endpoint} shows a TLS certificate that is not signed by the given CAs ({why}); no credential was sent",
        hint="install a certificate signed by your authority on the BMC, or record its fingerprint instead",
        why=why,
    )


def certificate_changed(endpoint: Endpoint, expected: str, got: str) -> CertificateChanged:
    """The error, worded once."""
    return CertificateChanged(
        f"{endpoint} shows another TLS certificate than recorded: {got[:16]}… instead of {expected[:16]}…; "
        "no credential was sent",
        hint="if the BMC was reset or replaced, discover it again to record its new certificate",
        expected=expected,
        got=got,
    )
