"""The iperf3 check of a pair of nodes: each end is judged, on both ways and all of what was asked, or nobody is."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from metalctl.model.run import Peer
from metalctl.model.verdict import Verdict
from tests.unit.node.checks.pair import CLIENT

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


@pytest.mark.parametrize(
    ("runtime", "seconds", "verdict"),
    [(3.0, 2.67, "PASS"), (3.0, 1.9, "UNKNOWN"), (1.0, 0.4, "UNKNOWN"), (30.0, 28.9, "PASS"), (30.0, 28.4, "UNKNOWN")],
)
def test_a_short_run_may_lack_the_second_in_which_the_ends_hear_of_each_other(
    node: Any, runtime: float, seconds: float, verdict: str
) -> None:
    node.prints("iperf3", report(24e9, seconds=seconds))
    result = node.one("iperf3", limits={**LIMITS, "runtime": runtime}, peer=CLIENT, kind="peer")
    assert result.verdict == Verdict[verdict], result.reason


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
