"""MTU: a packet of exactly the MTU reaches the peer unfragmented, and one byte more does not leave.

Profile:
    requires: {network: {bonds: [{name: bond0, members: 2, mtu: 9000}]}}
    checks:
      mtu: {mtu: 9000}
Limits: mtu, else that of the first bond. It runs in pairs: the client pings, the server side only answers.
Leaves: the MTU that passed.
Source: ping(8) -M do; 28 bytes are the IPv4 and ICMP headers, 48 with IPv6.
"""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.run import Peer, RunSpec
from metalctl.node import tool
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import check


@check(
    component="network",
    estimate="5 s",
    needs=("ping",),
    limits={"mtu": None},
    remedy="set the MTU on the switch ports and the VLAN between the two nodes",
)
def test_mtu(peer: Peer, spec: RunSpec, limits: Any, measure: Any) -> None:
    if peer.side == "server":
        pytest.skip("the other side pings")
    mtu = int(limits.mtu or (spec.bonds[0].mtu if spec.bonds else 1500))
    size = mtu - (48 if ":" in peer.address else 28)
    if not _ping(peer.address, 56):
        raise ToolFailed(f"{peer.address} answers no ping at all", hint="see that the peer is up and its bond too")
    assert _ping(peer.address, size), f"a packet of {mtu} bytes does not reach {peer.node or peer.address}"
    assert not _ping(peer.address, size + 1), f"a packet of {mtu + 1} bytes passes: the MTU is not {mtu}"
    measure("mtu", mtu, unit="B")


def _ping(address: str, size: int) -> bool:
    answer = tool.run(["ping", "-n", "-c", "3", "-i", "0.2", "-W", "2", "-M", "do", "-s", str(size), address], 20)
    if answer.code > 1 and "too long" not in (answer.err + answer.out).lower():
        answer.require()
    return answer.code == 0
