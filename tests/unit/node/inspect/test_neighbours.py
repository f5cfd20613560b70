"""Two neighbours on one port: nobody knows which is at the other end, from the inventory to the cabling plan."""

from __future__ import annotations

import json
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory, Nic
from metalctl.model.match import _cabling, _network
from metalctl.model.profile import BondRequirement, Cable
from metalctl.model.verdict import Verdict
from metalctl.node.inspect import lldp, nics
from metalctl.node.inspect.host import Host

Recorded = run_path(str(Path(__file__).parent / "recorded.py"))["Recorded"]
COMMAND = "lldpcli -f json0 show neighbors details"


def heard(port: str, switch: str, at: str, via: str = "LLDP", mac: str = "") -> dict[str, Any]:
    """One neighbour as lldpcli lists it."""
    chassis = {"name": [{"value": switch}], "id": [{"type": "mac", "value": mac}] if mac else []}
    return {"name": port, "via": via, "chassis": [chassis], "port": [{"id": [{"type": "ifname", "value": at}]}]}


def inventory(*neighbours: dict[str, Any]) -> Inventory:
    """A machine of two linked ports, with what lldpd heard on them."""
    files = {f"/sys/class/net/eth{n}/device/uevent": "" for n in (0, 1)}
    for n in (0, 1):
        facts = {"type": "1", "flags": "0x1003", "carrier": "1", "speed": "25000", "duplex": "full"}
        facts |= {"address": f"52:54:00:00:00:0{n}"}
        files |= {f"/sys/class/net/eth{n}/{k}": v for k, v in facts.items()}
    links = {f"eth{n}": {"permanent": f"52:54:00:00:00:0{n}"} for n in (0, 1)}
    commands = {COMMAND: json.dumps({"lldp": [{"interface": list(neighbours)}]})}
    host = Host(Recorded({"files": files, "commands": commands, "probes": {"links": links}}))
    ports = nics.collect(host, lldp.collect(host, ("eth0", "eth1")))
    return Inventory("in-band", Identity("S1"), nics=ports, unreadable=tuple(host.notes))


def port(machine: Inventory, name: str = "eth0") -> Nic:
    return next(n for n in machine.nics if n.name == name)


TWO = (heard("eth0", "leaf-7", "Ethernet3"), heard("eth0", "leaf-8", "Ethernet4"), heard("eth1", "leaf-9", "Ethernet5"))


@pytest.mark.truth("B6", "two neighbours on one port are both told, and neither is at its other end")
def test_two_neighbours_on_a_port_are_unknown_with_both_names() -> None:
    machine = inventory(*TWO)
    assert port(machine).neighbour is None
    (note,) = [u for u in machine.unreadable if u.fact == "nics.eth0.neighbour"]
    assert "leaf-7 Ethernet3" in note.reason
    assert "leaf-8 Ethernet4" in note.reason
    other = port(machine, "eth1").neighbour
    assert other is not None
    assert (other.switch, other.port) == ("leaf-9", "Ethernet5")


def blocked(findings: list[Finding]) -> tuple[Verdict, bool]:
    """The worst finding that names both, and whether it does."""
    (found,) = [f for f in findings if f.verdict is not Verdict.PASS] or findings[:1]
    return found.verdict, all(name in f"{found.got} {found.remedy}" for name in ("leaf-7", "leaf-8"))


@pytest.mark.truth("B6", "a port of two neighbours is not cabled as planned, whichever of them the plan names")
@pytest.mark.parametrize("switch", ["leaf-7", "leaf-8"])
def test_a_port_of_two_neighbours_is_not_where_the_plan_wants_it(switch: str) -> None:
    plan = (Cable("eth0", switch, "*"), Cable("eth1", "leaf-9", "Ethernet5"))
    assert blocked(list(_cabling.findings(inventory(*TWO), plan))) == (Verdict.UNKNOWN, True)


@pytest.mark.truth("B6", "a port of two neighbours is on no known switch of a bond of distinct switches")
def test_a_port_of_two_neighbours_is_on_no_known_switch() -> None:
    need = BondRequirement("bond0", 2, distinct_switches=True)
    assert blocked(list(_network.findings(inventory(*TWO), (need,), ()))) == (Verdict.UNKNOWN, True)


