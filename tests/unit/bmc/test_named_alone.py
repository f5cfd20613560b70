"""A part that only another resource names, and no list has, is not known: its list is open."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.profile import BondRequirement, CpuRequirement, DiskRequirement, MemoryRequirement, PowerRequirement
from metalctl.model.verdict import Verdict
from tests.unit.bmc.stated import (
    ADAPTER,
    CHASSIS,
    DRIVES,
    MEMORY,
    POWER,
    PROCESSORS,
    UNIT,
    WORKS,
    dimm,
    drive,
    exactly,
    judged,
    machine,
    read,
    reasons,
    supply,
    to,
)

NAMED = "a part that only another resource's links name, and no list has, opens its list"
LINKED = "a chassis' list of drives that cannot be read opens the disks, although a storage unit lists some"
SSD = {"disks": (DiskRequirement("os", ("ssd",), exactly(1)),)}
VOLUME = {"Name": "v", "RAIDType": "RAID1", "CapacityBytes": 960_197_124_096, "Status": WORKS}
Overlay = dict[str, dict[str, Any]]


def box(**more: Any) -> Overlay:
    """The chassis, with more of its own."""
    return {CHASSIS: machine()[CHASSIS] | more}


def links(**more: Any) -> dict[str, Any]:
    """The links of the chassis, with more."""
    return {"Links": {"ComputerSystems": machine()[CHASSIS]["Links"]["ComputerSystems"], **more}}


def volume(**more: Any) -> Overlay:
    """A volume of the machine's drive, with more links."""
    inside = [{"MemberId": "0", "Name": "RAID", "SupportedRAIDTypes": ["RAID1"]}]
    unit = {"Id": "u-1", "Drives": [to(f"{DRIVES}/0")], "StorageControllers": inside, "Volumes": to(f"{UNIT}/Volumes")}
    return {UNIT: unit, f"{UNIT}/Volumes/1": VOLUME | {"Links": {"Drives": [to(f"{DRIVES}/0")]} | more}}


def card(**controller: Any) -> Overlay:
    """An adapter of one port, whose controller links to that."""
    port = f"{ADAPTER}/Ports/p-1"
    own = {"Links": {"Ports": [to(port)], **controller}}
    seen = {"Ethernet": {"AssociatedMACAddresses": ["06:31:00:00:00:21"]}, "LinkStatus": "LinkUp"}
    return {ADAPTER: {"Ports": to(f"{ADAPTER}/Ports"), "Controllers": [own]}, port: seen}


CPU = machine()[f"{PROCESSORS}/0"]
# What the machine is to have, the overlay, the fact that is open, where the part is that nobody lists.
ALONE: dict[str, tuple[dict[str, Any], str, Overlay, str, str]] = {
    "a drive that a volume is made of": (
        SSD, "disks.os.count", volume(Drives=[to(f"{DRIVES}/0"), to(f"{DRIVES}/7")]), "disks", f"{DRIVES}/7"),
    "the spare of a volume": (
        SSD, "disks.os.count", volume(DedicatedSpareDrives=[to(f"{DRIVES}/8")]), "disks", f"{DRIVES}/8"),
    "a subsystem of the chassis": (
        SSD, "disks.os.count", box(**links(Storage=[to(UNIT), to(f"{UNIT}-b")])), "disks", f"{UNIT}-b"),
    "the processor of a module": (
        {"cpu": CpuRequirement(sockets=exactly(1))}, "cpu.sockets",
        {f"{MEMORY}/B1": dimm("B1", Links={"Processors": [to(f"{PROCESSORS}/4")]})}, "cpu", f"{PROCESSORS}/4"),
    "a processor beside another": (
        {"cpu": CpuRequirement(sockets=exactly(1))}, "cpu.sockets",
        {f"{PROCESSORS}/0": CPU | {"Links": {"ConnectedProcessors": [to(f"{PROCESSORS}/5")]}}},
        "cpu", f"{PROCESSORS}/5"),
    "a processor of the chassis": (
        {"cpu": CpuRequirement(sockets=exactly(1))}, "cpu.sockets",
        box(**links(Processors=to(f"{PROCESSORS}/6"))), "cpu", f"{PROCESSORS}/6"),
    "a module of a processor": (
        {"memory": MemoryRequirement(dimms=exactly(2))}, "memory.dimms",
        {f"{PROCESSORS}/0": CPU | {"Links": {"Memory": [to(f"{MEMORY}/A1"), to(f"{MEMORY}/C1")]}}},
        "memory.dimms", f"{MEMORY}/C1"),
    "a port of a controller": (
        {"bonds": (BondRequirement("bond0", 1),)}, "network.bond0.members",
        card(Ports=[to(f"{ADAPTER}/Ports/p-1"), to(f"{ADAPTER}/Ports/p-2")]), "nics", f"{ADAPTER}/Ports/p-2"),
    "a supply that others stand in for": (
        {"power": PowerRequirement(supplies=exactly(1))}, "power.supplies",
        {POWER: {"Id": "Power", "PowerSupplies": [supply(0)],
                 "Redundancy": [{"RedundancySet": [to(f"{POWER}#/PowerSupplies/{n}") for n in (0, 1)]}]}},
        "power_supplies", f"{POWER}#/PowerSupplies/1"),
}  # fmt: skip


