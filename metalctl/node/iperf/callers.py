"""Who calls at the ports of an iperf3 server: any TCP connect uses up `iperf3 -s -1`, and its JSON does not say whose.

The kernel tells of every TCP socket that is destroyed (sock_diag, as `ss -E` shows): those of our ports name their
callers. A caller that connects and then keeps still is found in /proc/net/tcp: iperf3 would wait for it for ever.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from metalctl.model.run import Peer

_NETLINK_SOCK_DIAG = 4
_DESTROYED = 1 << 0 | 1 << 2  # groups SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY
_MESSAGE, _HEAD = 16, 72  # struct nlmsghdr, struct inet_diag_msg
_ESTABLISHED = "01"
_PATIENCE = 3.0  # seconds that a stranger may keep a server that waits for another


class Callers:
    """A context manager; `others` are the addresses, not the peer's, that called at a port while it was open."""

    def __init__(self, peer: Peer, processes: int = 1) -> None:
        self._peer = _plain(peer.client)
        self._ports = range(peer.port, peer.port + processes)
        self._seen: set[str] = set()
        self._held: dict[tuple[int, str], float] = {}
        self._events: socket.socket | None = None

    def __enter__(self) -> Callers:
        with contextlib.suppress(OSError):  # a kernel without it: nobody is named
            self._events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG)
            self._events.bind((0, _DESTROYED))
            self._events.setblocking(False)
        return self

    def __exit__(self, *_: object) -> None:
        if self._events:
            self._events.close()

    @property
    def others(self) -> list[str]:
        """Who called beside the peer, as far as it is known by now."""
        self._listen()
        return sorted(self._seen)

    def is_peer(self, address: str) -> bool:
        """Whether a session came from the peer; one of unknown origin, or for an unknown peer, does."""
        if not self._peer or not address or _plain(address) == self._peer:
            return True
        self._seen.add(_plain(address))
        return False

    def kept(self, port: int) -> bool:
        """Whether somebody else keeps the server at this port and lets nobody in; to be asked every second."""
        self._listen()
        if not self._peer:
            return False
        now, there = time.monotonic(), {(port, a) for a in _connected(port) if a != self._peer}
        self._seen |= {a for _, a in there}
        self._held = {k: t for k, t in self._held.items() if k[0] != port or k in there}
        return any(now - self._held.setdefault(key, now) > _PATIENCE for key in there)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):  # nothing more, or more than the kernel kept for us
            while self._events:
                for port, address in _destroyed(self._events.recv(1 << 16)):
                    if port in self._ports and (not self._peer or address != self._peer):
                        self._seen.add(address)


def _destroyed(data: bytes) -> Iterator[tuple[int, str]]:
    """(local port, remote address) of each inet_diag_msg."""
    while len(data) >= _MESSAGE + _HEAD:
        (length,) = struct.unpack_from("I", data)
        size = 4 if data[_MESSAGE] == socket.AF_INET else 16
        port, theirs = struct.unpack_from(">HH", data, _MESSAGE + 4)
        if theirs:  # a socket that only listened has no other end
            yield port, _plain(ipaddress.ip_address(data[_MESSAGE + 24 : _MESSAGE + 24 + size]))
        data = data[max(_MESSAGE, (length + 3) & ~3) :]


def _connected(port: int) -> Iterator[str]:
    """Remote addresses of the connections at a port that a process has accepted."""
    for file in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path("/proc/net", file).read_text().splitlines()[1:]:
                words = line.split()
                if words[1].endswith(f":{port:04X}") and words[3] == _ESTABLISHED and words[9] != "0":
                    raw = bytes.fromhex(words[2].partition(":")[0])
                    swapped = b"".join(raw[i : i + 4][::-1] for i in range(0, len(raw), 4))
                    yield _plain(ipaddress.ip_address(swapped))


def _plain(address: str | ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """One form for one address; an IPv4 address within IPv6 is the IPv4 one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return str(address)
    return str(getattr(found, "ipv4_mapped", None) or found)
