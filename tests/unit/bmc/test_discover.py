"""Discovery on loopback: what answers is found once, silence costs little, nothing is sent a credential."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from metalctl.bmc import discover
from metalctl.bmc.endpoint import DEFAULT_PORTS
from metalctl.bmc.errors import BadTarget
from metalctl.bmc.ipmi import ping
from metalctl.bmc.replay import Fault, Replay
from metalctl.bmc.scan import Progress

PONG = bytes.fromhex("0600ff06000011be40000010000011be0000000081000000000000")
CAPABILITIES_20 = bytes.fromhex("0600ff0700000000000000000010811c6320043800018004020000000000")
CAPABILITIES_15 = bytes.fromhex("0600ff0700000000000000000010811c6320043800011500000000000000")


@pytest.mark.parametrize(
    ("datagram", "version"),
    [(PONG, ""), (CAPABILITIES_20, "2.0"), (CAPABILITIES_15, "1.5"), (b"", None), (b"\x06\x00\xff\x06", None),
     (b"\x06\x00\xff\x07" + b"\0" * 30, None), (CAPABILITIES_20[:16], None), (PONG[:20] + b"\x00" + PONG[21:], None)],
)  # fmt: skip
def test_only_an_ipmi_answer_is_one(datagram: bytes, version: str | None) -> None:
    found = ping.parse(datagram)
    assert (found.version if found else None) == version


def test_the_request_has_right_checksums() -> None:
    message = ping.AUTH_CAPABILITIES[14:]
    assert sum(message[:3]) % 256 == 0
    assert sum(message[3:]) % 256 == 0
    assert ping.AUTH_CAPABILITIES[13] == len(message)


@contextmanager
def udp_bmc(answer: bytes, deaf: int = 0, address: str = "127.0.0.1") -> Iterator[int]:
    """Answers every presence question but the first `deaf` ones."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 0))

    def serve() -> None:
        left = deaf
        while True:
            data, peer = server.recvfrom(2048)
            if data == b"stop":
                return
            left -= 1
            if left < 0:
                server.sendto(answer, peer)

    thread = threading.Thread(target=serve)
    thread.start()
    port = server.getsockname()[1]
    try:
        yield port
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"stop", (address, port))
        thread.join()
        server.close()


def test_an_ipmi_bmc_is_found_even_when_the_first_datagrams_are_lost() -> None:
    with udp_bmc(CAPABILITIES_20, deaf=2) as port:
        (found,) = discover([f"ipmi://127.0.0.1:{port}"], timeout=3)
    assert (found.protocol, found.product) == ("ipmi", "IPMI 2.0")


def test_an_answer_from_somebody_else_does_not_count() -> None:
    async def asked() -> ping.Answer | None:
        pinger = await ping.open_pinger()
        try:
            waiting = asyncio.ensure_future(pinger.ask("127.0.0.1", 9, 0.2))
            await asyncio.sleep(0)
            pinger.datagram_received(CAPABILITIES_20, ("127.0.0.9", 9))
            return await waiting
        finally:
            pinger.close()

    assert asyncio.run(asked()) is None


def test_one_machine_over_two_protocols_is_one_row(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    with udp_bmc(CAPABILITIES_20) as port:
        monkeypatch.setitem(DEFAULT_PORTS, "ipmi", port)
        (found,) = discover(["127.0.0.1"], timeout=2, ports=(443, replay.port))
    assert (found.protocol, found.also) == ("redfish", ("ipmi",))
    assert (found.endpoint.port, found.fingerprint) == (replay.port, replay.fingerprint)
    assert replay.authorized == 0


def test_silence_and_strangers_are_no_bmcs_and_the_scan_says_how_far_it_is(replay: Replay) -> None:
    replay.faults["/redfish/v1"] = Fault(body="hello")
    seen: list[Progress] = []
    found = list(discover(["127.66.0.0/28", replay.url], timeout=2, progress=seen.append))
    assert found == []
    assert seen[-1] == Progress(15, 15, 0)


def test_places_are_paced_by_the_rate() -> None:
    begun = time.monotonic()
    assert list(discover(["127.66.0.1-11"], rate=20, timeout=0.05)) == []
    assert time.monotonic() - begun > 0.5


def test_excluded_addresses_are_left_alone(replay: Replay) -> None:
    assert list(discover([replay.url], exclude=["127.0.0.0/8"])) == []
    assert not replay.requests


def test_a_scan_that_is_left_early_lets_go_of_everything(replay: Replay) -> None:
    scan = discover([replay.url, "127.66.0.0/24"], timeout=5)
    assert next(scan).endpoint.port == replay.port
    scan.close()


def test_a_mistake_is_told_before_anything_is_sent(replay: Replay) -> None:
    with pytest.raises(BadTarget):
        discover([replay.url, "10.0.0.300"])
    assert not replay.requests
