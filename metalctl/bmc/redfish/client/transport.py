"""One HTTP exchange with one BMC over verified TLS, with a cap on bytes and on time.

The certificate is checked while connecting, before any header is written: against the pinned fingerprint, against the
site's authorities, or, on first use, it is recorded and then pinned. Nothing is redirected here, no proxy and no
cookie is used, and nothing is decompressed: a small answer cannot become a large one.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import aiohttp
from yarl import URL

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import Astray, Unreachable
from metalctl.bmc.redfish.client.resume import Resumption, connecting, pinned_context
from metalctl.bmc.tls import certificate_changed, certificate_untrusted

_PLAIN = re.compile(r"[\w/.~$()=*&?,;:@!+'-]*", re.ASCII)
LARGEST = 4 * 2**20
LARGEST_TOGETHER = 64 * 2**20
LARGEST_ERROR = 64 * 2**10
GOODBYE = 1.0


@dataclass(frozen=True, slots=True)
class Response:
    """status: HTTP. headers: case-insensitive. body: at most LARGEST bytes. moved: where redirects led, or ""."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    moved: str = ""

    @property
    def good(self) -> bool:
        """Whether it is a success."""
        return 200 <= self.status < 300


class Pin(aiohttp.Fingerprint):
    """The certificate's SHA-256 that every connection must show; the first one shown when none was recorded."""

    def __init__(self, recorded: str) -> None:
        self.recorded = recorded.replace(":", "").lower()
        self.resumption = Resumption()
        super().__init__(bytes.fromhex(self.recorded) if self.recorded else bytes(32))

    def check(self, transport: asyncio.Transport) -> None:
        """Raise aiohttp's ServerFingerprintMismatch for another certificate; called for each new connection."""
        connection: ssl.SSLObject = transport.get_extra_info("ssl_object")
        got = hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()
        if not self.recorded:
            self.recorded = got
        elif got != self.recorded:
            host, port, *_ = transport.get_extra_info("peername")
            raise aiohttp.ServerFingerprintMismatch(bytes.fromhex(self.recorded), bytes.fromhex(got), host, port)
        self.resumption.learn(connection)


class _Request(aiohttp.ClientRequest):
    """A request with the headers that it is given: looking for those that we skip costs as much as all the others."""

    def update_auto_headers(self, skip_auto_headers: Iterable[str] | None) -> None:
        """Add none."""


@lru_cache(maxsize=64)
def _limit(seconds: float) -> aiohttp.ClientTimeout:
    """Most requests have the same time."""
    return aiohttp.ClientTimeout(total=seconds)


class Transport:
    """The connections to one BMC, at most `in_flight`. trust: a Pin, or a context of the site's authorities."""

    def __init__(self, endpoint: Endpoint, trust: Pin | ssl.SSLContext, in_flight: int) -> None:
        self._endpoint = endpoint
        self._origin = endpoint.origin
        self._sockets: list[socket.socket] = []
        # The connector looks at the fingerprint, the context of the request makes the connection.
        self._context = trust if isinstance(trust, ssl.SSLContext) else pinned_context()
        self._resumption = trust.resumption if isinstance(trust, Pin) else None
        self._trust = trust
        self._in_flight = in_flight
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self.requests = 0
        self.received = 0

    def _session(self, alone: bool) -> aiohttp.ClientSession:
        """What keeps connections, and what closes each after one request; made where it is needed."""
        if alone not in self._sessions:
            self._sessions[alone] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=self._trust, limit=self._in_flight, socket_factory=self._socket, force_close=alone
                ),
                trust_env=False,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("Accept-Encoding", "User-Agent"),
                request_class=_Request,
            )
        return self._sessions[alone]

    async def exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        timeout: float,
        json: object = None,
        alone: bool = False,
    ) -> Response:
        """One request, over a connection of its own where it is to be `alone`.

        Raises Unreachable (broken off, or not complete within `timeout` seconds), Astray (without end),
        CertificateChanged or CertificateUntrusted.
        """
        self.requests += 1
        # Quoting costs as much as all the rest of a URL: what needs none is taken as it is.
        limit = _limit(max(timeout, 0.001))
        url = URL(self._origin + target, encoded=_PLAIN.fullmatch(target) is not None)
        try:
            with connecting(self._resumption):
                response = await self._session(alone).request(
                    method, url, headers=headers, json=json, timeout=limit, allow_redirects=False, ssl=self._context
                )
            try:
                return Response(response.status, response.headers, await self._body(response, target))
            finally:
                # At the end of the body the connection has gone back; one that was cut off must not be used again.
                if not response.closed:
                    response.close()
        except aiohttp.ServerFingerprintMismatch as error:
            raise certificate_changed(self._endpoint, error.expected.hex(), error.got.hex()) from None
        except aiohttp.ClientConnectorCertificateError as error:
            raise certificate_untrusted(self._endpoint, str(error.certificate_error)) from None
        except TimeoutError:
            what = f"did not answer {target} within {timeout:.3g} s"
            raise Unreachable(f"{self._endpoint} {what}", timed_out=True) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreachable(f"{self._endpoint} broke off: {_why(error)}") from None

    async def _body(self, response: aiohttp.ClientResponse, target: str) -> bytes:
        most = LARGEST if response.status < 300 else LARGEST_ERROR
        chunks, size = [], 0
        content = response.content
        while not content.at_eof() and (chunk := await content.readany()):
            size += len(chunk)
            self.received += len(chunk)
            if size > most and response.status >= 300:
                break  # of an error only the beginning is of interest
            if size > most or self.received > LARGEST_TOGETHER:
                raise self._endless(target, most if size > most else LARGEST_TOGETHER)
            chunks.append(chunk)
        return b"".join(chunks)

    async def close(self) -> None:
        """Close the connections; returns once the sockets are closed, or after `GOODBYE` seconds."""
        for session in self._sessions.values():
            assert session.connector
            await session.connector.close(abort_ssl=True)
            await session.close()
        # aiohttp lets refused and timed-out connections end by themselves; the loop must live as long.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await asyncio.sleep(0)
                while any(one.fileno() != -1 for one in self._sockets):
                    await asyncio.sleep(0.005)

    def _socket(self, address: tuple[Any, ...]) -> socket.socket:
        self._sockets = [one for one in self._sockets if one.fileno() != -1]
        self._sockets.append(socket.socket(*address[:3]))
        return self._sockets[-1]

    def _endless(self, target: str, most: int) -> Astray:
        name, least = str(self._endpoint), f"{most >> 20} MiB"
        what = f"{name}: {target} is larger than {least}; it was cut off"
        return Astray(what, bmc=name, path=target, expected=f"at most {least}", got="more")


def _why(error: Exception) -> str:
    """For a person: the library's own text of a refused connection shows objects of this program."""
    if isinstance(error, aiohttp.ClientConnectorError) and error.errno:
        return os.strerror(error.errno)
    return str(error) or type(error).__name__
