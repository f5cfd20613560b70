"""The two requests that a machine makes, from its own address: GET a script, POST a JSON report."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

TIMEOUT = 20.0


async def ask(url: str, source: str, body: bytes | None = None) -> tuple[int, bytes]:
    """(status, body) of a GET, or of a POST of JSON. Raises OSError, TimeoutError, ValueError."""
    parts = urlsplit(url)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    async with asyncio.timeout(TIMEOUT):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80, local_addr=(source, 0))
        try:
            writer.write(head.encode() + b"\r\n" + (body or b""))
            answer = await reader.read()
        finally:
            # All was read, or nobody waits for the rest.
            writer.transport.abort()
    first, _, rest = answer.partition(b"\r\n")
    return int(first.split(b" ")[1]), rest.partition(b"\r\n\r\n")[2]
