"""The TLS session of a BMC's first connection, offered to its second: that saves half of a handshake's work.

Only whoever holds the secrets of the first connection can take the offer up, and the certificate that the second one
shows is the first one's: the pin is checked as ever. What is offered is bound to the request that makes the connection
(a context variable), so that no BMC is ever offered the session of another. It is offered once: a BMC that stumbles
over it is met with a whole handshake when the request is repeated.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from metalctl.bmc.tls import accept_any


class Resumption:
    """What one BMC may be offered. offered: how often it was, which is once at most."""

    def __init__(self) -> None:
        self._first: ssl.SSLObject | None = None
        self.offered = 0

    def learn(self, connection: ssl.SSLObject) -> None:
        """The first verified connection is remembered; its session is asked for only when it is needed."""
        if self._first is None and not self.offered:
            self._first = connection

    def offer(self) -> ssl.SSLSession | None:
        """The session for a connection that is about to be made."""
        first, self._first = self._first, None
        if first is None:
            return None
        self.offered += 1
        return first.session


_CONNECTING: ContextVar[Resumption | None] = ContextVar("_CONNECTING", default=None)


@contextmanager
def connecting(bmc: Resumption | None) -> Iterator[None]:
    """Whose connection is being made while the request is sent."""
    token = _CONNECTING.set(bmc)
    try:
        yield
    finally:
        _CONNECTING.reset(token)


class _Context(ssl.SSLContext):
    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """See ssl.SSLContext; asyncio calls it for each connection, and knows of no sessions."""
        bmc = _CONNECTING.get()
        offered = bmc.offer() if bmc and session is None else session
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, offered)


@cache
def pinned_context() -> ssl.SSLContext:
    """One for all BMCs whose certificate is compared with a pin: making a context is slow."""
    return accept_any(_Context(ssl.PROTOCOL_TLS_CLIENT))
