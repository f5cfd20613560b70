"""iperf3 between two ends on loopback, the real one: who calls beside the peer uses up nothing, and is named."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from metalctl.model.run import Peer
from metalctl.node import iperf
from metalctl.node.errors import ToolFailed

US, STRANGER = "127.0.0.1", "127.0.0.7"


def free_port() -> int:
    with socket.create_server((US, 0)) as server:
        return int(server.getsockname()[1])


def connect(port: int, source: str = STRANGER) -> socket.socket:
    """A TCP connection to the server, as soon as it listens."""
    ends = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection((US, port), 5, (source, 0))
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)


def short_test(port: int, reverse: bool = False, client: str = "") -> iperf.Stream:
    more = {"client": client} if client else {}
    peer = Peer("n1", "client", US, port, **more)
    return iperf.client(peer, 1, streams=2, omit=0, reverse=reverse, processes=1, wait=15)


def attempt(port: int) -> iperf.Stream | str:
    """A test, or what the client said."""
    try:
        return short_test(port)
    except ToolFailed as failed:
        return failed.message


@contextmanager
def serving(sessions: int, **peer: Any) -> Iterator[tuple[int, Any]]:
    """A server in a thread: its port, and what it says in the end ("served", or the error)."""
    port = free_port()

    def serve() -> Any:
        try:
            return iperf.serve(Peer("n2", "server", US, port, **peer), sessions, 40)
        except ToolFailed as failed:
            return failed.message

    with ThreadPoolExecutor(1) as pool:
        yield port, pool.submit(serve)


@pytest.mark.truth("D1", "a port probe before the test uses up no server")
def test_a_port_probe_does_not_use_up_the_server() -> None:
    with serving(1) as (port, served):
        connect(port).close()
        time.sleep(0.3)
        measured = attempt(port)
        found = served.result()
    assert not isinstance(found, str), found
    assert not isinstance(measured, str), measured
    assert measured.received > 0
    assert found[0].received > 0


@pytest.mark.truth("D1", "nonsense that is sent to the port before the test uses up no server")
def test_what_speaks_another_protocol_does_not_use_up_the_server() -> None:
    with serving(1) as (port, served):
        with connect(port) as web:
            web.sendall(b"GET / HTTP/1.1\r\nHost: n2\r\n\r\n" * 4)
            web.settimeout(3)
            with suppress(OSError):
                web.recv(100)
        measured = attempt(port)
        found = served.result()
    assert not isinstance(found, str), found
    assert not isinstance(measured, str), measured


def test_somebody_who_connects_and_keeps_still_is_thrown_out() -> None:
    with serving(1, client=US) as (port, served), connect(port):
        assert short_test(port, client=US).received > 0
        assert not isinstance(served.result(), str)


def test_a_test_by_another_than_the_peer_is_not_the_peers() -> None:
    port = free_port()
    peer = Peer("n2", "server", US, port, client="127.0.0.3")
    with iperf.Callers(peer) as callers, ThreadPoolExecutor(1) as pool:
        served = pool.submit(iperf.serve, peer, 1, 40, callers=callers)
        connect(port, "127.0.0.9").close()
        short_test(port, client=STRANGER)
        short_test(port, client="127.0.0.3")
        assert [s.caller for s in served.result()] == ["127.0.0.3"]
        assert callers.others == [STRANGER, "127.0.0.9"]


def test_a_peer_that_never_comes_is_told_with_who_came_instead() -> None:
    port = free_port()
    knock = threading.Thread(target=lambda: connect(port).close())
    knock.start()
    with pytest.raises(ToolFailed, match="did not come in time") as caught:
        iperf.serve(Peer("n2", "server", US, port, client="127.0.0.3"), 1, 3)
    knock.join()
    assert f"{STRANGER} called at the port" in caught.value.hint


def test_a_port_that_is_taken_is_said_at_once() -> None:
    with socket.create_server((US, 0)) as taken:
        began = time.monotonic()
        with pytest.raises(iperf.IperfError, match=r"[Aa]ddress already in use"):
            iperf.serve(Peer("n2", "server", US, taken.getsockname()[1]), 1, 40)
    assert time.monotonic() - began < 20


def test_both_ends_know_both_ways() -> None:
    with serving(2) as (port, served):
        asked = [short_test(port, reverse) for reverse in (False, True)]
        forward, reverse = served.result()
    assert (forward.reverse, reverse.reverse) == (False, True)
    assert forward.rate == pytest.approx(asked[0].rate, rel=0.05)
    assert reverse.rate == pytest.approx(asked[1].rate, rel=0.05)


def test_a_server_that_speaks_to_a_client_of_more_streams_than_asked_refuses_it() -> None:
    port = free_port()
    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(iperf.serve, Peer("n2", "server", US, port), 1, 40, streams=8)
        short_test(port)
        with pytest.raises(ToolFailed, match="2 of 8 streams"):
            served.result()
