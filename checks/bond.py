"""Bond: every bond of the profile is up as it must be, and each of its ports takes part, at both ends.

Profile:
    requires: {network: {bonds: [{name: bond0, members: 2, speed: ">= 25 Gb/s", mode: 802.3ad, mtu: 9000}]}}
    checks:
      bond: {}
      bond: {max_link_failures: 0}
Mode, MTU, hash policy, LACP rate, link monitoring; one aggregator with all members in it, the partner's MAC; of each
port: link, speed, full duplex, links lost since it joined (one is allowed, which setting the MTU may cost [J]), and the
LACP states of both ends: aggregating, synchronised, collecting, distributing, neither defaulted nor expired, no churn.
Never the bond's carrier. An LACP state that is missing is read three times in three seconds. What no source states is
UNKNOWN.
Leaves: the kernel's view of the bond, from netlink and /proc/net/bonding.
Source: Linux Documentation/networking/bonding.rst; IEEE 802.1AX.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from metalctl.model.run import BondSpec
from metalctl.node import bondstate, lacp
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import check

_LOOKS, _PAUSE = 3, 1.5


@check(
    component="network",
    estimate="2 s",
    limits={"max_link_failures": 1.0},
    remedy="see the switch ports named: one LACP group, active, fast, and the cable in the right port",
)
def test_bond(bond: BondSpec, sysroot: Path, limits: Any, evidence: dict[str, object]) -> None:
    for look in range(1, _LOOKS + 1):
        state = bondstate.read(bond.name, sysroot)
        assert state is not None, f"{bond.name} does not exist"
        evidence.update(bond=asdict(state), looks=look)
        found = lacp.judge(state, bond, limits.max_link_failures)
        if found.wrong or not found.lacp or look == _LOOKS:
            break
        time.sleep(_PAUSE)
    wrong = [*found.wrong, *found.lacp]
    assert not wrong, "; ".join(wrong)
    if found.unsure:
        raise ToolFailed(
            "; ".join(found.unsure), hint=f"run as root; look at ip -d link and /proc/net/bonding/{bond.name}"
        )
