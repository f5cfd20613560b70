"""Bond: every bond of the profile is up as it must be, and its switch ports answer LACP on all members.

Profile:
    requires: {network: {bonds: [{name: bond0, members: 2, speed: ">= 25 Gb/s", mode: 802.3ad, mtu: 9000}]}}
    checks:
      bond: {}
One aggregator, as many ports in it as members, the partner's MAC set, no churn, LACP rate, hash policy, MTU, and the
speed and state of each member. Every complaint names the port.
Leaves: the kernel's view of the bond, whole.
Source: Linux Documentation/networking/bonding.rst; IEEE 802.1AX.
"""

from __future__ import annotations

from pathlib import Path

from metalctl.model.run import BondSpec
from metalctl.node import lacp
from metalctl.node.plugin import check


@check(
    component="network",
    estimate="1 s",
    remedy="see the switch ports named: one LACP group, active, fast, and the cable in the right port",
)
def test_bond(bond: BondSpec, sysroot: Path, evidence: dict[str, object]) -> None:
    file = sysroot / "proc/net/bonding" / bond.name
    assert file.exists(), f"{bond.name} does not exist"
    text = evidence["bond"] = file.read_text()
    mtu = int((sysroot / "sys/class/net" / bond.name / "mtu").read_text())
    wrong = lacp.complaints(text, mtu, bond)
    assert not wrong, "; ".join(wrong)
