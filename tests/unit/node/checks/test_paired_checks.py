"""The checks of a pair of nodes: each end is judged, on all of what was asked, or nobody is."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from metalctl.model.run import BondSpec, Peer
from metalctl.model.verdict import Verdict

BOND = BondSpec("bond0", ("52:54:00:00:00:01", "52:54:00:00:00:02"), mtu=9000, speed=25e9)
CLIENT = Peer("n2", "client", "127.0.0.1", 52101)


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
    assert "nobody answered or refused it" in result.reason


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


STREAMS = 8


def report(bits: float, error: str = "", seconds: float = 3.0, **other: Any) -> str:
    """What a client prints; all of it agrees but for the numbers of `other`, such as sum_sent={"bytes": 4}."""
    total = {"bits_per_second": bits, "bytes": bits * seconds / 8, "seconds": seconds, "retransmits": 2}
    stream = {"bytes": total["bytes"] / STREAMS}
    streams = [{"sender": stream, "receiver": stream}] * STREAMS
    end = {"streams": streams, "sum_received": total, "sum_sent": total}
    end |= {name: {**total, **numbers} for name, numbers in other.items()}
    told = {"start": {"version": "iperf 3.12"}, "end": {} if error else end}
    return json.dumps(told | ({"error": error} if error else {"intervals": [{"sum": total}]}))


LIMITS = {"min_throughput": 20e9, "runtime": 1.0}


@pytest.mark.parametrize(("bits", "verdict"), [(24e9, "PASS"), (9e9, "FAIL")])
def test_throughput_is_judged_at_the_receiver(node: Any, bits: float, verdict: str) -> None:
    node.prints("iperf3", report(bits))
    result = node.one("iperf3", limits=LIMITS, peer=CLIENT, kind="peer")
    assert result.verdict == verdict
    assert {m.name: m.value for m in result.measurements}["reverse"] == bits


def test_one_slow_direction_fails(node: Any) -> None:
    node.prints("slow", report(1e9))
    node.prints("fast", report(24e9))
    node.tool("iperf3", 'case "$*" in *-R*) exec slow;; *) exec fast;; esac')
    result = node.one("iperf3", limits=LIMITS, peer=CLIENT, kind="peer")
    assert (result.verdict, result.reason) == (Verdict.FAIL, "reverse is 1 Gb/s, wanted at least 20 Gb/s")


@pytest.mark.parametrize("output", ["", "{}", "iperf3: error", report(0, "unable to create a new stream"), '{"end": '])
def test_a_broken_iperf_is_unknown(node: Any, output: str) -> None:
    node.prints("iperf3", output, code=1)
    assert node.one("iperf3", limits=LIMITS, peer=CLIENT, kind="peer").verdict is Verdict.UNKNOWN


def test_the_client_waits_for_a_server_that_is_not_there_yet(node: Any) -> None:
    node.prints("late", report(0, "unable to connect to server: Connection refused"))
    node.prints("there", report(24e9))
    node.tool("iperf3", f"[ -e {node.room}/up ] && exec there; : > {node.room}/up; exec late")
    assert node.one("iperf3", limits=LIMITS, peer=CLIENT, kind="peer").verdict is Verdict.PASS


@pytest.mark.truth("B7", "a test of the network that was shorter than asked is no result")
@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("seconds", [0.3, 54.0])
def test_a_third_of_a_second_of_iperf3_is_no_minute(node: Any, side: str, seconds: float) -> None:
    node.prints("iperf3", report(24e9, seconds=seconds))
    peer = replace(CLIENT, side=side)
    result = node.one("iperf3", limits={**LIMITS, "runtime": 60.0}, peer=peer, kind="peer")
    assert result.verdict is Verdict.UNKNOWN
    assert "too little to judge by" in result.reason


@pytest.mark.truth("B7", "good numbers of a tool that ended with an error are no result")
@pytest.mark.parametrize("side", ["client", "server"])
def test_good_numbers_with_a_bad_exit_code_are_unknown(node: Any, side: str) -> None:
    node.prints("iperf3", report(24e9), code=1)
    result = node.one("iperf3", limits=LIMITS, peer=replace(CLIENT, side=side), kind="peer")
    assert result.verdict is Verdict.UNKNOWN
    assert "ended with 1" in result.reason


@pytest.mark.truth("B7", "a rate of iperf3 that its own bytes do not make is no result")
@pytest.mark.parametrize("other", [
    {"bytes": 375_000}, {"bytes": None}, {"bits_per_second": float("inf")}, {"bits_per_second": float("nan")},
    {"bits_per_second": 48e9}, {"bytes": -9e9, "bits_per_second": -24e9}, {"seconds": 30.0},
])  # fmt: skip
@pytest.mark.parametrize("total", ["sum_received", "sum_sent"])
def test_a_rate_that_the_bytes_do_not_make_is_unknown(node: Any, total: str, other: dict[str, Any]) -> None:
    node.prints("iperf3", report(24e9, **{total: other}))
    result = node.one("iperf3", limits=LIMITS, peer=CLIENT, kind="peer")
    assert result.verdict is Verdict.UNKNOWN
    assert "its bytes make" in result.reason or "another shape" in result.reason


@pytest.mark.truth("B7", "a rate of iperf3 that its own bytes do not make is no result")
def test_a_rate_without_bytes_is_unknown(node: Any) -> None:
    data = json.loads(report(24e9))
    del data["end"]["sum_received"]["bytes"]
    node.prints("iperf3", json.dumps(data))
    assert node.one("iperf3", limits=LIMITS, peer=CLIENT, kind="peer").verdict is Verdict.UNKNOWN


@pytest.mark.truth("B7", "totals of iperf3 that its own streams and intervals do not make are no result")
@pytest.mark.parametrize("part", ["streams", "intervals"])
def test_totals_that_the_parts_do_not_make_are_unknown(node: Any, part: str) -> None:
    data = json.loads(report(24e9))
    if part == "streams":
        data["end"]["streams"][3]["receiver"] = {"bytes": 9e9}
    else:
        data["intervals"].append({"sum": {"bytes": 3e9}})
    node.prints("iperf3", json.dumps(data))
    result = node.one("iperf3", limits=LIMITS, peer=CLIENT, kind="peer")
    assert (result.verdict, f"iperf3's {part} moved" in result.reason) == (Verdict.UNKNOWN, True), result.reason


@pytest.mark.truth("B7", "a rate of iperf3 that its own bytes do not make is no result")
def test_more_that_arrived_than_was_sent_is_unknown(node: Any) -> None:
    data = json.loads(report(24e9))
    sent = data["end"]["sum_sent"]
    sent |= {"bits_per_second": 8e9, "bytes": int(8e9 * sent["seconds"] / 8)}
    del data["end"]["streams"]
    node.prints("iperf3", json.dumps(data))
    result = node.one("iperf3", limits=LIMITS, peer=CLIENT, kind="peer")
    assert (result.verdict, "received of 8e+09 sent" in result.reason) == (Verdict.UNKNOWN, True), result


def served(forward: float, reverse: float) -> tuple[str, str]:
    """What a server of iperf3 3.12 writes of both ways; of what it sent it is not told what arrived."""
    way = []
    for backwards, rate in ((0, forward), (1, reverse)):
        moved = {"bits_per_second": rate, "bytes": int(rate * 3 / 8), "seconds": 3.0}
        nothing = {"bits_per_second": 0, "bytes": 0, "seconds": 3.0}
        start = {
            "version": "iperf 3.12",
            "accepted_connection": {"host": "10.0.0.3"},
            "test_start": {"reverse": backwards},
        }
        end = {"sum_sent": moved if backwards else nothing, "sum_received": nothing if backwards else moved}
        way.append(json.dumps({"start": start, "intervals": [{}], "end": end}))
    return way[0], way[1]


SERVER = replace(CLIENT, side="server")


@pytest.mark.truth("B10", "a node that only served in iperf3 is judged on both ways like the one that asked")
@pytest.mark.parametrize(
    ("rates", "verdict", "reason"),
    [
        ((24e9, 24e9), "PASS", ""),
        ((9e9, 24e9), "FAIL", "forward is 9 Gb/s, wanted at least 20 Gb/s"),
        ((24e9, 9e9), "FAIL", "reverse is 9 Gb/s, wanted at least 20 Gb/s"),
    ],
)
def test_the_side_that_serves_is_judged_on_both_ways(node: Any, rates: Any, verdict: str, reason: str) -> None:
    for name, text in zip(("first", "second"), served(*rates), strict=True):
        node.prints(name, text)
    node.tool("iperf3", f"[ -e {node.room}/was ] && exec second; : > {node.room}/was; exec first")
    result = node.one("iperf3", limits=LIMITS, peer=SERVER, kind="peer")
    assert (result.verdict, result.reason) == (verdict, reason)
    limited = {m.name: m.value for m in result.measurements if m.at_least == 20e9}
    assert limited == {"forward": rates[0], "reverse": rates[1]}


def test_a_peer_that_tested_one_way_twice_is_unknown(node: Any) -> None:
    node.prints("iperf3", served(24e9, 24e9)[0])
    result = node.one("iperf3", limits=LIMITS, peer=SERVER, kind="peer")
    assert (result.verdict, "both ways" in result.reason) == (Verdict.UNKNOWN, True)


@pytest.mark.truth("D1", "who calls at the port of the test beside the peer is told in the evidence")
def test_who_else_called_is_in_the_evidence(node: Any) -> None:
    """The real iperf3 on loopback: a stranger's port probe, then the peer's two tests."""
    node.tool("iperf3", 'exec /usr/bin/iperf3 "$@"')
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = (
        "import socket, subprocess, time\n"
        f"def knock():\n    socket.create_connection(('127.0.0.1', {port}), 5, ('127.0.0.9', 0)).close()\n"
        "for _ in range(200):\n    try:\n        knock()\n        break\n    except OSError:\n        time.sleep(0.1)\n"
        "for more in ([], ['-R']):\n    for _ in range(40):\n        time.sleep(0.3)\n"
        f"        done = subprocess.run(['iperf3', '-c', '127.0.0.1', '-p', '{port}', '-t', '1', '-P', '8', *more])\n"
        "        if done.returncode == 0:\n            break\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        peer = Peer("n2", "server", "127.0.0.1", port)
        result = node.one("iperf3", limits={"min_throughput": 1.0, "runtime": 1.0}, peer=peer, kind="peer")
    assert result.verdict is Verdict.PASS, result.reason
    assert "127.0.0.9" in result.evidence["also_called"]


def test_a_first_packet_that_was_lost_is_asked_again_and_told(node: Any) -> None:
    """A neighbour that is looked up and a switch that learns cost a packet: no port is to blame for that."""
    node.tool("answer", ANSWER)
    large = f"[ -e {node.room}/learnt ] && exec answer 3; : > {node.room}/learnt; exec answer 2"
    node.tool("ping", f'case "$*" in *8973*) {REFUSED}; exec answer 0;; *8972*) {large};; esac; exec answer 3')
    result = run_mtu(node)
    assert (result.verdict, result.evidence["series"]) == (Verdict.PASS, 2), result.reason
