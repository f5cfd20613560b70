"""Is there an IPMI BMC at this one endpoint? Asked without a credential. (A scan asks many: discovery/udp.py.)"""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import time
from dataclasses import replace

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import NotABmc, Unreachable
from metalctl.bmc.ipmi.rmcp import AUTH_CAPABILITIES, PRESENCE_PING, Presence, parse
from metalctl.bmc.protocol import Probe

RESEND_AFTER = 1.0
GRACE = 0.3  # a pong tells no version: so long the answer that does may come after it
_LARGEST = 512


def ask(family: socket.AddressFamily, address: str, port: int, timeout: float) -> Presence | None:
    """The answer of the BMC at a numeric address, None when there is none within `timeout` seconds. Blocks."""
    deadline = time.monotonic() + timeout
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.setblocking(False)
        try:
            link.connect((address, port))  # from here on the kernel lets in only what comes from there
        except OSError:
            return None
        while (now := time.monotonic()) < deadline:
            _send(link)
            if answer := _await(link, min(deadline, now + RESEND_AFTER)):
                return answer
    return None


def _send(link: socket.socket) -> None:
    for datagram in (AUTH_CAPABILITIES, PRESENCE_PING):
        # "Refused" by an earlier datagram: a BMC that is starting does that, so it is asked again.
        with contextlib.suppress(OSError):
            link.send(datagram)


def _await(link: socket.socket, until: float) -> Presence | None:
    poll = select.poll()
    poll.register(link, select.POLLIN)
    best: Presence | None = None
    while (left := until - time.monotonic()) > 0:
        if not poll.poll(left * 1000):
            break
        try:
            answer = parse(link.recv(_LARGEST))
        except OSError:
            time.sleep(min(0.05, left))
            continue
        if answer and answer.version:
            return answer
        if answer and best is None:
            best, until = answer, min(until, time.monotonic() + GRACE)
    return best


async def resolve(address: str, port: int) -> tuple[socket.AddressFamily, str]:
    """Family and numeric address of a name; raises Unreachable."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(address, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(
            f"{address} cannot be resolved: {getattr(error, 'strerror', error)}",
            hint="check the name, or write the address",
        ) from None
    return found[0][0], str(found[0][4][0])


async def probe(endpoint: Endpoint, timeout: float) -> Probe:
    """What answers at one endpoint; raises Unreachable, or NotABmc when it is too old for us."""
    family, address = await resolve(endpoint.address, endpoint.effective_port)
    answer = await asyncio.to_thread(ask, family, address, endpoint.effective_port, timeout)
    name = str(endpoint)
    if answer is None:
        raise Unreachable(
            f"{name} did not answer an IPMI presence ping within {timeout:g} s",
            hint="enable IPMI over LAN on the BMC, and let UDP 623 through the firewall",
        )
    if answer.version == "1.5":
        raise NotABmc(f"{name} speaks only IPMI 1.5, which sends passwords unprotected", hint="use Redfish")
    return Probe(replace(endpoint, fingerprint=""), "ipmi", product(answer))


def product(answer: Presence) -> str:
    """What to call it: IPMI tells no product without a login."""
    return f"IPMI {answer.version}".strip()
