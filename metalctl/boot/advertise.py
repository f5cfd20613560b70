"""Answers IPv6 router solicitations with "there is no router here", so that loaders stop waiting for one.

iPXE configures IPv4 and IPv6 and goes on when both are settled. On a network without an IPv6 router that means 17 s
after a DHCP that took 20 ms, at each start of a loader. The answer is a router advertisement (RFC 4861) with a lifetime
of 0, no prefix and no DHCPv6: nobody gets an address or a route from it, and a real router's advertisements are not
touched.
"""

from __future__ import annotations

import logging
import socket
import struct
import threading

from metalctl.boot.errors import BootError

log = logging.getLogger(__name__)
SOLICITATION, ADVERTISEMENT = 133, 134
_ICMP6_FILTER = 1
_HOPS = 255
"""What the hop limit of every neighbour discovery message must be: it came from this very link."""


def advertisement() -> bytes:
    """The message; all fields are 0, which means "not stated"; the kernel fills in the checksum."""
    return struct.pack("!BBHBBHII", ADVERTISEMENT, 0, 0, 0, 0, 0, 0, 0)


class NoRouter:
    """The answering thread: `start()`, `stop()`. answered: how many solicitations it answered."""

    def __init__(self, interface: str) -> None:
        self.interface, self.answered = interface, 0
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen. Raises BootError, for example where IPv6 is switched off: then no loader waits for it either."""
        made = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        try:
            self._prepare(made)
        except OSError as failed:
            made.close()
            raise BootError(
                f"cannot answer router solicitations on {self.interface}: {failed.strerror}",
                hint="loaders will wait some 17 s for an IPv6 router; everything else works",
            ) from None
        self._socket = made
        self._thread = threading.Thread(target=self._serve, args=(made,), name="no-router", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        made, self._socket = self._socket, None
        if made and self._thread:
            self._thread.join(2)
            made.close()

    def _prepare(self, made: socket.socket) -> None:
        index = socket.if_nametoindex(self.interface)
        routers = socket.inet_pton(socket.AF_INET6, "ff02::2")
        blocked = bytearray(b"\xff" * 32)
        blocked[SOLICITATION // 32 * 4 : SOLICITATION // 32 * 4 + 4] = struct.pack(
            "=I", 0xFFFFFFFF & ~(1 << SOLICITATION % 32)
        )
        made.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, bytes(blocked))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self.interface.encode() + b"\0")
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, routers + struct.pack("=I", index))
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, _HOPS)
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
        made.settimeout(0.5)

    def _serve(self, made: socket.socket) -> None:
        while self._socket is made:
            try:
                _, control, _, asker = made.recvmsg(1500, 256)
            except TimeoutError:
                continue
            if (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, struct.pack("=i", _HOPS)) not in control:
                continue
            self._answer(made, asker)

    def _answer(self, made: socket.socket, asker: tuple[str, int, int, int]) -> None:
        if asker[0] == "::":  # it has no address yet and cannot be answered by one
            return
        try:
            made.sendto(advertisement(), asker)
        except OSError as failed:
            log.warning("router solicitation of %s not answered: %s", asker[0], failed.strerror)
            return
        self.answered += 1
