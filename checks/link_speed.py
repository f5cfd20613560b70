"""Link speed: every port of a bond runs at its speed and in full duplex. One that is not stated is UNKNOWN.

Profile:
    requires: {network: {bonds: [{name: bond0, members: 2, speed: ">= 25 Gb/s"}]}}
    checks:
      link-speed: {min_speed: 25 Gb/s}
Limits: min_speed, else the speed of the port's bond. A port in no bond is skipped where the profile has bonds.
Leaves: speed, in bit/s.
Source: ethtool, /sys/class/net/NAME/speed. A NIC that trained down shows here first.
"""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.inventory import Nic
from metalctl.model.run import RunSpec
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import check


@check(
    component="network",
    estimate="1 s",
    limits={"min_speed": None},
    remedy="swap the cable or transceiver, then the switch port, then the NIC; look at FEC and autonegotiation",
)
def test_link_speed(nic: Nic, spec: RunSpec, limits: Any, measure: Any) -> None:
    bond = next((b for b in spec.bonds if nic.mac in b.members), None)
    if bond is None and spec.bonds:
        pytest.skip(f"{nic.name} is in no bond of the profile")
    wanted = limits.min_speed if limits.min_speed is not None else bond and bond.speed
    if bond is None and wanted is None:
        pytest.skip("the profile asks for no speed of this port")
    assert nic.link is not False, f"{nic.label} has no link"
    if nic.speed is None:
        raise ToolFailed(
            f"{nic.label} states no speed", hint=f"run ethtool {nic.name}; see whether the driver states it"
        )
    measure("speed", nic.speed, unit="b/s", at_least=wanted)
    assert nic.duplex != "half", f"{nic.label} runs in half duplex"
    if nic.duplex != "full":
        raise ToolFailed(
            f"{nic.label} states no duplex", hint=f"run ethtool {nic.name}; see whether the driver states it"
        )
