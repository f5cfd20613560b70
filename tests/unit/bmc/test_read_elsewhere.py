"""Parts that a BMC keeps beside the standard's lists: read where a quirk knows how, else it is not known that there are
none.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from metalctl.bmc import quirks
from metalctl.bmc.errors import QuirkErrors
from metalctl.bmc.quirks.load import catalogue
from metalctl.model.inventory import Inventory
from metalctl.model.match import match
from metalctl.model.profile import DiskRequirement, Profile, Range, Requires
from metalctl.model.verdict import Verdict
from tests.unit.bmc.quirk_deeds_of_lists import CHASSIS, SYSTEM, inventory, linked, listed, smart_storage

QUIRKS = "parts that a maker lists elsewhere are read through quirks"
HINT = "an empty list beside a hint of more is not known to be empty"
NONE = Profile("p", "compute", requires=Requires(disks=(DiskRequirement("data", ("nvme",), Range(0, 0, "0")),)))
DRIVE = {"MediaType": "SSD", "Protocol": "NVMe", "CapacityBytes": 10**12}
ACME = """\
about: Acme lists its bays on the shelf
source: https://tickets.example.net/1
when: {system.Manufacturer: ^Acme$}
set:
  also:
    - kind: disk
      of: chassis
      way: Oem.Acme.Shelf > Bays
      as: {CapacityBytes: SizeMB * 1000000, PredictedMediaLifeLeftPercent: 100 - Wear, SerialNumber: Label.Serial}
    - {kind: controller, of: chassis, way: Oem.Acme.Shelf}
    - {kind: device, way: Oem.Acme.Cards, if: none, as: {Model: Kind}}
"""


def read(tree: dict[str, Any]) -> Inventory:
    """The inventory, with the quirks that hold for the tree's system."""
    return inventory(tree, quirks.quirks_of(root={}, system=tree[SYSTEM]))


def count_of_none(found: Inventory) -> Verdict:
    """Of a profile that wants no disk."""
    (finding,) = match(found, NONE)
    return finding.verdict


@pytest.mark.truth("A7", QUIRKS)
@pytest.mark.parametrize("maker", ["Hpe", "Hp"])
def test_drives_in_a_makers_own_tree_are_disks(maker: str) -> None:
    found = read(smart_storage(maker))
    assert [(d.serial, d.size, d.kind, d.slot) for d in found.disks] == [
        ("D-4", 1831420 * 2**20, "hdd", "1I:1:4"),
        ("D-5", 1831420 * 2**20, "hdd", "1I:1:5"),
    ]
    assert [(c.name, c.model, c.firmware) for c in found.controllers] == [("0", "Array 8", "5.0")]
    assert found.unreadable == ()


@pytest.mark.truth("A1", "what is listed or linked and cannot be read is unreadable with its address, not absent")
def test_a_drive_that_is_listed_there_and_cannot_be_read_is_told() -> None:
    tree = smart_storage()
    gone = f"{SYSTEM}/SmartStorage/ArrayControllers/0/DiskDrives/5"
    del tree[gone]
    found = read(tree)
    assert [d.serial for d in found.disks] == ["D-4"]
    assert [(u.fact, u.address) for u in found.unreadable] == [("disks", gone)]


@pytest.mark.truth("A7", QUIRKS)
def test_a_drive_that_both_trees_list_is_one_disk() -> None:
    tree = smart_storage()
    drives = [f"{SYSTEM}/Storage/R/Drives/{n}" for n in (4, 9)]
    tree[f"{SYSTEM}/Storage"] = listed(f"{SYSTEM}/Storage/R")
    tree[f"{SYSTEM}/Storage/R"] = {"Drives": [linked(path) for path in drives]}
    tree |= {path: DRIVE | {"Id": path[-1], "SerialNumber": f"D-{path[-1]}"} for path in drives}
    assert sorted(d.serial for d in read(tree).disks) == ["D-4", "D-5", "D-9"]


