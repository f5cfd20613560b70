"""Each network check is shown to fail on a bad link, and to be UNKNOWN when it cannot tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from metalctl.model.run import BondSpec
from metalctl.model.verdict import Verdict

BOND = BondSpec("bond0", ("52:54:00:00:00:01", "52:54:00:00:00:02"), mtu=9000, speed=25e9)

MEMBER = """
Slave Interface: {name}
MII Status: up
Speed: 25000 Mbps
Duplex: full
Link Failure Count: 0
Permanent HW addr: {mac}
Slave queue ID: 0
Aggregator ID: 1
Actor Churn State: none
Partner Churn State: none
Actor Churned Count: 0
Partner Churned Count: 0
details actor lacp pdu:
    system priority: 65535
"""
GOOD = """Ethernet Channel Bonding Driver: v6.1.0

Bonding Mode: IEEE 802.3ad Dynamic link aggregation
Transmit Hash Policy: layer3+4 (1)
MII Status: up
MII Polling Interval (ms): 100

802.3ad info
LACP active: on
LACP rate: fast
Active Aggregator Info:
	Aggregator ID: 1
	Number of ports: 2
	Partner Mac Address: 0a:1b:2c:3d:4e:5f
"""
GOOD += MEMBER.format(name="eth0", mac=BOND.members[0]) + MEMBER.format(name="eth1", mac=BOND.members[1])


def run_bond(node: Any, text: str | None, mtu: str = "9000") -> Any:
    if text is not None:
        node.file("proc/net/bonding/bond0", text)
        node.file("sys/class/net/bond0/mtu", mtu)
    return node.one("bond", bonds=(BOND,))


def test_a_bond_in_order_passes(node: Any) -> None:
    result = run_bond(node, GOOD)
    assert (result.verdict, result.part) == (Verdict.PASS, "bond bond0"), result.reason


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("Partner Mac Address: 0a:1b:2c:3d:4e:5f", "Partner Mac Address: 00:00:00:00:00:00", "no LACP partner"),
        ("Number of ports: 2", "Number of ports: 1", "1 ports in the aggregator, wanted 2"),
        ("LACP rate: fast", "LACP rate: slow", "LACP rate is slow"),
        ("layer3+4 (1)", "layer2 (0)", "hash policy is layer2"),
        ("IEEE 802.3ad Dynamic link aggregation", "fault-tolerance (active-backup)", "mode is fault-tolerance"),
        (f"addr: {BOND.members[1]}", "addr: 52:54:00:00:00:99", "port 52:54:00:00:00:02 is not a member"),
        ("Actor Churn State: none", "Actor Churn State: churned", "port eth0 52:54:00:00:00:01: actor churned"),
        ("Speed: 25000 Mbps", "Speed: 10000 Mbps", "eth0 52:54:00:00:00:01 runs at 10000 Mb/s, wanted 25000"),
        ("Speed: 25000 Mbps", "Speed: Unknown", "states no speed"),
        ("Duplex: full", "Duplex: half", "half duplex"),
        ("MII Status: up\nSpeed", "MII Status: down\nSpeed", "eth0 52:54:00:00:00:01 is down"),
        ("queue ID: 0\nAggregator ID: 1", "queue ID: 0\nAggregator ID: 2", "left out of the active one: eth0"),
    ],
)
def test_a_bond_that_is_not_in_order_fails_and_says_what(node: Any, old: str, new: str, named: str) -> None:
    assert old in GOOD
    result = run_bond(node, GOOD.replace(old, new, 1))
    assert result.verdict is Verdict.FAIL
    assert named in result.reason


def test_a_bond_with_the_wrong_mtu_fails(node: Any) -> None:
    assert "mtu is 1500, wanted 9000" in run_bond(node, GOOD, "1500").reason


def test_a_bond_that_does_not_exist_fails(node: Any) -> None:
    assert run_bond(node, None).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Permission denied\n",
        "\n".join(x for x in GOOD.splitlines() if "Aggregator" not in x and "Partner Mac" not in x),
    ],
    ids=["empty", "nonsense", "LACP state hidden from others than root"],
)
def test_a_bond_that_cannot_be_read_is_unknown(node: Any, text: str) -> None:
    assert run_bond(node, text).verdict is Verdict.UNKNOWN


def test_no_bond_in_the_profile_is_a_skip(node: Any) -> None:
    assert node.one("bond").verdict is Verdict.SKIP


def change_nic(node: Any, **fields: Any) -> None:
    first, second = node.inventory.nics
    node.change(nics=(first, replace(second, **fields)))


@pytest.mark.parametrize(
    ("fields", "verdict", "reason"),
    [
        ({}, "PASS", ""),
        ({"speed": 10**10}, "FAIL", "speed is 10 Gb/s, wanted at least 25 Gb/s"),
        ({"speed": None}, "UNKNOWN", "states no speed"),
        ({"link": False, "speed": None}, "FAIL", "has no link"),
        ({"duplex": "half"}, "FAIL", "half duplex"),
        ({"mac": "52:54:00:00:00:77"}, "SKIP", "is in no bond"),
    ],
)
def test_each_port_of_a_bond_is_held_to_its_speed(node: Any, fields: Any, verdict: str, reason: str) -> None:
    change_nic(node, **fields)
    first, second = node.run("link-speed", bonds=(BOND,))
    assert first.verdict is Verdict.PASS
    assert second.verdict == verdict
    assert reason in second.reason
    assert second.part.startswith("nic eth1")


@pytest.mark.truth("B7", "a duplex that nobody states is not full, and not half either")
@pytest.mark.parametrize("duplex", ["", "unknown"])
def test_a_port_that_states_no_duplex_is_unknown(node: Any, duplex: str) -> None:
    change_nic(node, duplex=duplex)
    _, second = node.run("link-speed", bonds=(BOND,))
    assert (second.verdict, "states no duplex" in second.reason) == (Verdict.UNKNOWN, True)
