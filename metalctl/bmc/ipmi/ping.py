"""Is there an IPMI BMC? Asked without a credential, by two datagrams that any of them must answer one of.

RMCP/ASF Presence Ping (ASF 2.0, 3.2.4.2) and Get Channel Authentication Capabilities (IPMI 2.0, 22.13). Many
software BMCs know only the second, some old boards only the first. One socket an address family serves a whole
scan.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, replace
from typing import cast

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import NotABmc, Unreachable
from metalctl.bmc.protocol import Probe

PRESENCE_PING = bytes.fromhex("0600ff06000011be80000000")
AUTH_CAPABILITIES = bytes.fromhex("0600ff07000000000000000000092018c88100388e04b5")
RESEND_AFTER = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """version: "2.0", "1.5" or "" when only the presence ping was answered."""

    version: str


def parse(data: bytes) -> Answer | None:
    """The answer in a datagram, None when it is none of IPMI."""
    if len(data) < 5 or data[0] != 6:
        return None
    return _pong(data) if data[3] == 6 else _capabilities(data) if data[3] == 7 else None


def _pong(data: bytes) -> Answer | None:
    # Byte 20 of the pong: supported entities, whose top bit says IPMI.
    is_pong = len(data) >= 21 and data[4:8] == b"\x00\x00\x11\xbe" and data[8] == 0x40
    return Answer("") if is_pong and data[20] & 0x80 else None


def _capabilities(data: bytes) -> Answer | None:
    # Session header without authentication is 10 bytes after the RMCP header; then the message.
    message = data[14:]
    if len(message) < 12 or data[4] != 0 or message[1] >> 2 != 7 or message[5] != 0x38 or message[6] != 0:
        return None
    extended = bool(message[8] & 0x80)
    return Answer("2.0" if extended and message[10] & 0x02 else "1.5")


class Pinger(asyncio.DatagramProtocol):
    """Asks BMCs and hands each its answer. Use `open_pinger`."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, int], asyncio.Future[Answer]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        # asyncio's own datagram transports are no instances of the class that documents them.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Only who was asked may answer."""
        future = self._waiting.get((addr[0], addr[1]))
        if future and not future.done() and (answer := parse(data)):
            future.set_result(answer)

    def error_received(self, exc: Exception) -> None:
        """An ICMP error does not say for whom; the timeout does."""

    async def ask(self, address: str, port: int, timeout: float) -> Answer | None:
        """The answer of one BMC, None when there is none within `timeout` seconds. address: numeric."""
        future = self._waiting.setdefault((address, port), asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(timeout):
                while True:
                    self._send(address, port)
                    done, _ = await asyncio.wait({future}, timeout=RESEND_AFTER)
                    if done:
                        return future.result()
        except TimeoutError:
            return None
        finally:
            self._waiting.pop((address, port), None)

    def _send(self, address: str, port: int) -> None:
        if self._transport:
            for datagram in (AUTH_CAPABILITIES, PRESENCE_PING):
                self._transport.sendto(datagram, (address, port))

    def close(self) -> None:
        """Close the socket."""
        if self._transport:
            self._transport.abort()


async def open_pinger(family: socket.AddressFamily = socket.AF_INET) -> Pinger:
    """A pinger with its socket."""
    any_address = "::" if family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104 - BMCs may be on any network
    _, pinger = await asyncio.get_running_loop().create_datagram_endpoint(
        Pinger, local_addr=(any_address, 0), family=family
    )
    return pinger


async def resolve(address: str, port: int) -> tuple[socket.AddressFamily, str]:
    """Family and numeric address of a name; raises Unreachable."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(address, port, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise Unreachable(
            f"{address} cannot be resolved: {error.strerror}", hint="is the name right?", bmc=address
        ) from None
    return found[0][0], str(found[0][4][0])


async def probe(endpoint: Endpoint, timeout: float) -> Probe:
    """What answers at one endpoint; raises Unreachable, or NotABmc when it is too old for us."""
    family, address = await resolve(endpoint.address, endpoint.effective_port)
    pinger = await open_pinger(family)
    try:
        answer = await pinger.ask(address, endpoint.effective_port, timeout)
    finally:
        pinger.close()
    name = str(endpoint)
    if answer is None:
        raise Unreachable(
            f"{name} did not answer an IPMI presence ping within {timeout:g} s",
            hint="is IPMI over LAN enabled on the BMC, and UDP 623 let through?",
            bmc=name,
        )
    if answer.version == "1.5":
        raise NotABmc(f"{name} speaks only IPMI 1.5, which sends passwords unprotected", hint="use Redfish", bmc=name)
    return Probe(replace(endpoint, fingerprint=""), "ipmi", product(answer))


def product(answer: Answer) -> str:
    """What to call it: IPMI tells no product without a login."""
    return f"IPMI {answer.version}".strip()
