"""A request as the simulator sees it, and an answer as it sends it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JSON = "application/json; charset=utf-8"
REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 302: "Found", 304: "Not Modified",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    409: "Conflict", 411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
}  # fmt: skip


class Request:
    """One HTTP request. path: without query and trailing slash; query: as sent, percent-decoded."""

    __slots__ = ("_head", "_lower", "body", "method", "path", "query")

    def __init__(self, method: str, path: str, query: str, head: bytes, body: bytes) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self._head = head
        self._lower = head.lower()

    def header(self, name: bytes) -> str:
        """The value of a header, "" when it is absent. name: lower case."""
        at = self._lower.find(b"\r\n" + name + b":")
        if at < 0:
            return ""
        begin = at + len(name) + 3
        end = self._head.find(b"\r\n", begin)
        return self._head[begin : end if end >= 0 else None].strip().decode("latin-1")

    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object; {} when it is empty, None when it is something else."""
        try:
            found = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


@dataclass(slots=True)
class Response:
    """drop: the connection is closed without a word. endless: the body never ends. delay: seconds on top of latency."""

    status: int = 200
    body: bytes = b""
    etag: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = JSON
    delay: float = 0.0
    drop: bool = False
    endless: bool = False

    def head(self, keep_alive: bool) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}\r\nOData-Version: 4.0\r\n"]
        if self.body or self.endless:
            lines.append(f"Content-Type: {self.content_type}\r\n")
        if self.etag:
            lines.append(f"ETag: {self.etag}\r\n")
        lines.extend(f"{name}: {value}\r\n" for name, value in self.headers)
        if self.endless:
            lines.append("Transfer-Encoding: chunked\r\n")
        elif self.status not in (204, 304):
            lines.append(f"Content-Length: {len(self.body)}\r\n")
        lines.append("\r\n" if keep_alive else "Connection: close\r\n\r\n")
        return "".join(lines).encode("latin-1")


def dump(value: Any) -> bytes:
    """JSON as it goes over the wire."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def refusal(status: int, message_id: str, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error as Redfish words it: `message_id` of the Base registry."""
    full = f"Base.1.8.{message_id}"
    body = {"error": {"code": full, "message": text, "@Message.ExtendedInfo": [{"MessageId": full, "Message": text}]}}
    return Response(status, dump(body), headers=tuple((headers or {}).items()))
