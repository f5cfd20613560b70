"""Discovery on loopback: what answers is found once, silence costs little, nothing is sent a credential."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from socket import AF_INET
from typing import Any

import pytest

from metalctl.bmc import discover
from metalctl.bmc.discovery import udp
from metalctl.bmc.discovery.pace import Pace
from metalctl.bmc.discovery.places import Place
from metalctl.bmc.discovery.scan import Progress
from metalctl.bmc.discovery.udp import AFTERWARDS, Sweep
from metalctl.bmc.endpoint import DEFAULT_PORTS, Endpoint
from metalctl.bmc.errors import BadTarget
from metalctl.bmc.ipmi import rmcp
from metalctl.bmc.protocol import Probe
from metalctl.lab.fleet.replay import Fault, Replay

pytestmark = pytest.mark.slow  # they wait: for time-outs, retries, processes

PONG = bytes.fromhex("0600ff06000011be40000010000011be0000000081000000000000")
CAPABILITIES_20 = bytes.fromhex("0600ff0700000000000000000010811c6320043800018004020000000000")
CAPABILITIES_15 = bytes.fromhex("0600ff0700000000000000000010811c6320043800011500000000000000")


@pytest.mark.parametrize(
    ("datagram", "version"),
    [(PONG, ""), (CAPABILITIES_20, "2.0"), (CAPABILITIES_15, "1.5"), (b"", None), (b"\x06\x00\xff\x06", None),
     (b"\x06\x00\xff\x07" + b"\0" * 30, None), (CAPABILITIES_20[:16], None), (PONG[:20] + b"\x00" + PONG[21:], None)],
)  # fmt: skip
def test_only_an_ipmi_answer_is_one(datagram: bytes, version: str | None) -> None:
    found = rmcp.parse(datagram)
    assert (found.version if found else None) == version


def test_the_request_has_right_checksums() -> None:
    message = rmcp.AUTH_CAPABILITIES[14:]
    assert sum(message[:3]) % 256 == 0
    assert sum(message[3:]) % 256 == 0
    assert rmcp.AUTH_CAPABILITIES[13] == len(message)


@contextmanager
def udp_bmc(answer: bytes | Callable[[bytes], bytes], deaf: int = 0, address: str = "127.0.0.1") -> Iterator[int]:
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
                server.sendto(answer if isinstance(answer, bytes) else answer(data), peer)

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


def test_an_ipmi_bmc_is_found_even_when_the_first_datagram_is_lost() -> None:
    with udp_bmc(CAPABILITIES_20, deaf=1) as port:
        (found,) = discover([f"ipmi://127.0.0.1:{port}"], timeout=60)
    assert (found.protocol, found.product) == ("ipmi", "IPMI 2.0")


@pytest.mark.parametrize(("lost", "product"), [*((n, "IPMI 2.0") for n in range(4)), (4, "")])
def test_no_number_of_lost_datagrams_below_four_loses_a_bmc(lost: int, product: str) -> None:
    """By a clock of the test: an answer is there before time goes on."""
    with closing(Sweep(AF_INET, 2.0, thorough=True)) as sweep, udp_socket("127.66.5.1") as bmc:
        assert sweep.ask(Place((), Endpoint("127.66.5.1", "ipmi", bmc.getsockname()[1]), 1), *bmc.getsockname(), 0.0)
        now, sent, seen = 0.0, 1, 0
        found: list[Probe | None] = []
        while not found:
            for _ in range(sent):
                seen, peer = seen + 1, bmc.recvfrom(512)[1]
                if seen == lost + 1:
                    bmc.sendto(CAPABILITIES_20, peer)
                    arrived(sweep)
                    sweep.receive(now)
            now = sweep.next_due()
            due = list(sweep.due(now))
            sent = sum(what for what in due if isinstance(what, int))
            found += [what[1] for what in due if not isinstance(what, int)]
    assert [one.product if one else "" for one in found] == [product]


def arrived(sweep: Sweep) -> None:
    """Waits until there is a datagram: what was sent on loopback is nearly always there at once, but not by right."""
    assert select.select([sweep], [], [], 60)[0]


def test_in_a_large_network_only_neighbours_of_who_answered_are_asked_once_more() -> None:
    with (
        closing(Sweep(AF_INET, 2.0)) as sweep,
        udp_socket("127.66.3.1") as lively,
        udp_socket("127.66.3.2") as deaf,
        udp_socket("127.66.4.2") as far,
    ):
        for one in (lively, deaf, far):
            place = Place((), Endpoint(one.getsockname()[0], "ipmi", one.getsockname()[1]), 1)
            assert sweep.ask(place, *one.getsockname(), 0.0)
        lively.sendto(PONG, lively.recvfrom(512)[1])
        arrived(sweep)
        sweep.receive(0.1)
        told = [(now, [what if isinstance(what, int) else what[0].name for what in sweep.due(now)])
                for now in (0.9, 1.0, 1.4, 1.5, 1.9, 2.0)]  # fmt: skip
        assert told == [(0.9, ["127.66.3.1"]), (1.0, [1, 1]), (1.4, []), (1.5, [2]), (1.9, []),
                        (2.0, ["127.66.3.2", "127.66.4.2"])]  # fmt: skip
        assert [_datagrams(deaf, 4), _datagrams(far, 2)] == [4, 2]
        assert sweep.next_due() == float("inf")


def _datagrams(receiver: socket.socket, at_least: int) -> int:
    """How many there are, once so many have come."""
    for _ in range(at_least):
        receiver.recv(512)
    receiver.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            receiver.recv(512)
            at_least += 1
    return at_least


def test_an_answer_from_somebody_else_does_not_count() -> None:
    begun = time.monotonic()
    with udp_socket("127.66.0.1") as asked, udp_socket("127.66.0.9") as stranger, closing(Sweep(AF_INET, 2)) as sweep:
        place = Place((), Endpoint("127.66.0.1", "ipmi", asked.getsockname()[1]), 1)
        assert sweep.ask(place, *asked.getsockname(), begun)
        _, peer = asked.recvfrom(512)
        stranger.sendto(CAPABILITIES_20, peer)
        arrived(sweep)
        sweep.receive(begun)
        assert sweep.next_due() > begun + AFTERWARDS, "nothing but the next question"
        asked.sendto(CAPABILITIES_20, peer)
        arrived(sweep)
        sweep.receive(begun)
        assert sweep.next_due() == begun + AFTERWARDS, "the answer is waiting for the GUID"


@contextmanager
def udp_socket(address: str) -> Iterator[socket.socket]:
    with socket.socket(AF_INET, socket.SOCK_DGRAM) as found:
        found.bind((address, 0))
        found.settimeout(60)
        yield found


def test_who_answers_is_asked_its_guid_which_is_written_as_smbios_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "AFTERWARDS", 60.0)
    raw = uuid.UUID("a1b2c3d4-0001-0002-8003-000102030405").bytes_le
    message = bytes([0x81, 0x1C, 0x63, 0x20, 0x04, 0x37, 0]) + raw
    guid_answer = CAPABILITIES_20[:13] + bytes([len(message) + 1]) + message + b"\0"

    def answer(data: bytes) -> bytes:
        return guid_answer if data == rmcp.SYSTEM_GUID else CAPABILITIES_20

    with udp_bmc(answer) as port:
        (found,) = discover([f"ipmi://127.0.0.1:{port}"], timeout=60)
    assert (found.product, found.uuid) == ("IPMI 2.0", "a1b2c3d4-0001-0002-8003-000102030405")


def test_one_machine_over_two_protocols_is_one_row(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    with udp_bmc(CAPABILITIES_20) as port:
        monkeypatch.setitem(DEFAULT_PORTS, "ipmi", port)
        (found,) = discover(["127.0.0.1"], timeout=60, ports=(1, replay.port))
    assert (found.protocol, found.also) == ("redfish", ("ipmi",))
    assert (found.endpoint.port, found.fingerprint) == (replay.port, replay.fingerprint)
    assert replay.authorized == 0


def test_silence_and_strangers_are_no_bmcs_and_the_scan_says_how_far_it_is(replay: Replay) -> None:
    replay.faults["/redfish/v1"] = Fault(body="hello")
    seen: list[Progress] = []
    found = list(discover(["127.66.0.0/28", replay.url], timeout=0.6, progress=seen.append))
    assert found == []
    assert seen[-1] == Progress(15, 15, 0)


def test_packets_are_paced_by_the_rate() -> None:
    begun = time.monotonic()
    assert list(discover(["127.66.0.1-11"], rate=40, timeout=0.05)) == []
    assert time.monotonic() - begun > 0.4, "eleven addresses cost at least a connect and a datagram each"


def test_what_was_not_sent_is_not_made_up_for_in_a_burst() -> None:
    now = [0.0]
    pace = Pace(1000, lambda: now[0])
    now[0] = 60.0
    assert pace.left() == 20
    pace.spend(21)
    assert pace.wait() == pytest.approx(0.002)


def test_no_rate_is_as_fast_as_it_goes() -> None:
    pace = Pace(0)
    for _ in range(10_000):
        pace.spend(1)
        assert (pace.left(), pace.wait()) == (float("inf"), 0.0)
    assert list(discover(["127.66.0.0/22"], rate=0, timeout=0.1)) == []


def test_only_the_protocol_that_was_asked_for_is_spoken(replay: Replay) -> None:
    assert list(discover([replay.url], protocols=("ipmi",), timeout=0.1)) == []
    with udp_bmc(CAPABILITIES_20) as port:
        (found,) = discover(["127.0.0.1"], timeout=60, ipmi_port=port, protocols=("ipmi",))
    assert (found.protocol, found.endpoint.port) == ("ipmi", port)
    assert not replay.requests


def test_a_name_is_resolved_and_one_that_is_none_is_silent(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def resolver(host: str, *more: Any) -> Any:
        """That of the machine may be far, slow, know every name, or call ::1 localhost."""
        if host == "no-such-host.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real("127.0.0.1" if host == "localhost" else host, *more)

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    found = list(discover(["localhost", "no-such-host.invalid"], timeout=1, ports=(replay.port,)))
    assert [str(p.endpoint) for p in found] == [f"https://localhost:{replay.port}"]


def test_what_the_service_root_tells_of_serial_and_mac_is_in_the_row(replay: Replay) -> None:
    replay.tree["/redfish/v1"]["Oem"] = {"Acme": {"ServiceTag": "F54P1G3", "ManagerMACAddress": "B0-7B-25-D6-51-82"}}
    replay.tree["/redfish/v1"]["UUID"] = "00000000-0000-0000-0000-000000000000"
    (found,) = discover([replay.url], timeout=2)
    assert (found.serial, found.mac, found.mac_from, found.uuid) == ("F54P1G3", "b0:7b:25:d6:51:82", "bmc", "")
    assert replay.authorized == 0


@pytest.mark.parametrize(
    "fault",
    [Fault(status=302, location="https://127.0.0.2/redfish/v1/"), Fault(body="[" * 100_000),
     Fault(body="x" * 3_000_000),
     Fault(body='{"@odata.type": "#ServiceRoot.v1_0_0.ServiceRoot"}'), Fault(status=500)],
)  # fmt: skip
def test_an_odd_service_root_is_no_bmc_and_no_crash(replay: Replay, fault: Fault) -> None:
    replay.faults["/redfish/v1"] = fault
    assert list(discover([replay.url], timeout=1)) == []


def test_one_that_is_slow_to_answer_is_found_all_the_same(replay: Replay) -> None:
    replay.faults["/redfish/v1"] = Fault(delay=0.8)
    (found,) = discover([replay.url], timeout=0.3)
    assert found.fingerprint == replay.fingerprint


def test_excluded_addresses_are_left_alone(replay: Replay) -> None:
    assert list(discover([replay.url], exclude=["127.0.0.0/8"])) == []
    assert not replay.requests


def test_a_name_of_an_excluded_address_is_left_alone_and_one_without_an_address_is_told(replay: Replay) -> None:
    told: list[str] = []
    named = f"https://localhost:{replay.port}"
    assert list(discover([named], exclude=["127.0.0.0/8", "::1"], warn=told.append)) == []
    assert (replay.requests, told) == ({}, [])
    assert list(discover(["no-such-host.invalid"], timeout=1, warn=told.append)) == []
    assert told == ["no-such-host.invalid was not asked: the name has no address"]


def test_a_scan_that_is_left_early_lets_go_of_everything(replay: Replay) -> None:
    scan = discover([replay.url, "127.66.0.0/24"], timeout=5)
    assert next(scan).endpoint.port == replay.port
    scan.close()


def test_a_mistake_is_told_before_anything_is_sent(replay: Replay) -> None:
    with pytest.raises(BadTarget):
        discover([replay.url, "10.0.0.300"])
    assert not replay.requests
