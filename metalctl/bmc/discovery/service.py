"""Is the open port a Redfish service? One TLS connection, one `GET /redfish/v1/`, no credential.

A scan asks strangers: the answer is bounded in bytes and time, and a redirect is followed on the same host only.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp

from metalctl.bmc.discovery.fingerprint import told
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BmcError, CertificateUntrusted
from metalctl.bmc.protocol import Probe
from metalctl.bmc.redfish.fetch.equipment import note
from metalctl.bmc.redfish.fetch.root import PATH, equipment, is_service_root, product
from metalctl.bmc.tls import fetch_fingerprint

LARGEST = 1 << 20
PATIENCE = 10.0  # seconds: a BMC that took the connection may be slow to answer
UNTRUSTED = "the given authorities do not vouch for its certificate"
_HOPS = 3
_HEADERS = {"Accept": "application/json", "OData-Version": "4.0"}


class _Seen(aiohttp.Fingerprint):
    """Takes any certificate and remembers it: nothing secret is sent, and the caller pins what was seen."""

    def __init__(self) -> None:
        super().__init__(bytes(32))
        self.sha256 = ""

    def check(self, transport: asyncio.Transport) -> None:
        """Called by aiohttp with the fresh connection, before anything is sent."""
        import hashlib

        found = transport.get_extra_info("ssl_object")
        certificate = found.getpeercert(binary_form=True) if found else None
        self.sha256 = hashlib.sha256(certificate).hexdigest() if certificate else ""


async def ask(endpoint: Endpoint, timeout: float = PATIENCE) -> Probe | None:
    """The Redfish service at the endpoint, None when there is none. Never raises for what the other end does.

    Whether the endpoint's authorities vouch for its certificate is told in a note.
    """
    seen = _Seen()
    connector = aiohttp.TCPConnector(ssl=seen, force_close=True)
    limits = aiohttp.ClientTimeout(total=timeout)
    try:
        async with aiohttp.ClientSession(connector=connector, timeout=limits, trust_env=False) as session:
            root = await _root(session, endpoint)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError):
        return None
    if root is None or not is_service_root(root):
        return None
    facts = told(root)
    doubt = await _doubt(endpoint, timeout) if endpoint.authorities else ""
    return Probe(
        replace(endpoint, fingerprint=seen.sha256),
        "redfish",
        product(root)[:100],
        facts.uuid,
        seen.sha256,
        serial=facts.serial,
        mac=facts.mac,
        mac_from="bmc" if facts.mac else "",
        notes=tuple(one for one in (note(root), doubt) if one),
        vouched=bool(endpoint.authorities) and not doubt,
        equipment=equipment(root),
    )


async def _doubt(endpoint: Endpoint, timeout: float) -> str:
    """Why the authorities do not vouch for it, "" when they do."""
    try:
        await fetch_fingerprint(endpoint, timeout)
    except CertificateUntrusted as error:
        return f"{UNTRUSTED}: {error.fields.get('why')}"
    except BmcError as error:
        return f"{UNTRUSTED}: {error.message}"
    return ""


async def _root(session: aiohttp.ClientSession, endpoint: Endpoint) -> dict[str, Any] | None:
    url = endpoint.origin + PATH
    for _ in range(_HOPS):
        async with session.get(url, headers=_HEADERS, allow_redirects=False) as response:
            if response.status in (301, 302, 307, 308):
                url = urljoin(url, response.headers.get("Location", ""))
                if urlsplit(url)[:2] != urlsplit(endpoint.origin)[:2]:
                    return None
                continue
            return _json(await _body(response)) if response.status == 200 else None
    return None


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        body += chunk
        if len(body) > LARGEST:
            raise ValueError("too large")
    return bytes(body)


def _json(body: bytes) -> dict[str, Any] | None:
    value = json.loads(body)
    return value if isinstance(value, dict) else None
