"""The checks of a pair of nodes: each end is judged, on all of what was asked, or nobody is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from metalctl.model.run import BondSpec, Peer
from metalctl.model.verdict import Verdict
from tests.unit.node.checks.pair import CLIENT

BOND = BondSpec("bond0", ("52:54:00:00:00:01", "52:54:00:00:00:02"), mtu=9000, speed=25e9)


def side(which: str) -> Peer:
    """One end of a pair whose both addresses are known; an older Peer had no client."""
    whole = {"node": "n2", "side": which, "address": "127.0.0.1", "port": 52101, "client": "127.0.0.2"}
    return Peer(**{k: v for k, v in whole.items() if k in Peer.__dataclass_fields__})


# A ping whose answers and totals agree: "answer 2" lost one of three.
ANSWER = (
    'for i in 1 2 3; do [ "$i" -le "$1" ] && echo "64 bytes from 10.0.0.9: icmp_seq=$i ttl=64 time=0.03 ms"; done; '
    'case "$1" in 3) l=0;; 2) l=33.3333;; 1) l=66.6667;; *) l=100;; esac; '
    'echo "3 packets transmitted, $1 received, $l% packet loss, time 402ms"; [ "$1" -gt 0 ]; exit'
)
REFUSED = "echo 'ping: local error: message too long, mtu=9000' >&2"


def ping(node: Any, largest: int, *, lost: int = 0, lost_at: int = 0, refusal: str = REFUSED) -> None:
    """A ping that answers packets up to a payload; of those of size `lost_at` it loses some, larger ones it refuses."""
    node.tool("answer", ANSWER)
    script = 'for a; do [ "$p" = -s ] && s=$a; p=$a; done; '
    script += f'[ "$s" = {lost_at} ] && exec answer {3 - lost}; [ "$s" -le {largest} ] && exec answer 3; '
    node.tool("ping", f"{script}{refusal}; exec answer 0")


def run_mtu(node: Any, which: str = "client") -> Any:
    return node.one("mtu", bonds=(BOND,), peer=side(which), kind="peer")


@pytest.mark.parametrize(
    ("largest", "verdict", "reason"),
    [
        (8972, "PASS", ""),
        (1472, "FAIL", "this port, or one on the way, refuses a packet of 9000 bytes"),
        (8973, "FAIL", "a packet of 9001 bytes passes"),
        (0, "UNKNOWN", "answers no ping at all"),
    ],
)
def test_the_mtu_is_what_passes_and_not_a_byte_more(node: Any, largest: int, verdict: str, reason: str) -> None:
    ping(node, largest)
    result = run_mtu(node)
    assert (result.verdict, reason in result.reason) == (verdict, True), result.reason


def test_a_peer_that_answers_only_small_packets_fails(node: Any) -> None:
    ping(node, 1472, refusal=":")
    result = run_mtu(node)
    assert (result.verdict, result.reason) == (Verdict.FAIL, "n2 does not get a packet of 9000 bytes")


@pytest.mark.truth("B10", "a node that only answered the pings of the mtu check pings too, and is judged")
@pytest.mark.parametrize(("largest", "verdict"), [(8972, "PASS"), (1472, "FAIL"), (8973, "FAIL"), (0, "UNKNOWN")])
def test_the_side_that_serves_pings_its_client(node: Any, largest: int, verdict: str) -> None:
    ping(node, largest)
    node.tool("seen", f'echo "$*" >> {node.room}/asked; exec real "$@"')
    (node.room / "bin" / "ping").rename(node.room / "bin" / "real")
    (node.room / "bin" / "seen").rename(node.room / "bin" / "ping")
    assert run_mtu(node, "server").verdict == verdict
    assert {line.split()[-1] for line in (node.room / "asked").read_text().splitlines()} == {"127.0.0.2"}


@pytest.mark.truth("B7", "some of the pings are not all of them")
@pytest.mark.parametrize("lost", [1, 2])
@pytest.mark.parametrize("size", [56, 8972])
def test_one_ping_of_three_is_unknown(node: Any, size: int, lost: int) -> None:
    ping(node, 8972, lost=lost, lost_at=size)
    result = run_mtu(node)
    assert result.verdict is Verdict.UNKNOWN
    assert f"{3 - lost} of 3 pings of {size} bytes" in result.reason


@pytest.mark.truth("B7", "a packet that nobody answers was not refused as too long")
def test_silence_to_one_byte_more_is_unknown(node: Any) -> None:
    ping(node, 8972, refusal=":")
    result = run_mtu(node)
    assert result.verdict is Verdict.UNKNOWN
    assert "was neither answered nor refused" in result.reason


@pytest.mark.truth("B7", "a ping that does not account for its packets tells nothing")
@pytest.mark.parametrize("said", ["", "1 packets transmitted, 1 received, 0% packet loss"])
def test_a_ping_that_did_not_send_what_it_was_asked_is_unknown(node: Any, said: str) -> None:
    node.tool("ping", f'case "$*" in *8973*) {REFUSED}; exit 1;; esac; echo "{said}"; exit 0')
    result = run_mtu(node)
    assert (result.verdict, "was to send 3 packets" in result.reason) == (Verdict.UNKNOWN, True)


def counted(received: int, loss: str, lines: str = "", more: str = "") -> str:
    return f"{lines}\n3 packets transmitted, {received} received,{more} {loss}% packet loss, time 402ms"


LINE = "64 bytes from 10.0.0.9: icmp_seq={} ttl=64 time=0.03 ms"


@pytest.mark.truth("B7", "a ping whose counts contradict each other tells nothing")
@pytest.mark.parametrize(
    ("loss", "numbers"),
    [("66.6667", ""), ("100", ""), ("-5", ""), ("nan", ""), ("0", "1"), ("0", "222"), ("0", "12")],
)
def test_a_ping_that_contradicts_itself_is_unknown(node: Any, loss: str, numbers: str) -> None:
    said = counted(3, loss, "\n".join(map(LINE.format, numbers)))
    node.tool("ping", f'case "$*" in *8973*) {REFUSED}; exec answer 0;; esac; echo "{said}"')
    node.tool("answer", ANSWER)
    result = run_mtu(node)
    assert (result.verdict, "was to send 3 packets" in result.reason) == (Verdict.UNKNOWN, True), result.reason


@pytest.mark.truth("B7", "pings that another address answers are not the peer's")
def test_an_answer_of_another_address_is_unknown(node: Any) -> None:
    lines = "\n".join(f"{LINE.format(n)} (DIFFERENT ADDRESS!)" for n in (1, 2, 3))
    node.tool("ping", f'case "$*" in *8973*) {REFUSED}; exec answer 0;; esac; echo "{counted(3, "0", lines)}"')
    node.tool("answer", ANSWER)
    result = run_mtu(node)
    assert (result.verdict, "another address" in result.reason) == (Verdict.UNKNOWN, True), result.reason


@pytest.mark.truth("B7", "pings that came back changed did not come back")
@pytest.mark.parametrize(
    "said",
    ["3 packets transmitted, 3 received, +2 corrupted, 0% packet loss",
     "wrong data byte #41 should be 0x29 but was 0x21; 3 packets transmitted, 3 received, 0% packet loss",
     "76 bytes from 10.0.0.9: icmp_seq=2 ttl=64 (truncated); 3 packets transmitted, 3 received, 0% packet loss"],
)  # fmt: skip
def test_pings_that_came_back_changed_fail(node: Any, said: str) -> None:
    node.tool("ping", f'case "$*" in *8973*) {REFUSED}; exec answer 0;; esac; echo "{said}"')
    node.tool("answer", 'echo "3 packets transmitted, $1 received, +3 errors"; exit 1')
    result = run_mtu(node)
    assert (result.verdict, "other data than was sent" in result.reason) == (Verdict.FAIL, True)


def test_a_ping_that_breaks_is_unknown(node: Any) -> None:
    node.tool("ping", "echo 'ping: socket: Operation not permitted' >&2; exit 2")
    assert run_mtu(node).verdict is Verdict.UNKNOWN


def test_a_server_that_was_not_told_who_its_client_is_is_unknown(node: Any) -> None:
    ping(node, 8972)
    result = node.one("mtu", bonds=(BOND,), peer=replace(CLIENT, side="server"), kind="peer")
    assert (result.verdict, "other end is not known" in result.reason) == (Verdict.UNKNOWN, True)


@pytest.mark.parametrize(("kind", "verdict"), [("burn-in", "SKIP"), ("peer", "UNKNOWN")])
@pytest.mark.parametrize("check", ["mtu", "iperf3"])
def test_without_a_peer_it_is_skipped_alone_and_unknown_in_a_paired_run(
    node: Any, check: str, kind: str, verdict: str
) -> None:
    node.tool("ping", "exit 0")
    node.tool("iperf3", "exit 0")
    limits = {"min_throughput": 1.0} if check == "iperf3" else None
    assert node.one(check, limits=limits, kind=kind).verdict == verdict


def test_a_first_packet_that_was_lost_is_asked_again_and_told(node: Any) -> None:
    """A neighbour that is looked up and a switch that learns cost a packet: no port is to blame for that."""
    node.tool("answer", ANSWER)
    large = f"[ -e {node.room}/learnt ] && exec answer 3; : > {node.room}/learnt; exec answer 2"
    node.tool("ping", f'case "$*" in *8973*) {REFUSED}; exec answer 0;; *8972*) {large};; esac; exec answer 3')
    result = run_mtu(node)
    assert (result.verdict, result.evidence["series"]) == (Verdict.PASS, 2), result.reason
