"""iperf3: TCP throughput between this node and the peer that the engine paired it with, both ways.

Profile:
    checks:
      iperf3: {min_throughput: 24 Gb/s, runtime: 60 s, streams: 8, processes: 1}
Limits: min_throughput required; runtime of each way; streams in each process; processes on consecutive ports, because
iperf3 before 3.16 is one thread and may not fill 25 Gb/s. The client judges; the server only answers.
Leaves: forward, reverse (bit/s at the receiver), retransmits.
Source: TCP's ceiling of 25 Gb/s is 23.5 at MTU 1500 and 24.75 at 9000; gates 23.0 and 24.0 [J].
"""

from __future__ import annotations

from typing import Any

from metalctl.model.run import Peer
from metalctl.node import iperf
from metalctl.node.plugin import REQUIRED, check

_WAIT, _OMIT = 120.0, 2.0


@check(
    component="network",
    estimate="140 s",
    needs=("iperf3",),
    timeout=360,
    limits={"min_throughput": REQUIRED, "runtime": 60.0, "streams": 8.0, "processes": 1.0},
    remedy="test both nodes against a third one: the one that is slow with both has the fault; look at errors and FEC",
)
def test_iperf3(peer: Peer, limits: Any, measure: Any, evidence: dict[str, object]) -> None:
    processes, deadline = int(limits.processes), _WAIT + 2 * (limits.runtime + _OMIT + 30)
    if peer.side == "server":
        ways = iperf.serve(peer, 2, deadline, processes)
        measure("received", ways[0].received, unit="b/s")
        evidence["iperf3"] = ways[0].version
        return
    for way in ("forward", "reverse"):
        found = iperf.client(
            peer, limits.runtime, streams=int(limits.streams), omit=_OMIT, reverse=way == "reverse",
            processes=processes, wait=_WAIT if way == "forward" else 20.0,
        )  # fmt: skip
        evidence["iperf3"] = found.version
        measure(way, found.received, unit="b/s", at_least=limits.min_throughput)
        if found.retransmits is not None:
            measure(f"{way}_retransmits", found.retransmits)
