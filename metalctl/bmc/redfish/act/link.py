"""One HTTPS request to a BMC, pinned to its certificate: the certificate is compared before a byte of ours is sent.

No redirect is followed, no proxy is asked, an answer is cut off by size and by time. Each request has a connection of
its own: field studies (sushy) show BMCs that choke on long-lived ones, and actions are few.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BmcError, Unreachable
from metalctl.bmc.tls import any_certificate, check_fingerprint

LARGEST = 4 * 2**20
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Reply:
    """status: of HTTP. headers: names in lower case. body: the JSON object, {} when there is none."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    json: bool = True


class Link(Protocol):
    """What carries a request; a test has its own."""

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """The answer, whatever its status. Raises Unreachable, CertificateChanged."""


class HttpsLink:
    """The real one. timeout: seconds for the whole of a request."""

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        if not endpoint.fingerprint:
            raise BmcError(f"{endpoint} was not verified", hint="probe it first: its certificate must be known")
        self._endpoint = endpoint
        self._timeout = timeout

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """See Link."""
        deadline = time.monotonic() + self._timeout
        made = http.client.HTTPSConnection(
            self._endpoint.address, self._endpoint.effective_port, timeout=self._timeout, context=any_certificate()
        )
        try:
            made.connect()
            self._check(made.sock)
            made.request(method, path, body, {"Connection": "close", **headers})
            with _cut_off(made.sock, deadline):
                response = made.getresponse()
            return _reply(response, self._read(response, deadline))
        except TimeoutError:
            raise self._unreachable(f"did not answer {method} {path} within {self._timeout:g} s", True) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._unreachable(f"broke off: {error or type(error).__name__}") from None
        finally:
            made.close()

    def _check(self, sock: Any) -> None:
        check_fingerprint(self._endpoint, hashlib.sha256(sock.getpeercert(binary_form=True) or b"").hexdigest())

    def _read(self, response: http.client.HTTPResponse, deadline: float) -> bytes:
        found = b""
        while chunk := response.read1(_CHUNK):
            found += chunk
            if len(found) > LARGEST:
                raise ValueError(f"its answer is larger than {LARGEST >> 20} MiB")
            if time.monotonic() > deadline:
                raise TimeoutError
        if response.length:  # what Content-Length promised, and did not come
            raise ValueError("its answer ends in the middle")
        return found

    def _unreachable(self, what: str, timed_out: bool = False) -> Unreachable:
        name, hint = str(self._endpoint), "is the BMC up, and the management network?"
        return Unreachable(f"{name} {what}", hint=hint, bmc=name, timed_out=timed_out)


@contextmanager
def _cut_off(sock: socket.socket, deadline: float) -> Iterator[None]:
    """Hang up at the deadline: a head that drips byte by byte never lets the time-out of a single read pass."""
    late = threading.Event()

    def hang_up() -> None:
        late.set()
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # as if the BMC had: TLS itself is no matter of this thread

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError):
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    if late.is_set():  # also where the end of the line passes for the end of the head
        raise TimeoutError


def _reply(response: http.client.HTTPResponse, data: bytes) -> Reply:
    headers = {name.lower(): value for name, value in response.getheaders()}
    if not data.strip():
        return Reply(response.status, headers)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    good = isinstance(value, dict)
    return Reply(response.status, headers, value if good else {}, good)
