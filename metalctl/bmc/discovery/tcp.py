"""Is a TCP port open? Non-blocking connects, a bounded number at once; a refused one costs some microseconds."""

from __future__ import annotations

import errno
import os
import resource
import selectors
import socket
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from metalctl.bmc.discovery.places import Place
from metalctl.bmc.endpoint import Endpoint

AT_ONCE = 2048
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, errno.EAGAIN})


@dataclass(slots=True, eq=False)
class Knock:
    """A connect that is under way. address: numeric."""

    place: Place
    endpoint: Endpoint
    address: str
    link: socket.socket
    until: float


class Knocker:
    """Connects of a scan. What is ready in the selector with a `Knock` as data goes to `ready`."""

    def __init__(self, selector: selectors.BaseSelector, timeout: float, at_once: int = 0) -> None:
        self._selector = selector
        self._timeout = timeout
        self._at_once = at_once or room()
        self._open: deque[Knock] = deque()
        self._count = 0

    @property
    def full(self) -> bool:
        """Whether more connects must wait."""
        return self._count >= self._at_once

    def knock(
        self, place: Place, endpoint: Endpoint, family: socket.AddressFamily, address: str, now: float
    ) -> bool | None:
        """Begins to connect: True open, False refused, None not yet known. BlockingIOError: no room at the moment."""
        try:
            link = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        except OSError as error:
            raise BlockingIOError(error.errno, "no more sockets") from None
        code = link.connect_ex((address, endpoint.effective_port))
        if code == errno.EINPROGRESS:
            knock = Knock(place, endpoint, address, link, now + self._timeout)
            self._selector.register(link, selectors.EVENT_WRITE, knock)
            self._open.append(knock)
            self._count += 1
            return None
        link.close()
        if code in _NO_ROOM:
            raise BlockingIOError(code, os.strerror(code))
        return code == 0

    def ready(self, knock: Knock) -> bool:
        """The connect ended: whether the port is open."""
        code = knock.link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self._end(knock)
        return code == 0

    def due(self, now: float) -> Iterator[Knock]:
        """Connects that nothing came of in time."""
        while self._open and (self._open[0].until <= now or self._open[0].link.fileno() < 0):
            knock = self._open.popleft()
            if knock.link.fileno() >= 0:
                self._end(knock)
                yield knock

    def next_due(self) -> float:
        """The monotonic time of what comes next; infinity when nothing does."""
        return self._open[0].until if self._open else float("inf")

    def close(self) -> None:
        """Let go of all."""
        for knock in self._open:
            if knock.link.fileno() >= 0:
                self._end(knock)
        self._open.clear()

    def _end(self, knock: Knock) -> None:
        self._selector.unregister(knock.link)
        knock.link.close()
        self._count -= 1


def room() -> int:
    """How many connects may be open at once: half of the descriptors that this process may have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, min(AT_ONCE, soft // 2 if soft > 0 else AT_ONCE))
