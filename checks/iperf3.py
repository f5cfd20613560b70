"""iperf3: TCP throughput between this node and the peer that the engine paired it with, both ways.

Profile:
    checks:
      iperf3: {min_throughput: 24 Gb/s, runtime: 60 s, streams: 8, processes: 1}
Limits: min_throughput required; runtime of each way; streams in each process; processes on consecutive ports, because
iperf3 before 3.16 is one thread and may not fill 25 Gb/s; pairs_per_uplink: how many pairs may test over the uplinks of
one switch at a time (metalctl keeps to it, the check does not read it). Both ends judge both ways: what is received at
the receiver; where iperf3 does not report to the server what arrived, by what the server sent. It serves until its peer
came.
Leaves: forward (client to server), reverse (bit/s), retransmits; who else called at the server's port.
Source: TCP's ceiling of 25 Gb/s is 23.5 at MTU 1500 and 24.75 at 9000; gates 23.0 and 24.0 [J].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from metalctl.model.run import Peer
from metalctl.node import iperf
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import REQUIRED, check

_WAIT, _OMIT = 120.0, 2.0


@check(
    component="network",
    estimate="140 s",
    needs=("iperf3",),
    timeout=360,
    limits={"min_throughput": REQUIRED, "runtime": 60.0, "streams": 8.0, "processes": 1.0, "pairs_per_uplink": 1.0},
    remedy="test both nodes against a third one: the one that is slow with both has the fault; look at errors and FEC",
)
def test_iperf3(peer: Peer, limits: Any, measure: Any, evidence: dict[str, object]) -> None:
    processes, streams = int(limits.processes), int(limits.streams)
    ways = _served if peer.side == "server" else _asked
    for way, found in ways(peer, limits.runtime, streams, processes, evidence):
        evidence["iperf3"] = found.version
        measure(way, found.rate, unit="b/s", at_least=limits.min_throughput)
        if found.retransmits is not None:
            measure(f"{way}_retransmits", found.retransmits)


def _asked(
    peer: Peer, runtime: float, streams: int, processes: int, _: dict[str, object]
) -> Iterator[tuple[str, iperf.Stream]]:
    for way, wait in (("forward", _WAIT), ("reverse", 20.0)):
        yield (
            way,
            iperf.client(
                peer, runtime, streams=streams, omit=_OMIT, reverse=way == "reverse", processes=processes, wait=wait
            ),
        )


def _served(
    peer: Peer, runtime: float, streams: int, processes: int, evidence: dict[str, object]
) -> Iterator[tuple[str, iperf.Stream]]:
    deadline = _WAIT + 2 * (runtime + _OMIT + 30)
    with iperf.Callers(peer, processes) as callers:
        try:
            found = iperf.serve(peer, 2, deadline, processes, runtime=runtime, streams=streams, callers=callers)
        finally:
            evidence["also_called"] = callers.others
    if [s.reverse for s in found] not in ([False, True], [None, None]):
        raise ToolFailed(
            "the peer did not test both ways, one after the other", hint="run the check on both nodes again"
        )
    yield from zip(("forward", "reverse"), found, strict=True)
