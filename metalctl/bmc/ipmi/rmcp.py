"""The datagrams that find an IPMI BMC, and what is in their answers. Pure functions of bytes; no credential in them.

AUTH_CAPABILITIES   Get Channel Authentication Capabilities (IPMI 2.0, 22.13): every IPMI BMC answers it
PRESENCE_PING       RMCP/ASF Presence Ping (ASF 2.0, 3.2.4.2): some old boards know only this one
SYSTEM_GUID         Get System GUID (22.14), which may be asked before a session: tells two addresses of one machine
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from metalctl.model.identity import usable_uuid

PRESENCE_PING = bytes.fromhex("0600ff06000011be80000000")
_HEADER = bytes.fromhex("0600ff07" + "00" * 9)  # RMCP, then a session header without authentication
_NETFN_APP, _NETFN_APP_ANSWER = 6, 7
_CAPABILITIES, _GUID = 0x38, 0x37


@dataclass(frozen=True, slots=True)
class Presence:
    """version: "2.0", "1.5", or "" for a presence pong or a GUID. uuid: lower case, "" when not stated or bogus."""

    version: str = ""
    uuid: str = ""


def request(command: int, data: bytes = b"", sequence: int = 0) -> bytes:
    """An application request outside of any session, with its two checksums."""
    head = bytes((0x20, _NETFN_APP << 2))
    body = bytes((0x81, sequence << 2, command)) + data
    message = head + bytes((checksum(head),)) + body + bytes((checksum(body),))
    return _HEADER + bytes((len(message),)) + message


def checksum(data: bytes) -> int:
    """What makes the sum of all bytes zero, modulo 256."""
    return -sum(data) & 0xFF


AUTH_CAPABILITIES = request(_CAPABILITIES, b"\x8e\x04")
SYSTEM_GUID = request(_GUID, sequence=1)


def parse(data: bytes) -> Presence | None:
    """The answer in a datagram, None when it is none of IPMI. Never raises."""
    if len(data) < 5 or data[0] != 6:
        return None
    return _pong(data) if data[3] == 6 else _message(data) if data[3] == 7 else None


def _pong(data: bytes) -> Presence | None:
    # Byte 20 of the pong: supported entities, whose top bit says IPMI.
    is_pong = len(data) >= 21 and data[4:8] == b"\x00\x00\x11\xbe" and data[8] == 0x40
    return Presence() if is_pong and data[20] & 0x80 else None


def _message(data: bytes) -> Presence | None:
    # The session header without authentication is 10 bytes after the RMCP header; then the message.
    message = data[14:]
    if len(message) < 8 or data[4] != 0 or message[1] >> 2 != _NETFN_APP_ANSWER or message[6] != 0:
        return None
    if message[5] == _CAPABILITIES and len(message) >= 12:
        extended = bool(message[8] & 0x80)
        return Presence("2.0" if extended and message[10] & 0x02 else "1.5")
    if message[5] == _GUID and len(message) >= 23:
        return Presence(uuid=guid(message[7:23]))
    return None


def guid(raw: bytes) -> str:
    """A GUID off the wire as SMBIOS writes it, "" when it is one that means nothing."""
    return usable_uuid(str(uuid.UUID(bytes_le=raw[:16]))) if len(raw) >= 16 else ""
