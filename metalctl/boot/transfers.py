"""Counts what goes over the wire: one `Transfer` for each answered request, given to a callback and logged without its
query.

The query is left out since it may carry what must not be kept; request bodies are never looked at.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Transfer:
    """One answer. sent: bytes of the body; complete: whether it was sent to its end. seconds: how long it took."""

    client: str
    method: str
    path: str
    status: int
    sent: int
    seconds: float
    complete: bool


OnTransfer = Callable[[Transfer], None]


class Counted:
    """ASGI middleware: see the module."""

    def __init__(self, app: ASGIApp, on_transfer: OnTransfer | None = None) -> None:
        self.app, self.on_transfer = app, on_transfer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seen = _Seen()

        async def counted(message: Message) -> None:
            await send(message)
            seen.note(message)

        try:
            await self.app(scope, receive, counted)
        finally:
            self._tell(scope, seen)

    def _tell(self, scope: Scope, seen: _Seen) -> None:
        client = scope["client"][0] if scope.get("client") else ""
        done = Transfer(
            client, scope["method"], scope["path"], seen.status, seen.sent, time.monotonic() - seen.begun, seen.finished
        )
        log.info(
            "%s %s %s %d %d B %.2f s%s", done.client, done.method, done.path, done.status, done.sent, done.seconds,
            "" if done.complete else " (cut off)",
        )  # fmt: skip
        if self.on_transfer:
            self.on_transfer(done)


class _Seen:
    """What went by so far."""

    def __init__(self) -> None:
        self.begun, self.status, self.sent, self.finished = time.monotonic(), 0, 0, False

    def note(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            self.sent += len(message.get("body", b""))
            self.finished = not message.get("more_body", False)
