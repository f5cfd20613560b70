"""One GET over a pinned TLS connection: JSON out, or an error of this room.

The certificate is checked by the transport while connecting, before any header is written. No redirect leaves the
BMC, no link leads to another host: a credential cannot be carried away. At most four requests are in flight, since
BMCs crash under more. 500 is not retried (it would cost half a minute a subtree); a busy BMC gets one more chance.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp

from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BadAnswer, BmcError, Busy, Missing, Unreachable
from metalctl.bmc.lockout import refused
from metalctl.bmc.tls import certificate_changed

IN_FLIGHT = 4
LARGEST = 16 * 2**20
RETRY_AFTER = 0.5
GOODBYE = 1.0
_BUSY = frozenset({409, 412, 423, 429, 503})
_MISSING = frozenset({404, 405, 410, 501})
_MOVED = frozenset({301, 302, 307, 308})

Resource = dict[str, Any]


class Client:
    """GETs of one BMC. Without a credential until `login` was called; closed with `close`."""

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        self.endpoint = endpoint
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        pin = aiohttp.Fingerprint(bytes.fromhex(endpoint.fingerprint))
        connector = aiohttp.TCPConnector(ssl=pin, limit=IN_FLIGHT, socket_factory=self._socket)
        self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout, trust_env=False)
        self._sockets: list[socket.socket] = []
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._credential: Credential | None = None
        self._trusted = False

    async def login(self, credential: Credential, path: str) -> Resource:
        """The first authenticated read. A refusal is remembered, and the credential is dropped."""
        self._credential = credential
        try:
            resource = await self._get(path)
        except BmcError:
            self._credential = None
            raise
        self._trusted = True
        return resource

    async def get(self, path: str) -> Resource:
        """The resource at `path`, an absolute path on this BMC (a fragment is ignored)."""
        try:
            return await self._get(path)
        except Busy:
            await asyncio.sleep(RETRY_AFTER)
            return await self._get(path)

    async def close(self) -> None:
        """Close the connections; returns once the sockets are closed, or after `GOODBYE` seconds."""
        await self._session.close()
        # aiohttp lets refused and timed-out connections end by themselves; the loop must live as long.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                while any(one.fileno() != -1 for one in self._sockets):
                    await asyncio.sleep(0.005)

    def _socket(self, address: tuple[Any, ...]) -> socket.socket:
        self._sockets = [one for one in self._sockets if one.fileno() != -1]
        self._sockets.append(socket.socket(*address[:3]))
        return self._sockets[-1]

    async def _get(self, path: str, hops: int = 3) -> Resource:
        async with self._slots:
            status, headers, body = await self._fetch(self._url(path))
        if status in _MOVED and hops and (moved := headers.get("Location")):
            return await self._get(self._same_origin(path, moved), hops - 1)
        if status != 200:
            raise self._refusal(path, status)
        return self._decoded(path, body)

    async def _fetch(self, url: str) -> tuple[int, Any, bytes]:
        headers = {"Accept": "application/json", "OData-Version": "4.0", **_authorization(self._credential)}
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                body = await response.content.read(LARGEST + 1) if response.status == 200 else b""
                while response.status == 200 and not response.content.at_eof() and len(body) <= LARGEST:
                    body += await response.content.read(LARGEST + 1 - len(body))
                return response.status, response.headers, body
        except aiohttp.ServerFingerprintMismatch as error:
            raise certificate_changed(self.endpoint, error.expected.hex(), error.got.hex()) from None
        except TimeoutError:
            raise self._unreachable(f"did not answer within {self._timeout.total:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._unreachable(f"broke off: {error or type(error).__name__}") from None

    def _url(self, path: str) -> str:
        path = urlsplit(path)._replace(fragment="").geturl()
        if not path.startswith("/") or path.startswith("//"):
            raise BadAnswer(
                f"{self.endpoint} links to {path[:80]!r}, which is not on it", hint=_FIRMWARE, bmc=str(self.endpoint)
            )
        return self.endpoint.origin + path

    def _same_origin(self, path: str, location: str) -> str:
        parts = urlsplit(urljoin(self._url(path), location))
        if f"{parts.scheme}://{parts.netloc}" != self.endpoint.origin:
            raise BadAnswer(f"{self.endpoint} redirects {path} to another host", hint=_FIRMWARE, bmc=str(self.endpoint))
        return parts._replace(scheme="", netloc="").geturl()

    def _refusal(self, path: str, status: int) -> BmcError:
        name = str(self.endpoint)
        if status in (401, 403) and self._credential and not self._trusted:
            return refused(self.endpoint, self._credential, f"HTTP {status}")
        kind = Busy if status in _BUSY else Missing if status in _MISSING else BadAnswer
        return kind(
            f"{name} answers HTTP {status} for {path}", hint=_HINTS.get(status, _FIRMWARE), bmc=name, status=status
        )

    def _decoded(self, path: str, body: bytes) -> Resource:
        name = str(self.endpoint)
        if len(body) > LARGEST:
            raise BadAnswer(f"{name}: {path} is larger than {LARGEST >> 20} MiB", hint=_FIRMWARE, bmc=name)
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise BadAnswer(f"{name}: {path} is not JSON", hint=_FIRMWARE, bmc=name) from None
        if not isinstance(value, dict):
            raise BadAnswer(f"{name}: {path} is not a JSON object", hint=_FIRMWARE, bmc=name)
        return value

    def _unreachable(self, what: str) -> Unreachable:
        name = str(self.endpoint)
        return Unreachable(f"{name} {what}", hint="is the address right, and the management network up?", bmc=name)


def _authorization(credential: Credential | None) -> dict[str, str]:
    if credential is None:
        return {}
    pair = base64.b64encode(f"{credential.username}:{credential.password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


_FIRMWARE = "see the BMC's event log; a reset or a newer firmware of the BMC may mend it"
_HINTS = {
    401: "the BMC asks for a login again: was the account changed or locked meanwhile?",
    403: "the account may not read this; give it the role Operator or Administrator",
    503: "the BMC is busy or starting; try again in a minute",
}
