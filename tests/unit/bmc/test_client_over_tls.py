"""A write over TLS: pinned before a byte of ours is sent, cut off by size and by time; and rotation over it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.bmc import Credential, parse_endpoint
from metalctl.bmc.audit import Act
from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import Astray, BmcError, CertificateChanged, Unreachable, Unsupported, WrongPassword
from metalctl.bmc.redfish.client import transport
from metalctl.bmc.redfish.client.http import Client, Response
from metalctl.bmc.redfish.rotation import rotate_at
from metalctl.bmc.redfish.schema.body import lenient
from metalctl.lab.certificate import self_signed
from metalctl.lab.fleet.replay import Replay
from tests.unit.bmc.fake_bmc import ADMIN, ROOT, SYSTEM, USERS, FakeBmc, error


def sent(endpoint: Endpoint, method: str = "POST", path: str = "/x", timeout: float = 60) -> Response:
    """The answer to one write, and nothing left open."""

    async def once() -> Response:
        client = Client(endpoint, timeout)
        try:
            return await client.send(method, path, {"secret": "hunter2"})
        finally:
            await client.close()

    return asyncio.run(once())


def test_another_certificate_gets_nothing_not_even_a_request(replay: Replay) -> None:
    with pytest.raises(CertificateChanged):
        sent(replace(parse_endpoint(replay.url), fingerprint="ab" * 32))
    assert not replay.requests


def test_nobody_there_is_unreachable(replay: Replay) -> None:
    with pytest.raises(Unreachable):
        sent(replace(parse_endpoint(replay.url), fingerprint=replay.fingerprint, port=1))


def test_a_write_never_goes_out_on_a_connection_that_was_kept(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    """A BMC closes one when it likes, also while a write is on its way: nobody could tell whether it was done."""
    made = 0
    real = transport.Transport._socket

    def counted(self: transport.Transport, address: tuple[Any, ...]) -> socket.socket:
        nonlocal made
        made += 1
        return real(self, address)

    monkeypatch.setattr(transport.Transport, "_socket", counted)

    async def several() -> list[int]:
        client = Client(parse_endpoint(replay.url), 60)
        counts = []
        try:
            for method in ("GET", "GET", "POST", "PATCH"):
                with contextlib.suppress(BmcError):
                    await (client.get("/redfish/v1") if method == "GET" else client.send(method, "/redfish/v1", {}))
                counts.append(made)
        finally:
            await client.close()
        return counts

    assert asyncio.run(several()) == [1, 1, 2, 3]
    assert sum(replay.requests.values()) == 4


@contextmanager
def server(tmp_path: Path, answer: Callable[[Any], None]) -> Iterator[Endpoint]:
    """A TLS server that answers one connection in its own way."""
    made = self_signed("127.0.0.1", "127.0.0.1")
    context = made.server()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                plain, _ = listening.accept()
                with context.wrap_socket(plain, server_side=True) as stream:
                    stream.recv(65536)
                    answer(stream)
            except (OSError, ssl.SSLError):
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield Endpoint("127.0.0.1", port=listening.getsockname()[1], fingerprint=made.sha256)
        thread.join(60)


def test_a_body_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST", 2**18)

    def endless(stream: Any) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            stream.sendall(b"x" * 65536)

    with server(tmp_path, endless) as endpoint, pytest.raises(Astray, match="larger than"):
        sent(endpoint)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_an_answer_that_drips_is_cut_off_by_time(tmp_path: Path, head: bytes) -> None:
    ended = threading.Event()

    def drips(stream: Any) -> None:
        stream.sendall(head)
        while not ended.wait(0.05):
            stream.sendall(b"x")

    with server(tmp_path, drips) as endpoint:
        with pytest.raises(Unreachable, match="within"):
            sent(endpoint, timeout=2)
        ended.set()


@pytest.mark.parametrize(
    "raw", [b"garbage\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"]
)
def test_garbage_on_the_line_is_unreachable(tmp_path: Path, raw: bytes) -> None:
    with server(tmp_path, lambda stream: stream.sendall(raw)) as endpoint, pytest.raises(Unreachable):
        sent(endpoint)


@pytest.mark.parametrize("body", [b"[1]", b"<html>", b"[" * 100_000, b"nul"])
def test_what_is_no_json_object_is_said_to_be_none(tmp_path: Path, body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    with server(tmp_path, lambda stream: stream.sendall(head + body)) as endpoint:
        found = sent(endpoint)
    assert (found.status, lenient(found.body)) == (200, {})


@pytest.mark.parametrize("path", ["/a b", "/a\r\nHost: x", "/\x00"])
def test_a_path_with_control_characters_is_not_sent(replay: Replay, path: str) -> None:
    with pytest.raises(Astray):
        sent(parse_endpoint(replay.url), path=path)
    assert not replay.requests


# ---- rotation ------------------------------------------------------------------------------------------------------


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeBmc:
    """A BMC in memory behind rotate_at."""
    bmc = FakeBmc()
    bmc.tree[f"{ROOT}/Systems"] = {"Members": [{"@odata.id": SYSTEM}]}
    verified = Endpoint("192.0.2.1", fingerprint="ab" * 32)

    async def root(endpoint: Endpoint, timeout: float) -> tuple[Client, Any]:
        return bmc.client(verified), bmc.tree[ROOT]

    monkeypatch.setattr("metalctl.bmc.redfish.rotation.verified", root)
    monkeypatch.setattr("metalctl.bmc.redfish.rotation.Client", lambda endpoint, timeout: bmc.client(endpoint))
    lockout.forget()
    return bmc


SITE = Credential("metalctl", "site-pass-1")


def test_rotation_heeds_the_quirks_that_only_the_system_tells(fake: FakeBmc) -> None:
    fake.tree[SYSTEM]["Manufacturer"] = "Dell Inc."
    acts: list[Act] = []
    rotate_at(Endpoint("192.0.2.1"), ADMIN, SITE, note=acts.append)
    assert fake.tree[f"{USERS}/3"]["UserName"] == "metalctl", "the first two slots are taken there"
    assert [(a.action, a.done, a.after) for a in acts] == [("rotate", True, "user metalctl")]
    assert SITE.password not in repr(acts)


def test_a_rotation_that_fails_is_audited_with_its_reason(fake: FakeBmc) -> None:
    acts: list[Act] = []
    fake.rules.append(lambda s: error(401) if s.method == "POST" else None)
    with pytest.raises(WrongPassword):
        rotate_at(Endpoint("192.0.2.1"), ADMIN, SITE, note=acts.append)
    assert [(a.done, "refuses" in a.why) for a in acts] == [(False, True)]


def test_over_ipmi_nothing_is_rotated(fake: FakeBmc) -> None:
    with pytest.raises(Unsupported, match="Redfish only"):
        rotate_at(Endpoint("192.0.2.1", "ipmi"), ADMIN, SITE)
    assert fake.sent == []