@pytest.mark.parametrize(
    "same",
    [
        (heard("eth0", "leaf-7", "Ethernet3"), heard("eth0", "leaf-7", "Ethernet3")),
        (heard("eth0", "leaf-7", "Ethernet3"), heard("eth0", "core-1(FOX1)", "Gi1/1", via="CDPv2")),
        (heard("eth0", "leaf-7", "Ethernet3", mac="02:00:00:00:00:07"),
         heard("eth0", "", "Ethernet3", mac="02:00:00:00:00:07")),
    ],
    ids=["over two addresses of LLDP", "CDP of a switch behind", "with and without its name"],
)  # fmt: skip
def test_one_neighbour_heard_twice_is_one(same: tuple[dict[str, Any], ...]) -> None:
    other = port(inventory(*same)).neighbour
    assert other is not None
    assert (other.switch, other.port) == ("leaf-7", "Ethernet3")


def test_two_of_another_protocol_are_two() -> None:
    machine = inventory(heard("eth0", "a", "1", via="CDPv2"), heard("eth0", "b", "2", via="EDP"))
    assert port(machine).neighbour is None
    assert port(machine).several == "2 neighbours: a 1 and b 2"


def at(port: str, switch: str, on: str, chassis: str, sort: str = "mac") -> dict[str, Any]:
    """A neighbour with a chassis id of some kind, "" for none."""
    one = heard(port, switch, on)
    one["chassis"][0]["id"] = [{"type": sort, "value": chassis}] if chassis else []
    return one


BOND = BondRequirement("bond0", 2, distinct_switches=True)
NAME = "switch"  # as the maker delivers it


@pytest.mark.truth("B6", "two switches of one name are two, and one switch of two names is one")
@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ((NAME, "02:00:00:00:0A:01"), (NAME, "02:00:00:00:0A:02"), Verdict.PASS),
        ((NAME, "02:00:00:00:0A:01"), (NAME, "02:00:00:00:0a:01"), Verdict.FAIL),
        (("left", "02:00:00:00:0A:01"), ("right", "02:00:00:00:0a:01"), Verdict.FAIL),
        ((NAME, "02:00:00:00:0A:01"), (NAME, ""), Verdict.FAIL),
        ((NAME, ""), (NAME, ""), Verdict.FAIL),
        (("left", ""), ("right", ""), Verdict.PASS),
    ],
)
def test_switches_are_told_apart_by_their_chassis(
    one: tuple[str, str], other: tuple[str, str], verdict: Verdict
) -> None:
    machine = inventory(at("eth0", one[0], "1", one[1]), at("eth1", other[0], "1", other[1]))
    found = {f.requirement: f for f in _network.findings(machine, (BOND,), ())}
    assert found["network.bond0.switches"].verdict is verdict, found


@pytest.mark.truth("B6", "two switches of one name are two, and one switch of two names is one")
def test_a_chassis_need_be_no_mac() -> None:
    machine = inventory(at("eth0", NAME, "1", "FOC-1", "local"), at("eth1", NAME, "1", "FOC-2", "local"))
    (found,) = [f for f in _network.findings(machine, (BOND,), ()) if f.requirement.endswith("switches")]
    assert (found.verdict, found.got) == (Verdict.PASS, "switch (FOC-1), switch (FOC-2)")


@pytest.mark.truth("B6", "two switches of one name on one port are two neighbours")
def test_two_switches_of_one_name_on_one_port_are_two() -> None:
    assert port(inventory(at("eth0", NAME, "7", "FOC-1", "local"), at("eth0", NAME, "7", "FOC-2", "local"))).several


@pytest.mark.truth("B6", "a name that two switches have tells nobody where a cable is")
def test_a_plan_that_names_two_switches_at_once_is_unknown() -> None:
    machine = inventory(at("eth0", NAME, "1", "FOC-1", "local"), at("eth1", NAME, "2", "FOC-2", "local"))
    plan = (Cable("eth0", NAME, "1"), Cable("eth1", NAME, "2"))
    found = list(_cabling.findings(machine, plan))
    assert {f.verdict for f in found} == {Verdict.UNKNOWN}
    assert all("FOC-1" in f.remedy and "FOC-2" in f.remedy for f in found)


def test_a_plan_may_name_a_switch_by_its_chassis() -> None:
    machine = inventory(at("eth0", NAME, "1", "FOC-1", "local"), at("eth1", NAME, "2", "FOC-2", "local"))
    plan = (Cable("eth0", "FOC-1", "1"), Cable("eth1", "FOC-1", "2"))
    assert [f.verdict for f in _cabling.findings(machine, plan)] == [Verdict.PASS, Verdict.FAIL]