@pytest.mark.truth("A7", "drives that only a chassis links to are disks")
@pytest.mark.parametrize("links", [True, False])
def test_drives_that_only_a_chassis_links_to_are_disks(links: bool) -> None:
    drives = [f"{CHASSIS}/Drives/{n}" for n in (1, 2)]
    held = {"Links": {"Drives": [linked(one) for one in drives]}} if links else {"Drives": linked(f"{CHASSIS}/Drives")}
    tree = {
        SYSTEM: {"Storage": linked(f"{SYSTEM}/Storage"), "Links": {"Chassis": [linked(CHASSIS)]}},
        f"{SYSTEM}/Storage": listed(),
        CHASSIS: held,
        f"{CHASSIS}/Drives": listed(*drives),
        **{path: DRIVE | {"Id": path[-1], "SerialNumber": f"D-{path[-1]}"} for path in drives},
    }
    assert [d.serial for d in read(tree).disks] == ["D-1", "D-2"]


def test_a_drive_that_the_chassis_links_to_by_another_address_is_read_once() -> None:
    own = f"{SYSTEM}/Storage/R/Drives/7"
    tree = {
        SYSTEM: {"Storage": linked(f"{SYSTEM}/Storage"), "Links": {"Chassis": [linked(CHASSIS)]}},
        f"{SYSTEM}/Storage": listed(f"{SYSTEM}/Storage/R"),
        f"{SYSTEM}/Storage/R": {"Drives": [linked(own)]},
        own: DRIVE | {"Id": "7", "SerialNumber": ""},
        CHASSIS: {"Links": {"Drives": [linked(f"{CHASSIS}/Drives/7")]}},
        f"{CHASSIS}/Drives/7": DRIVE | {"Id": "7"},
    }
    assert len(read(tree).disks) == 1


@pytest.mark.truth("A7", HINT)
@pytest.mark.parametrize(
    "more",
    [
        {"Oem": {"Acme": {"Links": {"FlexStorage": linked("/redfish/v1/Flex/1")}}}},
        {"Oem": {"Acme": [{"Bays": linked(f"{SYSTEM}/Oem/Acme/PhysicalDisks")}]}},
        {"Oem": {"Acme": {"RaidControllers": linked("/redfish/v1/Oem/Acme/7")}}},
    ],
)
@pytest.mark.parametrize("where", [SYSTEM, CHASSIS])
def test_an_empty_list_beside_a_makers_link_is_not_known_to_be_empty(where: str, more: dict[str, Any]) -> None:
    tree = {
        SYSTEM: {"Storage": linked(f"{SYSTEM}/Storage"), "Links": {"Chassis": [linked(CHASSIS)]}},
        CHASSIS: {"Id": "1"},
        f"{SYSTEM}/Storage": listed(f"{SYSTEM}/Storage/R"),
        f"{SYSTEM}/Storage/R": {"Drives": []},
    }
    assert (read(tree).unreadable, count_of_none(read(tree))) == ((), Verdict.PASS)
    tree[where] = tree[where] | more
    found = read(tree)
    assert [u.fact for u in found.unreadable] == ["disks"]
    assert "which no quirk knows how to read" in found.unreadable[0].reason
    assert count_of_none(found) is Verdict.UNKNOWN


@pytest.mark.truth("A7", HINT)
@pytest.mark.parametrize("unit", [{"Drives@odata.count": 2}, {"Drives": [], "Drives@odata.count": 2}, {"Volumes": 1}])
def test_drives_that_are_counted_or_made_into_volumes_and_not_listed_are_told(unit: dict[str, Any]) -> None:
    volumes = f"{SYSTEM}/Storage/R/Volumes"
    tree = {
        SYSTEM: {"Storage": linked(f"{SYSTEM}/Storage")},
        f"{SYSTEM}/Storage": listed(f"{SYSTEM}/Storage/R"),
        f"{SYSTEM}/Storage/R": unit
        | {"Volumes": linked(volumes), "StorageControllers": [{"SupportedRAIDTypes": ["RAID1"]}]},
        volumes: listed(f"{volumes}/os") if "Volumes" in unit else listed(),
        f"{volumes}/os": {"Id": "os", "Name": "os", "RAIDType": "RAID1"},
    }
    found = read(tree)
    assert [u.fact for u in found.unreadable] == ["disks"]
    assert count_of_none(found) is Verdict.UNKNOWN


