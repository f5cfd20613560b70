"""A cable belongs to a port, not to a slot; a switch is told by its chassis id, not by a name that two may have."""

from __future__ import annotations

import pytest

from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory, Neighbour, Nic
from metalctl.model.match import match
from metalctl.model.profile import BondRequirement, Cable, Profile, Requires
from metalctl.model.verdict import Verdict

BY_PORT = "a slot with several ports does not stand for the first of them"
BY_ID = "two switches of one name are two, and one switch is one, by its chassis id"
A, B = "0c:42:a1:00:00:0a", "0c:42:a1:00:00:0b"


def port(number: int, switch: str, chassis: str = "", slot: str = "Slot 5") -> Nic:
    at = Neighbour(switch, f"eth{number}", chassis)
    return Nic(f"ens5f{number}", f"0c:42:a1:31:07:0{number}", 25 * 10**9, link=True, pci=f"0000:5e:00.{number}",
               slot=slot, neighbour=at)  # fmt: skip


def found(needs: Requires, *nics: Nic) -> dict[str, Finding]:
    machine = Inventory("in-band", Identity(serial="QM4471"), nics=nics)
    return {one.requirement: one for one in match(machine, Profile("p", "compute", requires=needs))}


def cable(named: str, switch_port: str, switch: str = "leaf-a") -> Requires:
    return Requires(cabling=(Cable(named, switch, switch_port),))


@pytest.mark.truth("B6", BY_PORT)
@pytest.mark.parametrize("switch_port", ["eth0", "eth1", "*"])
def test_a_slot_with_two_ports_is_not_its_first(switch_port: str) -> None:
    told = found(cable("Slot 5", switch_port), port(0, "leaf-a"), port(1, "leaf-a"))["cabling.Slot 5"]
    assert told.verdict is Verdict.UNKNOWN
    assert "Slot 5 port 1" in told.remedy


@pytest.mark.truth("B6", BY_PORT)
@pytest.mark.parametrize("named", ["Slot 5 port 2", "slot 5/2", "Slot 5-2", "Slot 5 ens5f1"])
def test_a_port_of_a_slot(named: str) -> None:
    nics = port(1, "leaf-a"), port(0, "leaf-a")
    assert found(cable(named, "eth1"), *nics)[f"cabling.{named}"].verdict is Verdict.PASS
    assert found(cable(named, "eth0"), *nics)[f"cabling.{named}"].verdict is Verdict.FAIL


def test_a_slot_with_one_port_is_that_port() -> None:
    assert found(cable("slot 5", "eth0"), port(0, "leaf-a"))["cabling.slot 5"].verdict is Verdict.PASS


def test_a_switch_that_the_plan_names_by_its_chassis_id() -> None:
    nic = port(0, "switch", A)
    assert found(cable("ens5f0", "eth0", A), nic)["cabling.ens5f0"].verdict is Verdict.PASS
    assert found(cable("ens5f0", "eth0", B), nic)["cabling.ens5f0"].verdict is Verdict.FAIL


PAIR = Requires(bonds=(BondRequirement("bond0", 2, distinct_switches=True),))


@pytest.mark.truth("B6", BY_ID)
def test_two_switches_of_one_name_are_two() -> None:
    told = found(PAIR, port(0, "switch", A), port(1, "switch", B))
    assert told["network.bond0.members"].verdict is Verdict.PASS


@pytest.mark.truth("B6", BY_ID)
def test_one_switch_with_two_names_is_one() -> None:
    """It was renamed between the two announcements."""
    told = found(PAIR, port(0, "leaf-a", A), port(1, "leaf-a.example.net", A))
    assert told["network.bond0.switches"].verdict is Verdict.FAIL


def test_where_no_chassis_id_is_known_the_name_tells() -> None:
    assert found(PAIR, port(0, "leaf-a"), port(1, "leaf-a"))["network.bond0.switches"].verdict is Verdict.FAIL
    assert found(PAIR, port(0, "leaf-a"), port(1, "leaf-b"))["network.bond0.members"].verdict is Verdict.PASS
