"""HTTP/1.1, as much of it as a BMC needs: keep-alive, Content-Length bodies, one answer after the other.

A general server spends more on a request than a client does on reading the answer, and both share the machine in a
benchmark. Nothing here blocks; latency is a timer of the loop, not a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from metalctl.lab.bmc import service
from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.bmc.message import Request, Response, refusal

LARGEST_HEAD = 64 * 2**10
LARGEST_BODY = 2**20
_CHUNK_EVERY = 0.02


class BmcProtocol(asyncio.Protocol):
    """One connection to one BMC. away: whether it is restarting, and hangs up on whoever was let in just before."""

    def __init__(self, bmc: Bmc, connections: set[BmcProtocol], away: Callable[[], bool] = lambda: False) -> None:
        self._bmc = bmc
        self._away = away
        self._connections = connections
        self._buffer = b""
        self._busy = False
        self._paused = False
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counted, and remembered so that the BMC can hang up."""
        # asyncio's own transports are no instances of the class that documents them.
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)
        self._bmc.statistics.connections += 1
        if self._away():
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """An answer that is still due is dropped."""
        self._transport = None
        self._connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self._busy:
            self._next()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False

    def hang_up(self) -> None:
        if self._transport:
            self._transport.abort()

    def _next(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > LARGEST_HEAD:
                self.hang_up()
            return
        head = self._buffer[:end]
        words = head[: head.find(b"\r\n") if b"\r\n" in head else end].split(b" ")
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
            self.hang_up()
            return
        path, _, query = words[1].decode("latin-1").partition("?")
        request = Request(words[0].decode("latin-1"), path.rstrip("/") or "/", query, head, b"")
        begin = end + 4
        if (length := self._length(request)) is None:
            return
        if len(self._buffer) < begin + length:
            return
        request.body = self._buffer[begin : begin + length]
        self._buffer = self._buffer[begin + length :]
        self._serve(request, words[2] == b"HTTP/1.0" or request.header(b"connection").lower() == "close")

    def _length(self, request: Request) -> int | None:
        """Bytes of the body; None when it cannot be read, and the client was told."""
        text = request.header(b"content-length") or "0"
        if request.header(b"transfer-encoding") or not text.isdecimal():
            self._send(refusal(411, "GeneralError", "Content-Length is needed."), True, False)
            return None
        if int(text) > LARGEST_BODY:
            self._send(refusal(413, "GeneralError", "The body is too large."), True, False)
            return None
        return int(text)

    def _serve(self, request: Request, closing: bool) -> None:
        bmc = self._bmc
        self._busy = True
        bmc.in_flight += 1
        if bmc.in_flight > bmc.statistics.most_in_flight:
            bmc.statistics.most_in_flight = bmc.in_flight
        answer = service.answer(bmc, request)
        wait = bmc.settings.latency + answer.delay
        if wait > 0:
            self._loop.call_later(wait, self._finish, answer, closing, request.method == "HEAD")
        else:
            self._finish(answer, closing, request.method == "HEAD")

    def _finish(self, answer: Response, closing: bool, headless: bool) -> None:
        self._bmc.in_flight -= 1
        self._busy = False
        if answer.drop:
            self.hang_up()
            return
        self._send(answer, closing, headless)
        if self._buffer and self._transport and not answer.endless:
            self._loop.call_soon(self._again)

    def _again(self) -> None:
        if not self._busy and self._transport:
            self._next()

    def _send(self, answer: Response, closing: bool, headless: bool) -> None:
        if not self._transport:
            return
        head = answer.head(not closing)
        self._transport.write(head if headless or answer.endless else head + answer.body)
        if answer.endless and not headless:
            self._busy = True
            self._stream(_chunk(answer.body))
        elif closing:
            self._transport.close()

    def _stream(self, chunk: bytes) -> None:
        if self._transport:
            if not self._paused:
                self._transport.write(chunk)
            self._loop.call_later(_CHUNK_EVERY, self._stream, chunk)


def _chunk(body: bytes) -> bytes:
    """64 KiB or so of a body that never ends, chunked."""
    piece = (body or b" ") * max(1, 65536 // max(1, len(body)))
    return b"%x\r\n%b\r\n" % (len(piece), piece)
