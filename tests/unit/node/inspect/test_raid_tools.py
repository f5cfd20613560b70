"""RAID cards end to end: what their tools print, to the verdict on the volumes that they make."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.inventory import Inventory
from metalctl.model.match import match
from metalctl.model.profile import DiskRequirement, Install, Profile, Range, Requires
from metalctl.model.verdict import Verdict
from metalctl.node import inspect
from metalctl.node.inspect import disks
from metalctl.node.inspect.host import Host

sys.path.insert(0, str(Path(__file__).parent))
from raid_machine import SSACLI, STORCLI, STORCLI2, Machine, answer, card, drive, new_drive, new_volume, volume
from recorded import Recorded

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
OPTIMAL: dict[str, Any] = {"HostInterface": {"PCI Address": "00:40:00:0"}, "Status": {"Controller Status": "Optimal"}}


def taken(machine: Machine) -> Inventory:
    return inspect.collect(Host(Recorded(machine.case)), change_links=False, wait=False)


def healthy(inventory: Inventory) -> dict[str, Verdict]:
    """Serial of each volume → the verdict on it."""
    count = sum(d.kind == "volume" for d in inventory.disks)
    need = DiskRequirement("os", ("volume",), Range(max(count, 1)), healthy=True)
    profile = Profile(name="p", role="storage", requires=Requires(disks=(need,)), install=Install(root_disk="os"))
    found = [f for f in match(inventory, profile) if f.requirement == "disks.os.healthy"]
    assert found, "nothing was judged"
    # Volumes in order are named only where all are.
    told = {part.split()[2]: f.verdict for f in found for part in f.part.split(", ") if part}
    return {d.serial: told.get(d.serial, PASS) for d in inventory.disks if d.kind == "volume"}


def two_cards(*drives: dict[str, Any], code: int = 0, cards: tuple[Any, ...] | None = None) -> Machine:
    """Two cards of one kind, a mirror of the same slots on each; drives: those of card 0 and of card 1."""
    machine = Machine()
    for number, name in enumerate(("sda", "sdb")):
        machine.disk(name, machine.card(number, "megaraid_sas"), "2:0", f"VOL{number}")
    volumes = answer(volume(0, 0, "sda", 0, 1), volume(1, 0, "sdb", 0, 1))
    told = answer(*(cards if cards is not None else (card("40"), card("41"))))
    machine.tool(STORCLI, told, (answer(*drives), code), volumes)
    return machine


def mirror(number: int, *second: Any, **counts: Any) -> dict[str, Any]:
    return drive(number, 0, f"D{number}0") | drive(number, 1, f"D{number}1", *second, **counts)


def test_two_cards_in_order_pass() -> None:
    found = taken(two_cards(mirror(0), mirror(1)))
    assert healthy(found) == {"VOL0": PASS, "VOL1": PASS}
    assert sorted((d.serial, d.controller) for d in found.raid_disks) == [
        ("D00", "0000:40:00.0"), ("D01", "0000:40:00.0"), ("D10", "0000:41:00.0"), ("D11", "0000:41:00.0")]  # fmt: skip


@pytest.mark.truth("B4", "two cards of one kind are told apart: a bad member fails the volume of its own card")
@pytest.mark.parametrize(
    ("state", "counts"),
    [("Failed", {}), ("Onln", {"Media Error Count": 12}), ("Onln", {"Predictive Failure Count": 1}),
     ("Onln", {"S.M.A.R.T alert flagged by drive": "Yes"})],
)  # fmt: skip
def test_a_bad_member_fails_the_volume_of_its_own_card(state: str, counts: dict[str, Any]) -> None:
    assert healthy(taken(two_cards(mirror(0), mirror(1, state, **counts)))) == {"VOL0": PASS, "VOL1": FAIL}
    assert healthy(taken(two_cards(mirror(0, state, **counts), mirror(1)))) == {"VOL0": FAIL, "VOL1": PASS}


@pytest.mark.truth("B4", "a tool that fails for one card has told of the others")
def test_a_card_without_volumes_does_not_hide_those_of_the_others() -> None:
    machine = two_cards(mirror(0, "Failed"), mirror(1), code=255)
    machine.tool(STORCLI, (answer(card("40"), card("41")), 2), (answer(mirror(0, "Failed"), None), 255),
                 (answer(volume(0, 0, "sda", 0, 1), None), 44))  # fmt: skip
    found = taken(machine)
    assert len(found.raid_disks) == 2
    assert healthy(found)["VOL0"] is FAIL


PACKS: list[dict[str, Any]] = [
    {"BBU_Info": [{"Model": "BBU-9", "State": "Failed"}]}, {"Cachevault_Info": [{"Model": "CV-5", "State": "Dgd"}]},
    {"Status": {"Controller Status": "Needs Attention"}}, {"Status": {"Memory Uncorrectable Errors": 3}},
    {"Status": {"Controller Status": "Optimal", "Any Offline VD Cache Preserved": "Yes"}},
    {"Status": {"Controller Status": "Optimal", "BBU Status": 32}},
    {"Status": {"Controller Status": "Optimal", "Controller has booted into safe mode": "Yes"}},
]  # fmt: skip


@pytest.mark.truth("B4", "a failing battery or cache module is a fault of the volumes behind it")
@pytest.mark.parametrize("told", PACKS)
def test_a_bad_battery_or_cache_module_fails_the_volumes_of_its_card(told: dict[str, Any]) -> None:
    machine = two_cards(mirror(0), mirror(1), cards=(card("40"), {**card("41"), **told}))
    assert healthy(taken(machine)) == {"VOL0": PASS, "VOL1": FAIL}


@pytest.mark.parametrize("state", ["Optimal", "Learning", "Charging"])
def test_a_new_battery_that_charges_is_in_order(state: str) -> None:
    status = {"Controller Status": "Optimal", "BBU Status": 8, "Controller has booted into safe mode": "No"}
    pack = {"BBU_Info": [{"Model": "BBU-9", "State": state}], "Cachevault_Info": [], "Status": status}
    machine = two_cards(mirror(0), mirror(1), cards=(card("40"), card("41", **pack)))
    assert healthy(taken(machine)) == {"VOL0": PASS, "VOL1": PASS}


def test_cards_that_nobody_can_tell_apart_leave_their_volumes_unknown() -> None:
    found = taken(two_cards(mirror(0), mirror(1), cards=(card("77"), card("78"))))
    assert healthy(found) == {"VOL0": UNKNOWN, "VOL1": UNKNOWN}
    assert len(found.raid_disks) == 4, "equal slots of two cards are not one drive"


def second(*drives: dict[str, Any], **change: Any) -> Machine:
    """A card of the second generation with one volume."""
    machine = Machine()
    model = {"device/model": change.pop("model", "MR9761-8i"), "device/wwid": "naa.600062b200aa55cc"}
    machine.disk("sdc", machine.card(0, "mpi3mr"), "1:0", "VOLN", **model)
    told = {"Virtual Drives": [new_volume(change.pop("device", "sdc"), 0, 1, 2, **change.pop("volume", {}))]}
    listed = drives or tuple(new_drive(n, f"N{n}") for n in range(3))
    machine.tool(STORCLI2, answer({**OPTIMAL, **change}), answer({"Drives List": list(listed)}), answer(told))
    return machine


@pytest.mark.truth("B4", "drives and volumes of cards of the second generation are not lost")
def test_a_card_of_the_second_generation_is_read() -> None:
    found = taken(second())
    assert [(d.slot, d.kind, d.serial) for d in found.raid_disks] == [(f"306:{n}", "ssd", f"N{n}") for n in range(3)]
    assert healthy(found) == {"VOLN": PASS}
    assert found.volumes[0].members == ("306:0", "306:1", "306:2")


BAD: list[dict[str, Any]] = [
    {"drives": (new_drive(0, "N0"), new_drive(1, "N1", "Failed"), new_drive(2, "N2"))},
    {"drives": (new_drive(0, "N0"), new_drive(1, "N1"), new_drive(2, "N2", **{"Media Error Count": 2}))},
    {"drives": (new_drive(0, "N0", **{"Predictive Failure Count": 4}), new_drive(1, "N1"), new_drive(2, "N2"))},
    {"Energy Pack Info": [{"Type": "Supercap", "SubType": "FBU1", "Status": "Failed"}]},
    {"volume": {"state": "Dgrd"}}, {"volume": {"Bad Block Exists": "Yes"}},
]  # fmt: skip


@pytest.mark.truth("B4", "a failing part behind a volume of the second generation fails it")
@pytest.mark.parametrize("change", BAD)
def test_what_is_bad_behind_a_card_of_the_second_generation_fails_its_volume(change: dict[str, Any]) -> None:
    drives = change.pop("drives", ())
    assert healthy(taken(second(*drives, **change))) == {"VOLN": FAIL}


def test_a_volume_is_known_by_the_tool_where_its_name_says_nothing() -> None:
    assert healthy(taken(second(model="XQ-7"))) == {"VOLN": PASS}
    by_naa = second(device="", volume={"SCSI NAA Id": "600062B200AA55CC"})
    assert healthy(taken(by_naa)) == {"VOLN": PASS}


def test_a_member_that_the_tool_does_not_show_leaves_the_volume_unknown() -> None:
    assert healthy(taken(second(new_drive(0, "N0"), new_drive(1, "N1")))) == {"VOLN": UNKNOWN}


@pytest.mark.truth("B4", "behind a driver that nobody knows, what does not rotate is no solid-state drive")
@pytest.mark.parametrize("driver", ["mpi3mr", "arcmsr", "3w-sas", "newraid", "qla2xxx"])
def test_the_kind_of_a_disk_behind_an_unknown_driver_is_unknown(driver: str) -> None:
    machine = Machine()
    machine.disk("sde", machine.card(0, driver), "0:3", "E1")
    assert [d.kind for d in taken(machine).disks] == ["unknown"]


@pytest.mark.parametrize(
    ("driver", "place", "files", "kind"),
    [
        ("mpi3mr", "1:0", {"device/vendor": "ATA"}, "ssd"), ("mpi3mr", "1:0", {"device/vendor": "NVMe"}, "ssd"),
        ("mpi3mr", "1:0", {"device/model": "PERC H975 Front"}, "volume"), ("pm80xx", "0:1", {}, "ssd"),
        ("mpt3sas", "0:1", {}, "ssd"), ("mpt3sas", "1:1", {}, "volume"), ("virtio_scsi", "0:1", {}, "ssd"),
        ("smartpqi", "0:1", {}, "unknown"), ("smartpqi", "0:1", {"device/raid_level": "N/A"}, "ssd"),
    ],
)  # fmt: skip
def test_the_kind_of_a_disk_behind_a_known_driver(driver: str, place: str, files: dict[str, str], kind: str) -> None:
    machine = Machine()
    machine.disk("sde", machine.card(0, driver), place, "E1", **files)
    assert [d.kind for d in taken(machine).disks] == [kind]


FABRIC, LOCAL = "/sys/devices/virtual/nvme-fabrics/ctl/nvme4", "/sys/devices/pci0000:00/0000:06:00.0/nvme/nvme4"
POOL = "/sys/devices/virtual/nvme-subsystem/nvme-subsys4"


@pytest.mark.truth("B4", "behind a driver that nobody knows, what does not rotate is no solid-state drive")
@pytest.mark.parametrize(("controller", "kind"), [(FABRIC, "unknown"), (LOCAL, "nvme")])
@pytest.mark.parametrize("multipath", [False, True])
def test_a_namespace_that_another_machine_gives_is_no_drive_of_this_one(
    controller: str, kind: str, multipath: bool
) -> None:
    block = f"{POOL if multipath else controller}/nvme4n1"
    links = {"/sys/block/nvme4n1": block} | ({f"{POOL}/nvme4": controller} if multipath else {})
    files = {f"{block}/size": "9000000", f"{block}/queue/rotational": "0", f"{block}/serial": "REMOTE1"}
    host = Host(Recorded({"files": files, "links": links}))
    (found,) = disks.collect(host)
    assert found.kind == kind
    assert bool(host.notes_of("disks.nvme4n1.kind")) == (kind == "unknown")


def test_a_disk_that_the_controller_passes_through_has_the_controllers_word_too() -> None:
    machine = Machine()
    machine.disk("sdf", machine.card(0, "megaraid_sas"), "0:4", "P1")
    machine.tool(STORCLI, answer(card("40")), answer(drive(0, 4, "P1", "JBOD", **{"Predictive Failure Count": 2})), {})
    (found,) = taken(machine).disks
    assert found.health
    assert (found.health.status, found.slot) == ("failing", "252:4")
    assert taken(machine).raid_disks == ()


SMART_ARRAY = """
Smart Array X9 in Slot {slot}
   Bus Interface: PCI
   Controller Status: OK
   Cache Status: {cache}
   Battery/Capacitor Status: {battery}
   PCI Address (Domain:Bus:Device.Function): 0000:{bus}:00.0

   Array: A
      Status: OK

      Logical Drive: 1
         Fault Tolerance: 1
         Status: OK
         Unrecoverable Media Errors: {media}
         Disk Name: /dev/{device}

      physicaldrive 1I:1:1
         Status: {status}
         Drive Type: Data Drive
         Interface Type: Solid State SAS
         Serial Number: SA{slot}1
         Usage remaining: {left}%
         SSD Smart Trip Wearout: {worn}

      physicaldrive 1I:1:2
         Status: Predictive Failure
         Drive Type: Spare Drive
         Serial Number: SA{slot}2
