"""SSDP: what a stranger announces counts only for the address that it came from."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from metalctl.bmc import discover
from metalctl.bmc.discovery import ssdp
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BadTarget
from metalctl.lab.fleet.replay import Replay

pytestmark = pytest.mark.slow  # they wait: for time-outs, retries, processes

UUID = "92384634-2938-2342-8820-489239905423"


def response(al: str, st: str = ssdp.SERVICE, status: str = "HTTP/1.1 200 OK", usn: str = f"uuid:{UUID}::x") -> bytes:
    lines = (status, "CACHE-CONTROL: max-age=60", f"ST:{st}", f"USN: {usn}", f"al: {al}", "EXT:", "", "")
    return "\r\n".join(lines).encode("latin-1", "replace")


@pytest.mark.parametrize(
    ("al", "endpoint"),
    [
        ("https://10.0.0.7/redfish/v1/", Endpoint("10.0.0.7")),
        ("https://10.0.0.7:8443/redfish/v1", Endpoint("10.0.0.7", port=8443)),
        ("http://10.0.0.7/redfish/v1/", Endpoint("10.0.0.7")),
    ],
)
def test_a_service_is_asked_where_its_announcement_came_from(al: str, endpoint: Endpoint) -> None:
    assert ssdp.parse(response(al), "10.0.0.7") == ssdp.Announced("10.0.0.7", endpoint, UUID)
    assert ssdp.parse(response(al, st=ssdp.SERVICE + ":6"), "10.0.0.7") == ssdp.Announced("10.0.0.7", endpoint, UUID)


@pytest.mark.parametrize(
    "al", ["https://10.0.0.8/redfish/v1/", "http://evil.example/", "https://10.0.0.7.evil.example/"]
)
def test_an_announcement_for_another_host_is_refused_and_told(al: str) -> None:
    found = ssdp.parse(response(al), "10.0.0.7")
    assert found
    assert found.endpoint is None
    assert "10.0.0.7 announces" in found.refused


@pytest.mark.parametrize(
    "al", ["", "ftp://10.0.0.7/", "https://root:pw@10.0.0.7/", "https://10.0.0.7:99999/", "https://[::/"]
)
def test_an_announcement_of_no_address_is_refused(al: str) -> None:
    found = ssdp.parse(response(al), "10.0.0.7")
    assert found
    assert found.endpoint is None


@pytest.mark.parametrize(
    "data",
    [b"", b"NOTIFY * HTTP/1.1\r\n\r\n", response("https://10.0.0.7/", st="upnp:rootdevice"), b"\xff" * 5000,
     response("https://10.0.0.7/", status="HTTP/1.1 404 Not Found"),
     response("https://10.0.0.7/", st="urn:dmtf-org:service:redfish-rest:10")],
)  # fmt: skip
def test_what_is_no_redfish_service_is_none(data: bytes) -> None:
    assert ssdp.parse(data, "10.0.0.7") is None


@contextmanager
def responder(answers: list[bytes]) -> Iterator[tuple[str, int]]:
    """Answers every search with all of these."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        while True:
            data, peer = server.recvfrom(2048)
            if data == b"stop":
                return
            heard.append(data)
            for answer in answers:
                server.sendto(answer, peer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server.getsockname()
    finally:
        assert heard
        assert all(b"M-SEARCH * HTTP/1.1\r\n" in data and ssdp.SERVICE.encode() in data for data in heard)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"stop", server.getsockname())
        thread.join()
        server.close()


def all_heard(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """A search's time is up once it has looked at so many datagrams, and not before."""
    looked: list[bytes] = []
    parse = ssdp.parse

    def counting(data: bytes, sender: str) -> ssdp.Announced | None:
        looked.append(data)
        return parse(data, sender)

    monkeypatch.setattr(ssdp, "parse", counting)
    monkeypatch.setattr(ssdp, "time", SimpleNamespace(monotonic=lambda: 0.0 if len(looked) < count else 1000.0))


def test_a_search_gives_each_service_once_and_what_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    all_heard(monkeypatch, 6)
    answers = [response("https://127.0.0.1:8443/redfish/v1"), b"noise", response("https://10.9.9.9/redfish/v1")]
    with responder(answers * 2) as where:
        found = ssdp.search("127.0.0.1", 600, where)
    assert [(f.endpoint, bool(f.refused)) for f in found] == [(Endpoint("127.0.0.1", port=8443), False), (None, True)]


def test_what_is_announced_is_asked_and_what_is_refused_is_told(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    all_heard(monkeypatch, 2)
    answers = [response(f"{replay.url}/redfish/v1/"), response("https://10.9.9.9/redfish/v1/")]
    search = ssdp.search
    with responder(answers) as where:
        monkeypatch.setattr(ssdp, "search", lambda local: search(local, 600, where))
        (found,) = discover(["ssdp:127.0.0.1"], timeout=1, warn=told.append)
    assert found.fingerprint == replay.fingerprint
    assert len(told) == 1
    assert "10.9.9.9" in told[0]
    assert replay.authorized == 0


def test_a_segment_that_is_not_ours_is_a_mistake_with_a_hint() -> None:
    with pytest.raises(BadTarget) as caught:
        ssdp.search("203.0.113.7", 0.1)
    assert "ssdp:" in caught.value.hint
    with pytest.raises(BadTarget):
        discover(["ssdp:nonsense"])
