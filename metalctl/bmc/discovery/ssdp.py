"""Redfish services that answer a multicast search on our segments (SSDP M-SEARCH; DSP0266, "Discovery").

Whatever answers is a stranger: a response counts only for the address that it came from, never for one that it
names; what it announces elsewhere is refused and told. Nothing of it is trusted until the service root was read.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from metalctl.bmc.endpoint import Endpoint, parse_endpoint
from metalctl.bmc.errors import BadTarget, BmcError
from metalctl.model.identity import usable_uuid

GROUP, PORT = "239.255.255.250", 1900
SERVICE = "urn:dmtf-org:service:redfish-rest:1"
SECONDS = 3.0
MOST = 4096  # responses that are looked at
_LARGEST, _HEADERS = 4096, 64
_TTL = 2
_UUID = re.compile(r"uuid:([0-9a-fA-F-]{36})")


@dataclass(frozen=True, slots=True)
class Announced:
    """A response. endpoint: where its sender is to be asked; refused: why nothing is asked, as a sentence."""

    sender: str
    endpoint: Endpoint | None
    uuid: str = ""
    refused: str = ""


def request(seconds: float) -> bytes:
    """The search. seconds: within which responders spread their answers."""
    lines = ("M-SEARCH * HTTP/1.1", f"HOST: {GROUP}:{PORT}", 'MAN: "ssdp:discover"', f"MX: {max(1, int(seconds) - 1)}",
             f"ST: {SERVICE}", "USER-AGENT: metalctl", "", "")  # fmt: skip
    return "\r\n".join(lines).encode()


def parse(data: bytes, sender: str) -> Announced | None:
    """The Redfish service in a response, None when it is another's. sender: numeric address. Never raises."""
    headers = _headers(data)
    if headers is None or not (headers.get("st", "") + ":").startswith(SERVICE + ":"):
        return None
    found = _UUID.search(headers.get("usn", "")[:200])
    uuid = usable_uuid(found[1]) if found else ""
    where = headers.get("al", "") or headers.get("location", "")
    try:
        host, port = _place(where)
    except (ValueError, BmcError):
        return Announced(
            sender, None, uuid, f"{sender} announces {where[:80]!r}, which is not the address of a service"
        )
    if host != sender:
        return Announced(sender, None, uuid, f"{sender} announces a service at {host[:80]}; that is not followed")
    return Announced(sender, Endpoint(sender, port=port), uuid)


def _headers(data: bytes) -> dict[str, str] | None:
    lines = data[:_LARGEST].decode("latin-1").split("\n", _HEADERS)[:_HEADERS]
    if not re.match(r"HTTP/1\.[01] 200\b", lines[0]):
        return None
    found: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def _place(url: str) -> tuple[str, int | None]:
    """Host and port of a service root's URL. One over plain HTTP is asked over HTTPS, at the usual port."""
    parts = urlsplit(url)
    if parts.scheme.lower() == "http":
        return parse_endpoint(parts.hostname or "https://").address, None
    if parts.scheme.lower() != "https":
        raise ValueError(url)
    endpoint = parse_endpoint(parts._replace(path="", query="", fragment="").geturl())
    return endpoint.address, endpoint.port


def search(local: str = "", seconds: float = SECONDS, to: tuple[str, int] = (GROUP, PORT)) -> list[Announced]:
    """Every Redfish service that answers within `seconds`. local: our own address on the segment, "" is left to the
    routing table. Raises BadTarget when the search cannot be sent.
    """
    found: dict[tuple[str, object], Announced] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        _open(link, local, seconds, to)
        poll = select.poll()
        poll.register(link, select.POLLIN)
        until, again = time.monotonic() + seconds, time.monotonic() + seconds / 3
        for _ in range(MOST):
            now = time.monotonic()
            if now >= until:
                break
            if again <= now:  # multicast is lost easily: asked twice
                again = until
                with contextlib.suppress(OSError):
                    link.sendto(request(seconds), to)
            if not poll.poll(max(0.0, min(until, again) - now) * 1000):
                continue
            with contextlib.suppress(OSError):
                data, peer = link.recvfrom(_LARGEST)
                if one := parse(data, peer[0]):
                    found.setdefault((one.sender, one.endpoint or one.refused), one)
    return list(found.values())


def _open(link: socket.socket, local: str, seconds: float, to: tuple[str, int]) -> None:
    try:
        link.setblocking(False)
        link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, _TTL)
        if local:
            link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(local))
            link.bind((local, 0))
        link.sendto(request(seconds), to)
    except OSError as error:
        where = f" from {local}" if local else ""
        raise BadTarget(
            f"the search by SSDP cannot be sent{where}: {error.strerror or error}",
            hint="name our own IPv4 address on that segment, as in ssdp:10.0.0.2, or scan the network itself",
        ) from None