@pytest.mark.truth("A7", HINT)
def test_ports_and_devices_beside_a_makers_link_are_not_known_to_be_none() -> None:
    links = {"NetworkAdapters": linked("/x/Net"), "PCIDevices": linked("/x/Cards")}
    tree = {SYSTEM: {"EthernetInterfaces": linked(f"{SYSTEM}/E"), "Oem": {"Acme": links}}, f"{SYSTEM}/E": listed()}
    assert [u.fact for u in read(tree).unreadable] == ["nics", "pcie"]


def test_a_link_that_a_quirk_knows_is_no_hint() -> None:
    tree = smart_storage()
    tree[f"{SYSTEM}/SmartStorage/ArrayControllers"] = listed()
    found = read(tree)
    assert (found.disks, found.unreadable, count_of_none(found)) == ((), (), Verdict.PASS)


def test_a_site_adds_its_own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "quirks"
    folder.mkdir()
    (folder / "acme.yaml").write_text(ACME)
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path))
    quirks.forget()
    shelf, cards = f"{CHASSIS}/Shelf", f"{SYSTEM}/Cards"
    bay = {"SizeMB": 960000, "MediaType": "SSD", "Label": {"Serial": "B-1"}, "Wear": 3}
    tree = {
        SYSTEM: {"Manufacturer": "Acme", "Links": {"Chassis": [linked(CHASSIS)]},
                 "Oem": {"Acme": {"Cards": linked(cards)}}},
        CHASSIS: {"Oem": {"Acme": {"Shelf": linked(shelf)}}},
        shelf: {"Id": "S", "Model": "Shelf 12", "Bays": linked(f"{shelf}/Bays")},
        f"{shelf}/Bays": listed(f"{shelf}/Bays/0"),
        f"{shelf}/Bays/0": bay,
        cards: listed(f"{cards}/1"),
        f"{cards}/1": {"Kind": "G100", "SerialNumber": "G-1"},
    }  # fmt: skip
    try:
        found = read(tree)
    finally:
        quirks.forget()
    (disk,) = found.disks
    assert (disk.name, disk.size, disk.serial, disk.controller) == ("0", 960 * 10**9, "B-1", "S")
    assert disk.health
    assert disk.health.wear == 3
    assert [(c.name, c.model) for c in found.controllers] == [("S", "Shelf 12")]
    assert [(d.model, d.serial) for d in found.pcie] == [("G100", "G-1")]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("kind: disk", "kind: dish", ".kind: expected disk or controller or device"),
        ("of: chassis\n", "of: rack\n", ".of: expected system or chassis"),
        ("if: none", "if: never", ".if: expected always or none"),
        ("Oem.Acme.Shelf > Bays", "Oem Acme", "a way such as"),
        ("SizeMB * 1000000", "SizeMB * x", "expected a property such as SizeMiB"),
        ("      way: Oem.Acme.Shelf > Bays\n", "", ": way is missing"),
        ("kind: disk\n", "kind: disk\n      wat: 1\n", 'no key is called "wat"'),
    ],
)
def test_a_mistake_in_a_list_is_told_with_its_line(tmp_path: Path, old: str, new: str, what: str) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(ACME.replace(old, new, 1))
    with pytest.raises(QuirkErrors) as caught:
        catalogue(tmp_path, [])
    problem = str(caught.value.problems[0])
    assert len(caught.value.problems) == 1
    assert re.match(rf"{re.escape(str(file))}:\d+:\d+: set\.also\[\d\]", problem)
    assert what in problem
