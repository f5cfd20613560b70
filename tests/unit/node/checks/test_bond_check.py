"""The bond check fails on a port that does not take part, at either end, and is UNKNOWN where nobody states it.

Both sources are made here by the kernel's own layouts (bonding's seq file; linux/if_link.h): no bond can be had on
every machine that runs these tests.
"""

from __future__ import annotations

import socket
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.inventory import Nic
from metalctl.model.run import BondSpec
from metalctl.model.verdict import Verdict
from metalctl.node import counters

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
    system mac address: 52:54:00:00:00:01
    port key: 21
    port priority: 255
    port number: 1
    port state: 63
details partner lacp pdu:
    system priority: 32768
    system mac address: 0a:1b:2c:3d:4e:5f
    oper key: 7
    port priority: 128
    port number: 12
    port state: 61
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
        ("IEEE 802.3ad Dynamic link aggregation", "fault-tolerance (active-backup)", "mode is active-backup"),
        (f"addr: {BOND.members[1]}", "addr: 52:54:00:00:00:99", "port 52:54:00:00:00:02 is not a member"),
        ("Actor Churn State: none", "Actor Churn State: churned", "port eth0 52:54:00:00:00:01: actor churned"),
        ("Speed: 25000 Mbps", "Speed: 10000 Mbps", "eth0 52:54:00:00:00:01 runs at 10000 Mb/s, wanted 25000"),
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


ACTOR, PARTNER = "port state: 63", "port state: 61"


@pytest.mark.truth("B6", "a port whose LACP states say that it does not take part is no member, whatever the bond says")
@pytest.mark.parametrize(
    ("old", "state", "named"),
    [
        (ACTOR, 63 & ~0x30, "port eth0 52:54:00:00:00:01: actor is not collecting, distributing"),
        (PARTNER, 61 & ~0x08, "port eth0 52:54:00:00:00:01: partner is not synchronised"),
        (ACTOR, 63 | 0x40, "port eth0 52:54:00:00:00:01: actor is defaulted"),
        (PARTNER, 61 | 0x80, "port eth0 52:54:00:00:00:01: partner is expired"),
    ],
)
def test_a_port_that_does_not_take_part_fails(node: Any, old: str, state: int, named: str) -> None:
    assert GOOD.count(old) == 2
    result = run_bond(node, GOOD.replace(old, f"port state: {state}", 1))
    assert (result.verdict, named in result.reason) == (Verdict.FAIL, True), result.reason


@pytest.mark.truth("B6", "what the kernel states of a bond beside its carrier is judged: link monitoring, lost links")
@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("MII Polling Interval (ms): 100", "MII Polling Interval (ms): 0", "does not watch its links"),
        ("Link Failure Count: 0", "Link Failure Count: 6", "eth0 52:54:00:00:00:01 lost its link 6 times"),
        ("Info:\n\tAggregator ID: 1", "Info:\n\tAggregator ID: 4", "left out of the active one: eth0"),
    ],
)
def test_a_bond_that_would_not_notice_or_was_torn_fails(node: Any, old: str, new: str, named: str) -> None:
    assert old in GOOD
    result = run_bond(node, GOOD.replace(old, new, 1))
    assert (result.verdict, named in result.reason) == (Verdict.FAIL, True), result.reason


@pytest.mark.truth("B6", "what the kernel does not state of a bond and its ports is UNKNOWN")
@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (f"    {ACTOR}\n", "", "the LACP state of its actor is not stated"),
        (f"    {PARTNER}\n", "", "the LACP state of its partner is not stated"),
        ("Duplex: full\n", "", "its duplex is not stated"),
        ("Duplex: full", "Duplex: unknown", "its duplex is not stated"),
        ("Speed: 25000 Mbps", "Speed: Unknown", "its speed is not stated"),
        ("MII Polling Interval (ms): 100\n", "", "miimon is not stated"),
        ("Link Failure Count: 0\n", "", "the count of its lost links is not stated"),
    ],
)
def test_what_nobody_states_is_unknown(node: Any, old: str, new: str, named: str) -> None:
    result = run_bond(node, GOOD.replace(old, new, 1))
    assert (result.verdict, named in result.reason) == (Verdict.UNKNOWN, True), result.reason


def test_one_lost_link_is_what_setting_the_mtu_may_cost(node: Any) -> None:
    assert run_bond(node, GOOD.replace("Link Failure Count: 0", "Link Failure Count: 1")).verdict is Verdict.PASS


def test_states_that_come_good_within_seconds_pass_and_say_so(node: Any) -> None:
    file = node.room / "root/proc/net/bonding/bond0"
    bad = GOOD.replace(ACTOR, "port state: 15", 1)
    script = f"sleep 1; f={file}; while ! [ -e $f ]; do sleep 0.1; done; sleep 1; cat {node.room}/good > $f"
    (node.room / "good").write_text(GOOD)
    with subprocess.Popen(["sh", "-c", script]):
        result = run_bond(node, bad)
    assert (result.verdict, result.evidence["looks"] > 1) == (Verdict.PASS, True), result.reason


def attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def link(index: int, name: str, *attributes: bytes) -> bytes:
    """RTM_NEWLINK: struct nlmsghdr, struct ifinfomsg, attributes."""
    payload = struct.pack("=BBHiII", 0, 0, 1, index, 0, 0) + attribute(3, name.encode() + b"\0") + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(payload), 16, 2, 1, 0) + payload


def dump(actor: int = 63, partner: int = 61, failures: int = 0, aggregator: int = 1) -> bytes:
    """The kernel's answer for the bond and its two ports; the values are those of the second port."""
    active = attribute(1, struct.pack("=H", 1)) + attribute(2, struct.pack("=H", 2)) + attribute(5, b"\x0a\x1b\x2c=N_")
    data = attribute(1, b"\4") + attribute(3, struct.pack("=I", 100)) + attribute(7, bytes(4)) + attribute(14, b"\1")
    data += attribute(21, b"\1") + attribute(23 | 0x8000, active)
    found = link(1, "lo") + link(9, "bond0", attribute(18, attribute(1, b"bond\0") + attribute(2, data)))
    for index, mac in enumerate(BOND.members):
        own = (actor, partner, failures, aggregator) if index else (63, 61, 0, 1)
        port = (
            attribute(2, b"\0")
            + attribute(3, struct.pack("=I", own[2]))
            + attribute(4, bytes.fromhex(mac.replace(":", "")))
        )
        port += (
            attribute(6, struct.pack("=H", own[3]))
            + attribute(7, bytes([own[0]]))
            + attribute(8, struct.pack("=H", own[1]))
        )
        slave = attribute(18, attribute(4, b"bond\0") + attribute(5, port))
        found += link(2 + index, f"eth{index}", attribute(10, struct.pack("=i", 9)), slave)
    return found


def over_netlink(node: Any, answer: bytes, text: str | None = GOOD) -> Any:
    (node.room / "root").mkdir(exist_ok=True)
    (node.room / "root/netlink").write_bytes(answer)
    return run_bond(node, text)


def test_what_netlink_and_the_bonds_file_say_together_passes(node: Any) -> None:
    hidden = GOOD.replace(f"    {ACTOR}\n", "").replace(f"    {PARTNER}\n", "")
    result = over_netlink(node, dump(), hidden)
    assert result.verdict is Verdict.PASS, result.reason
    assert [port["actor"] for port in result.evidence["bond"]["ports"]] == [63, 63]


@pytest.mark.truth("B6", "the bond is judged by the kernel's netlink state, which tells each port's LACP states")
@pytest.mark.parametrize(
    ("state", "named"),
    [
        ({"actor": 0x4D}, "port eth1 52:54:00:00:00:02: actor is not collecting, distributing and defaulted"),
        ({"partner": 0x05}, "port eth1 52:54:00:00:00:02: partner is not synchronised, collecting, distributing"),
        ({"failures": 9}, "port eth1 52:54:00:00:00:02 lost its link 9 times"),
        ({"aggregator": 2}, "left out of the active one: eth1"),
    ],
)
def test_netlinks_word_of_a_port_counts(node: Any, state: dict[str, int], named: str) -> None:
    result = over_netlink(node, dump(**state))
    assert (result.verdict, named in result.reason) == (Verdict.FAIL, True), result.reason


def test_netlink_alone_does_not_tell_speed_and_duplex(node: Any) -> None:
    (node.room / "root/sys/class/net/bond0").mkdir(parents=True)
    (node.room / "root/sys/class/net/bond0/mtu").write_text("9000")
    result = over_netlink(node, dump(), None)
    assert result.verdict is Verdict.UNKNOWN
    assert "its speed is not stated" in result.reason


def test_this_machines_own_links_are_read_over_netlink() -> None:
    from metalctl.node.bondstate import netlink

    data = netlink.dump()
    names = {netlink._text(netlink._attributes(m[16:]).get(3)) for kind, m in netlink._messages(data) if kind == 16}
    assert names == {name for _, name in socket.if_nameindex()}


@pytest.mark.truth("B6", "a port that lost its link in the bond while the checks ran is a finding")
def test_a_link_that_the_bond_lost_during_the_run_is_a_rise(tmp_path: Path) -> None:
    nic = Nic("eth1", "52:54:00:00:00:02")
    count = tmp_path / "sys/class/net/eth1/bonding_slave/link_failure_count"
    count.parent.mkdir(parents=True)
    count.write_text("1\n")
    before = counters.cheap((nic,), tmp_path)
    count.write_text("3\n")
    found = [rise for rise in counters.rises(before, counters.cheap((nic,), tmp_path)) if rise.counter.serious]
    assert [(str(rise), rise.counter.part) for rise in found] == [("link_failure_count rose from 1 to 3", nic.label)]
