"""The BMC's IPMI port, as far as a scan without a credential sees it: presence pong and authentication capabilities.

RMCP/ASF Presence Ping (ASF 2.0, 3.2.4.2) and Get Channel Authentication Capabilities (IPMI 2.0, 22.13). Everything
else is not answered.
"""

from __future__ import annotations

import asyncio
from typing import cast

from metalctl.lab.bmc.bmc import Bmc

_ASF = b"\x00\x00\x11\xbe"
_CAPABILITIES = 0x38
# Channel 1; IPMI 2.0 and 1.5 extended; per-message authentication, named users; 2.0 connections.
_ANSWER = bytes([0x01, 0x80, 0x04, 0x02, 0, 0, 0, 0])


def reply(datagram: bytes) -> bytes | None:
    """The answer to a datagram, None when there is none."""
    if len(datagram) < 12 or datagram[0] != 6:
        return None
    if datagram[3] == 6 and datagram[4:8] == _ASF and datagram[8] == 0x80:
        # Pong: enterprise number of ASF, OEM-defined, entities (IPMI, ASF 1.0), interactions, reserved.
        data = _ASF + bytes(4) + b"\x81\x00" + bytes(6)
        return bytes([6, 0, 0xFF, 6]) + _ASF + bytes([0x40, datagram[9], 0, len(data)]) + data
    return _capabilities(datagram) if datagram[3] == 7 and datagram[4] == 0 else None


def _capabilities(datagram: bytes) -> bytes | None:
    """Without a session: header of 10 bytes after that of RMCP, then the message."""
    message = datagram[14:]
    if len(message) < 9 or len(message) != datagram[13] or message[1] >> 2 != 6 or message[5] != _CAPABILITIES:
        return None
    if sum(message[:3]) & 0xFF or sum(message[3:]) & 0xFF:
        return None
    to, sequence = message[3], message[4]
    first = bytes([to, 7 << 2])
    rest = bytes([message[0], sequence, _CAPABILITIES, 0]) + _ANSWER
    answer = first + _checksum(first) + rest + _checksum(rest)
    return datagram[:4] + bytes(9) + bytes([len(answer)]) + answer


def _checksum(part: bytes) -> bytes:
    return bytes([-sum(part) & 0xFF])


class IpmiProtocol(asyncio.DatagramProtocol):
    """One BMC's UDP port."""

    def __init__(self, bmc: Bmc) -> None:
        self._bmc = bmc
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answered at once, or not at all."""
        answer = reply(data)
        if answer and self._transport:
            self._bmc.statistics.ipmi += 1
            self._transport.sendto(answer, addr)

    def error_received(self, exc: Exception) -> None:
        """Who asked has gone away."""
