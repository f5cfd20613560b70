"""The real link: pinned before a byte of ours is sent, cut off by size and by time; and rotation over it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.bmc import Credential, lockout, parse_endpoint
from metalctl.bmc.audit import Act
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BmcError, CertificateChanged, Unreachable, Unsupported, WrongPassword
from metalctl.bmc.protocol import Probe
from metalctl.bmc.redfish.act import link as link_module
from metalctl.bmc.redfish.act.link import HttpsLink
from metalctl.bmc.replay import Replay, certificate
from metalctl.bmc.rotation import rotate_at
from tests.unit.bmc.fake_bmc import ADMIN, ROOT, SYSTEM, USERS, FakeBmc, error


def link(replay: Replay, timeout: float = 60) -> HttpsLink:
    return HttpsLink(replace(parse_endpoint(replay.url), fingerprint=replay.fingerprint), timeout)


def test_an_answer_is_taken_as_it_is_whatever_its_status(replay: Replay) -> None:
    found = link(replay).request("GET", "/redfish/v1", {}, None)
    assert (found.status, found.body["Id"], found.json) == (200, "Root", True)
    assert link(replay).request("GET", "/redfish/v1/Nothing", {}, None).status in (401, 404)


def test_another_certificate_gets_nothing_not_even_a_request(replay: Replay) -> None:
    endpoint = replace(parse_endpoint(replay.url), fingerprint="ab" * 32)
    with pytest.raises(CertificateChanged):
        HttpsLink(endpoint, 60).request("POST", "/x", {"Authorization": "Basic secret"}, b"{}")
    assert not replay.requests


def test_an_endpoint_that_was_never_verified_is_not_spoken_to(replay: Replay) -> None:
    with pytest.raises(BmcError, match="not verified"):
        HttpsLink(parse_endpoint(replay.url), 60)


def test_nobody_there_is_unreachable(replay: Replay) -> None:
    endpoint = replace(parse_endpoint(replay.url), fingerprint=replay.fingerprint, port=1)
    with pytest.raises(Unreachable):
        HttpsLink(endpoint, 60).request("GET", "/", {}, None)


@contextmanager
def server(tmp_path: Path, answer: Callable[[Any], None]) -> Iterator[Endpoint]:
    """A TLS server that answers one connection in its own way."""
    context, fingerprint = certificate(tmp_path, "127.0.0.1")
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
        yield Endpoint("127.0.0.1", port=listening.getsockname()[1], fingerprint=fingerprint)
        thread.join(60)


def test_a_body_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "LARGEST", 2**18)

    def endless(stream: Any) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            stream.sendall(b"x" * 65536)

    with server(tmp_path, endless) as endpoint, pytest.raises(Unreachable, match="larger than"):
        HttpsLink(endpoint, 60).request("GET", "/", {}, None)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_an_answer_that_drips_is_cut_off_by_time(tmp_path: Path, head: bytes) -> None:
    ended = threading.Event()

    def drips(stream: Any) -> None:
        stream.sendall(head)
        while not ended.wait(0.05):
            stream.sendall(b"x")

    with server(tmp_path, drips) as endpoint:
        with pytest.raises(Unreachable, match="within"):
            HttpsLink(endpoint, 2).request("GET", "/", {}, None)
        ended.set()


@pytest.mark.parametrize(
    "raw", [b"garbage\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"]
)
def test_garbage_on_the_line_is_unreachable(tmp_path: Path, raw: bytes) -> None:
    with server(tmp_path, lambda stream: stream.sendall(raw)) as endpoint, pytest.raises(Unreachable):
        HttpsLink(endpoint, 60).request("GET", "/", {}, None)


@pytest.mark.parametrize("body", [b"[1]", b"<html>", b"[" * 100_000, b"nul"])
def test_what_is_no_json_object_is_said_to_be_none(tmp_path: Path, body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    with server(tmp_path, lambda stream: stream.sendall(head + body)) as endpoint:
        found = HttpsLink(endpoint, 60).request("GET", "/", {}, None)
    assert (found.json, found.body) == (False, {})


@pytest.mark.parametrize("path", ["/a b", "/a\r\nHost: x", "/\x00"])
def test_a_path_with_control_characters_is_not_sent(replay: Replay, path: str) -> None:
    with pytest.raises(Unreachable):
        link(replay).request("GET", path, {}, None)
    assert not replay.requests


# ---- rotation ------------------------------------------------------------------------------------------------------


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeBmc:
    """A BMC in memory behind rotate_at."""
    bmc = FakeBmc()
    bmc.tree[f"{ROOT}/Systems"] = {"Members": [{"@odata.id": SYSTEM}]}
    verified = Endpoint("192.0.2.1", fingerprint="ab" * 32)
    monkeypatch.setattr("metalctl.bmc.rotation.probe", lambda endpoint, timeout: Probe(verified, "redfish"))
    monkeypatch.setattr("metalctl.bmc.rotation.HttpsLink", lambda endpoint, timeout: bmc)
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
