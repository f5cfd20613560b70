"""The TLS certificate of a BMC: nearly always self-signed, so it is pinned by its SHA-256, not verified by an
authority.

First contact records the fingerprint (trust on first use); from then on another certificate stops everything before
a credential is sent.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from functools import cache

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import CertificateChanged, NotABmc, Unreachable


async def fetch_fingerprint(endpoint: Endpoint, timeout: float) -> str:
    """SHA-256 (hex) of the certificate that the endpoint shows; raises Unreachable or NotABmc. Nothing is sent."""
    name = str(endpoint)
    try:
        async with asyncio.timeout(timeout):
            return await _certificate(endpoint)
    except TimeoutError:
        raise Unreachable(
            f"{name} did not answer within {timeout:g} s",
            hint="is the address right, and the management network up?",
            bmc=name,
        ) from None
    except ssl.SSLError as error:
        raise NotABmc(
            f"{name} does not speak TLS ({error.reason or 'handshake failed'})",
            hint="is that the port of Redfish?",
            bmc=name,
        ) from None
    except OSError as error:
        raise Unreachable(
            f"{name} cannot be reached: {error.strerror or error}",
            hint="is the address right, and the BMC powered?",
            bmc=name,
        ) from None


async def _certificate(endpoint: Endpoint) -> str:
    _, writer = await asyncio.open_connection(endpoint.address, endpoint.effective_port, ssl=_context())
    try:
        found: ssl.SSLObject = writer.get_extra_info("ssl_object")
        certificate = found.getpeercert(binary_form=True) or b""
        return hashlib.sha256(certificate).hexdigest()
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)  # the loop may end right after: let it close the socket


@cache
def _context() -> ssl.SSLContext:
    """One for all: making a context is slow, and a scan makes thousands of connections."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def check_fingerprint(endpoint: Endpoint, got: str) -> None:
    """Raise CertificateChanged unless the endpoint's recorded fingerprint, if there is one, is `got`."""
    expected = endpoint.fingerprint.replace(":", "").lower()
    if expected and not hmac.compare_digest(expected, got):
        raise certificate_changed(endpoint, expected, got)


def certificate_changed(endpoint: Endpoint, expected: str, got: str) -> CertificateChanged:
    """The error, worded once."""
    return CertificateChanged(
        f"{endpoint} shows another TLS certificate than recorded: {got[:16]}… instead of {expected[:16]}…; "
        "no credential was sent",
        hint="was the BMC reset or replaced? If so, discover it again to record its new certificate",
        bmc=str(endpoint),
        expected=expected,
        got=got,
    )
