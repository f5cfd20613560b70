"""MTU: a packet of exactly the MTU reaches the peer unfragmented, and one byte more does not leave.

Profile:
    requires: {network: {bonds: [{name: bond0, members: 2, mtu: 9000}]}}
    checks:
      mtu: {mtu: 9000}
Limits: mtu, else that of the first bond. It runs in pairs, and both ends ping. Every packet must come back; one byte
more must be refused as too long: no answer is UNKNOWN, and so is an answer to some of the packets.
Leaves: the MTU that passed.
Source: ping(8) -M do; 28 bytes are the IPv4 and ICMP headers, 48 with IPv6.
"""

from __future__ import annotations

from typing import Any

from metalctl.model.run import Peer, RunSpec
from metalctl.node import ping
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import check


@check(
    component="network",
    estimate="5 s",
    needs=("ping",),
    limits={"mtu": None},
    remedy="set the MTU on the switch ports and the VLAN between the two nodes",
)
def test_mtu(peer: Peer, spec: RunSpec, limits: Any, measure: Any, evidence: dict[str, object]) -> None:
    if not peer.other:
        raise ToolFailed("the address of the other end is not known", hint="by hand: --peer server=ADDRESS:PORT,CLIENT")
    mtu = int(limits.mtu or (spec.bonds[0].mtu if spec.bonds else 1500))
    size = mtu - (48 if ":" in peer.other else 28)
    _answers(peer)
    whole = ping.settled(peer.other, size)
    whole.require_all_or_none()
    if not whole.all:
        _answers(peer)  # it may have gone away meanwhile
        who = "this port, or one on the way, refuses" if whole.too_long else f"{peer.node or peer.other} does not get"
        raise AssertionError(f"{who} a packet of {mtu} bytes")
    more = ping.ask(peer.other, size + 1)
    assert not more.received, f"a packet of {mtu + 1} bytes passes: the MTU is not {mtu}"
    if not more.too_long:
        raise ToolFailed(
            f"a packet of {mtu + 1} bytes left this port, and was neither answered nor refused",
            hint=f"see that the MTU of this port is {mtu} (ip link), and that the peer is still up",
        )
    evidence["series"] = whole.series
    measure("mtu", mtu, unit="B")


def _answers(peer: Peer) -> None:
    """ToolFailed unless the peer answers small packets, all of them."""
    answer = ping.settled(peer.other, 56)
    answer.require_all_or_none()
    if not answer.all:
        raise ToolFailed(f"{peer.other} answers no ping at all", hint="see that the peer is up and its bond too")
