"""Is the open port a Redfish service? One TLS connection, one `GET /redfish/v1/`, no credential.

A scan asks strangers: whatever certificate they show is taken, and told; the client bounds bytes, time and redirects.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from metalctl.bmc.discovery.fingerprint import told
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BmcError, CertificateUntrusted
from metalctl.bmc.protocol import Probe
from metalctl.bmc.redfish.client.http import Client
from metalctl.bmc.redfish.fetch.root import read_root, seen
from metalctl.bmc.tls import fetch_fingerprint

PATIENCE = 10.0  # seconds: a BMC that took the connection may be slow to answer
UNTRUSTED = "its certificate is not signed by the given CAs"


async def ask(endpoint: Endpoint, timeout: float = PATIENCE) -> Probe | None:
    """The Redfish service at the endpoint, None when there is none. Never raises for what the other end does.

    Whether the endpoint's authorities vouch for its certificate is told in a note.
    """
    deadline = asyncio.get_running_loop().time() + timeout
    client = Client(replace(endpoint, authorities=None, fingerprint=""), timeout, deadline=deadline)
    try:
        root = await read_root(client)
    except BmcError:
        return None
    finally:
        await client.close()
    facts, found = told(root), seen(replace(endpoint, fingerprint=client.endpoint.fingerprint), root)
    doubt = await _doubt(endpoint, timeout) if endpoint.authorities else ""
    return replace(
        found,
        product=found.product[:100],
        uuid=facts.uuid,
        serial=facts.serial,
        mac=facts.mac,
        mac_from="bmc" if facts.mac else "",
        notes=(*found.notes, *([doubt] if doubt else [])),
        vouched=bool(endpoint.authorities) and not doubt,
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