@pytest.mark.truth("A1", NAMED)
@pytest.mark.parametrize("what", ALONE)
def test_a_part_that_only_another_resource_names(what: str) -> None:
    needs, requirement, overlay, fact, address = ALONE[what]
    found = read(overlay)
    assert judged(found, **needs)[requirement].verdict is Verdict.UNKNOWN
    assert [one.fact for one in found.unreadable if one.address == address] == [fact]


NEIGHBOURS: dict[str, Overlay] = {
    "a volume of the drive": volume(),
    "the same at another address": volume(Drives=[to(f"{CHASSIS}/Drives/0")]),
    "ports": card(NetworkPorts=[to(f"{ADAPTER}/NetworkPorts/p-1")]),
    "modules": {f"{PROCESSORS}/0": CPU | {"Links": {"Memory": [to(f"{MEMORY}/A1/"), to(f"{MEMORY}/b1")]}}},
    "supplies": {POWER: {"Id": "Power", "PowerSupplies": [supply(0)],
                         "Redundancy": [{"RedundancySet": [to(f"{POWER}#/PowerSupplies/0")]}]}},
    "a chassis' list of drives": box(Drives=to(f"{CHASSIS}/Drives"))
    | {f"{CHASSIS}/Drives": {"Members": [to(f"{DRIVES}/0")], "Members@odata.count": 1}},
    "the chassis' own address of the drive": box(**links(Drives=[to(f"{CHASSIS}/Drives/0")])),
}  # fmt: skip


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_what_is_listed_is_named_in_vain(what: str) -> None:
    assert read(NEIGHBOURS[what]).unreadable == ()


@pytest.mark.truth("A1", LINKED)
@pytest.mark.parametrize(
    ("more", "address"),
    [({"Drives": to(f"{CHASSIS}/Drives")}, f"{CHASSIS}/Drives"),
     ({"Drives": to(f"{CHASSIS}/Drives-b")}, f"{CHASSIS}/Drives-b"),
     (links(Drives=[to(f"{DRIVES}/0"), to(f"{CHASSIS}/Drives/3")]), f"{CHASSIS}/Drives/3"),
     (links(Drives=[to(f"{DRIVES}/0"), to(f"{CHASSIS}-b/Drives/0")]), f"{CHASSIS}-b/Drives/0")],
)  # fmt: skip
def test_drives_that_a_chassis_links_to_and_nobody_can_read(more: dict[str, Any], address: str) -> None:
    found = read(box(**more))
    assert judged(found, **SSD)["disks.os.count"].verdict is Verdict.UNKNOWN
    assert address in reasons(found, "disks")


@pytest.mark.truth("A1", LINKED)
def test_a_drive_that_only_the_chassis_lists_is_a_drive() -> None:
    """Its neighbour in the other backplane has the same last step of its address."""
    other = f"{CHASSIS}-b/Drives/0"
    found = read(box(**links(Drives=[to(f"{DRIVES}/0"), to(other)])) | {other: drive(SerialNumber="DRV902")})
    assert ({one.serial for one in found.disks}, found.unreadable) == ({"DRV771", "DRV902"}, ())