"""
GOOD = {"cache": "OK", "battery": "OK", "status": "OK", "media": "None", "worn": "Not Supported", "left": "98.5"}


def smart_arrays(**change: str) -> Machine:
    """Two controllers with the same bays, of which the second has the change."""
    machine, text = Machine(), ""
    for number, name in enumerate(("sda", "sdb")):
        below = machine.card(number, "smartpqi")
        machine.disk(name, below, "1:0", f"LD{number}", **{"device/raid_level": "RAID 1(1+0)"})
        words = GOOD | (change if number else {})
        text += SMART_ARRAY.format(slot=number, bus=f"{0x40 + number:X}", device=name, **words)
    machine.files[SSACLI] = ""
    machine.commands[f"{SSACLI} ctrl all show config detail"] = text
    return machine


@pytest.mark.truth("B4", "disks in equal bays of two controllers are not one")
def test_two_controllers_with_equal_bays_keep_all_their_disks() -> None:
    found = taken(smart_arrays())
    assert sorted(d.serial for d in found.raid_disks) == ["SA01", "SA02", "SA11", "SA12"]
    assert healthy(found) == {"LD0": PASS, "LD1": PASS}, "a spare that fails is no member"


@pytest.mark.truth("B4", "what a Smart Array says of a battery, cache, member or wear fails its volume")
@pytest.mark.parametrize(
    "change",
    [{"battery": "Failed (Replace Batteries)"}, {"cache": "Permanently Disabled"}, {"status": "Predictive Failure"},
     {"worn": "True"}, {"media": "Detected"}],
)  # fmt: skip
def test_what_is_bad_behind_a_smart_array_fails_its_own_volume(change: dict[str, str]) -> None:
    assert healthy(taken(smart_arrays(**change))) == {"LD0": PASS, "LD1": FAIL}


def test_a_cache_that_waits_for_its_new_battery_is_in_order() -> None:
    found = taken(smart_arrays(battery="Recharging", cache="Temporarily Disabled"))
    assert healthy(found) == {"LD0": PASS, "LD1": PASS}
    assert {d.health.wear for d in found.raid_disks if d.health and d.health.wear} == {1.5}


@pytest.mark.truth("B9", "the container of firmware's RAID is not critical: it never runs itself")
@pytest.mark.parametrize("metadata", ["external:imsm", "external:ddf"])
def test_a_container_is_no_array_that_stopped(metadata: str) -> None:
    md: dict[str, str] = {}
    for name, told in {
        "md127": {"level": "container", "array_state": "inactive", "metadata_version": metadata},
        "md126": {"level": "raid1", "array_state": "active", "metadata_version": "external:/md127/0", "degraded": "1"},
        "md125": {"level": "raid1", "array_state": "inactive", "metadata_version": "1.2"},
    }.items():
        md |= {f"/sys/block/{name}/md/{file}": text for file, text in told.items()}
    found = {v.name: (v.level, v.health) for v in taken(Machine(files=md)).volumes}
    assert found == {
        "md127": ("container", ""), "md126": ("raid1", "warning"), "md125": ("raid1", "critical")}  # fmt: skip
