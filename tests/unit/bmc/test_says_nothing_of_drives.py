"""What a BMC does not state of its drives is null: never a kind, a size, a wear or a disk."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.inventory import Inventory
from metalctl.model.profile import DiskRequirement, Range
from metalctl.model.verdict import Verdict
from tests.unit.bmc.stated import (
    DRIVES,
    SIMPLE,
    SYSTEM,
    UNIT,
    WORKS,
    drive,
    exactly,
    judged,
    machine,
    read,
    reasons,
    to,
)

NOTHING = "an entry that states nothing is not a part that is there"
UNITS = "a size that can only be in the wrong unit is doubted aloud"
WORDS = "words of an enumeration are understood in any case, spelling and order"


def the_drive(**said: Any) -> dict[str, Any]:
    return {f"{DRIVES}/0": drive(**said)}


def without_storage(*devices: dict[str, Any]) -> Inventory:
    system = {k: v for k, v in machine()[SYSTEM].items() if k != "Storage"} | {"SimpleStorage": to(SIMPLE)}
    return read({SYSTEM: system, UNIT: None, f"{DRIVES}/0": None, f"{SIMPLE}/1": {"Devices": list(devices)}})


@pytest.mark.truth("A8", "life left of a hard disk is no wear")
@pytest.mark.parametrize("said", [{"MediaType": "HDD", "Protocol": "SAS"}, {"MediaType": "SMR"},
                                  {"MediaType": None, "RotationSpeedRPM": 7200}])  # fmt: skip
@pytest.mark.parametrize("left", [0, 100, 17])
def test_a_hard_disk_does_not_wear(said: dict[str, Any], left: int) -> None:
    (found,) = read(the_drive(PredictedMediaLifeLeftPercent=left, **said)).disks
    assert found.kind == "hdd"
    assert found.health
    assert found.health.wear is None


def test_flash_wears_as_it_says() -> None:
    (found,) = read(the_drive(PredictedMediaLifeLeftPercent=88)).disks
    assert found.health
    assert found.health.wear == 12


@pytest.mark.truth("A8", WORDS)
@pytest.mark.parametrize(
    ("media", "protocol", "more", "kind", "transport"),
    [("SAS SSD", "SAS", {}, "ssd", "sas"), ("SSD", "SATA SSD", {}, "ssd", "sata"), (None, "SAS HDD", {}, "hdd", "sas"),
     ("ssd", "sata", {}, "ssd", "sata"), ("Solid State Drive", "", {}, "ssd", ""),
     ("Hard Disk", "sas", {}, "hdd", "sas"),
     ("NVMe SSD", None, {}, "nvme", ""), ("SSD", "nvme", {}, "nvme", "nvme"), ("SSD", "PCIe", {}, "nvme", "pcie"),
     (None, None, {"Model": "SWIFT NVMe 2T"}, "nvme", ""), ("", "SAS", {"Name": "1.2TB 12G SAS HDD"}, "hdd", "sas"),
     (None, "SATA", {"Name": "bay 0", "Model": "PASSDRIVE"}, "unknown", "sata")],
)  # fmt: skip
def test_the_kind_of_a_drive_is_understood_wherever_it_stands(
    media: Any, protocol: Any, more: dict[str, Any], kind: str, transport: str
) -> None:
    said = {"MediaType": media, "Protocol": protocol, "CapacityBytes": 2 * 10**12, **more}
    (found,) = read(the_drive(**said)).disks
    assert (found.kind, found.transport) == (kind, transport)


@pytest.mark.truth("A8", UNITS)
@pytest.mark.parametrize(("size", "said"), [(7_630_885, {"MediaType": "HDD"}), (915_715, {}), (894, {}), (960, {}),
                                            (7_814_026_584, {"MediaType": "HDD"}), (3_750_738_264, {}),
                                            (7_681_501_126_656_000, {"Protocol": "NVMe"})])  # fmt: skip
def test_a_drive_whose_size_is_in_another_unit_has_no_size(size: int, said: dict[str, Any]) -> None:
    found = read(the_drive(CapacityBytes=size, **said))
    assert [one.size for one in found.disks] == [None]
    assert str(size) in reasons(found, "disks.0.size")
    need = DiskRequirement("os", ("ssd", "hdd", "nvme"), exactly(1), size=Range(None, 10**12))
    asked = judged(found, disks=(need,))["disks.os.count"]
    assert asked.verdict is Verdict.UNKNOWN
    assert "another unit" in asked.remedy


@pytest.mark.truth("A8", UNITS)
def test_a_volume_whose_size_is_in_another_unit_has_no_size() -> None:
    unit = machine()[UNIT] | {"Volumes": to(f"{UNIT}/Volumes")}
    found = read({UNIT: unit, f"{UNIT}/Volumes/1": {"Name": "os", "RAIDType": "RAID 1", "CapacityBytes": 915715}})
    assert [(one.size, one.level) for one in found.volumes] == [(None, "raid1")]
    assert "another unit" in reasons(found, "volumes.os.size")


@pytest.mark.truth("A8", NOTHING)
@pytest.mark.parametrize("bay", [{}, {"CapacityBytes": None, "Model": "", "SerialNumber": "N/A", "MediaType": None,
                                      "Protocol": "SAS", "Status": {"State": None}}])  # fmt: skip
def test_a_bay_that_states_nothing_is_no_drive(bay: dict[str, Any]) -> None:
    links = [to(f"{DRIVES}/{n}") for n in (0, 1)]
    found = read({UNIT: machine()[UNIT] | {"Drives": links}, f"{DRIVES}/1": {"Name": "bay 1", **bay}})
    assert [one.serial for one in found.disks] == ["DRV771"]
    assert "1 is listed and states nothing" in reasons(found, "disks")
    need = DiskRequirement("os", ("ssd", "unknown"), exactly(2))
    assert judged(found, disks=(need,))["disks.os.count"].verdict is Verdict.UNKNOWN


def test_a_failed_drive_that_knows_no_more_than_that_is_a_drive() -> None:
    dead = {"MediaType": None, "SerialNumber": None, "Status": {"State": "UnavailableOffline", "Health": "Critical"}}
    found = read({f"{DRIVES}/0": dead})
    assert [(one.kind, one.health and one.health.status) for one in found.disks] == [("unknown", "failing")]


@pytest.mark.truth("A8", NOTHING)
def test_a_backplane_is_no_disk_and_a_disk_without_a_size_is_not_lost() -> None:
    disk = {"Name": "Solid State Disk 0:1:4", "Model": "SW480", "CapacityBytes": 480103981056, "Status": WORKS}
    backplane = {"Name": "Backplane 2 on Connector 0", "Model": "BP12 0:1", "CapacityBytes": None, "Status": WORKS}
    found = without_storage(disk, backplane)
    assert [(one.name, one.kind) for one in found.disks] == [("Solid State Disk 0:1:4", "ssd")]
    assert found.unreadable == ()
    found = without_storage(disk, {"Name": "Physical Disk 0:1:5", "Model": "SW480", "Status": WORKS})
    assert len(found.disks) == 1
    assert "Physical Disk 0:1:5" in reasons(found, "disks")
