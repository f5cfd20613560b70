"""Error counters name the part: a memory error its DIMM by slot and serial, a disk behind a RAID controller itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.identity import Identity
from metalctl.model.inventory import Dimm, Disk, Inventory, Memory
from metalctl.model.verdict import Verdict
from metalctl.node import tool
from metalctl.node.counters import Snapshot, drives, sources
from metalctl.node.counters.snapshot import Counter
from metalctl.node.edac import dimm_of
from metalctl.node.runner.movement import Movement

EDAC = "sys/devices/system/edac/mc"
DIMMS = (
    Dimm("Node0_Dimm1 DIMM_A1", 2**35, part_number="M393", serial="40F1"),
    Dimm("Node1_Dimm1 DIMM_B1", 2**35, part_number="M393", serial="40F2"),
    Dimm("Node1_Dimm2 DIMM_B2", 0),
)
A1 = "dimm Node0_Dimm1 DIMM_A1, part M393, serial 40F1"


def module(root: Path, place: str, label: str, ce: int, ue: int = 0) -> None:
    folder = root / EDAC / place
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("dimm_label", label), ("dimm_ce_count", f"{ce}"), ("dimm_ue_count", f"{ue}")):
        (folder / name).write_text(text + "\n")


def controller(root: Path, **counts: int) -> None:
    (root / EDAC / "mc0").mkdir(parents=True, exist_ok=True)
    for name, count in counts.items():
        (root / EDAC / "mc0" / name).write_text(f"{count}\n")


def values(found: Snapshot) -> dict[tuple[str, str], int]:
    return {(c.part, c.name): v for c, v in found.values.items()}


def test_a_rise_is_blamed_on_the_dimm_in_its_slot_and_on_nothing_else(tmp_path: Path) -> None:
    inventory = Inventory("in-band", Identity(), memory=Memory(dimms=DIMMS))

    def look() -> Snapshot:
        return sources.cheap((), tmp_path, DIMMS)

    controller(tmp_path, ce_count=2, ue_count=0, ce_noinfo_count=0, ue_noinfo_count=0)
    module(tmp_path, "mc0/dimm0", "Node0_Dimm1 DIMM_A1", 2)
    module(tmp_path, "mc0/dimm1", "Node1_Dimm1 DIMM_B1", 0)
    movement = Movement(inventory, look(), look)
    controller(tmp_path, ce_count=9)  # the controller's sum rises along, and is the same errors
    module(tmp_path, "mc0/dimm0", "Node0_Dimm1 DIMM_A1", 9)
    movement.after("memory")
    (result,) = movement.finish(look(), "b-1")
    assert (result.verdict, result.part, result.component) == (Verdict.FAIL, A1, "dimm")
    assert result.reason == "dimm_ce_count rose from 2 to 9 during memory"


def test_the_ranks_of_one_dimm_are_counted_together(tmp_path: Path) -> None:
    module(tmp_path, "mc0/rank0", "DIMM_A1", 2, 1)
    module(tmp_path, "mc0/rank1", "DIMM_A1", 3)
    assert values(sources.memory(tmp_path, DIMMS)) == {(A1, "dimm_ce_count"): 5, (A1, "dimm_ue_count"): 1}


def test_without_the_firmwares_table_the_drivers_word_stands(tmp_path: Path) -> None:
    module(tmp_path, "mc0/dimm2", "CPU_SrcID#0_MC#0_Chan#1_DIMM#0", 4)
    module(tmp_path, "mc0/dimm3", "", 1)
    found = {part: count for (part, name), count in values(sources.memory(tmp_path)).items() if "ce" in name}
    assert found == {"dimm CPU_SrcID#0_MC#0_Chan#1_DIMM#0": 4, "dimm mc0 dimm3": 1}


def test_errors_that_the_controller_can_give_to_no_module_are_its_own(tmp_path: Path) -> None:
    controller(tmp_path, ce_count=9, ce_noinfo_count=3, ue_count=1, ue_noinfo_count=1)
    mine = "memory controller mc0"
    assert values(sources.memory(tmp_path)) == {(mine, "ce_count"): 9, (mine, "ue_count"): 1}, "it counts by no module"
    module(tmp_path, "mc0/dimm0", "DIMM_A1", 6)
    found = values(sources.memory(tmp_path, DIMMS))
    assert found == {
        (mine, "ce_noinfo_count"): 3, (mine, "ue_noinfo_count"): 1, (A1, "dimm_ce_count"): 6, (A1, "dimm_ue_count"): 0,
    }  # fmt: skip


def test_rows_of_an_older_kernel_are_counted_by_channel(tmp_path: Path) -> None:
    row = tmp_path / EDAC / "mc0/csrow0"
    row.mkdir(parents=True)
    for name, text in {"ch0_dimm_label": "DIMM_A1", "ch0_ce_count": "7", "ch1_ce_count": "1", "ue_count": "2"}.items():
        (row / name).write_text(text)
    controller(tmp_path, ce_count=8, ue_count=2)
    found = values(sources.memory(tmp_path, DIMMS))
    assert found[A1, "dimm_ce_count"] == 7
    assert found["dimm mc0 csrow0 ch1", "dimm_ce_count"] == 1
    assert found["memory controller mc0", "ue_count"] == 2, "uncorrected errors of a row are of no single module"


def test_without_a_driver_that_is_said(tmp_path: Path) -> None:
    assert sources.memory(tmp_path).unreadable == {"edac": "no memory controller driver is loaded"}


@pytest.mark.parametrize(
    ("label", "slot"),
    [("Node0_Dimm1 DIMM_A1", "Node0_Dimm1 DIMM_A1"), ("DIMM_A1", "Node0_Dimm1 DIMM_A1"),
     ("DIMM A1", "Node0_Dimm1 DIMM_A1"), ("DIMM_B2", ""), ("DIMM_A11", ""), ("", ""),
     ("mc#0csrow#0channel#1", ""), ("DIMM", ""), ("1", "")],
)  # fmt: skip
def test_a_label_names_a_populated_slot_or_none(label: str, slot: str) -> None:
    found = dimm_of(label, DIMMS)
    assert (found.slot if found else "") == slot


def test_a_disk_behind_a_raid_controller_is_asked_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(argv: list[str], timeout: float, **_: Any) -> tool.Output:
        asked.append(argv)
        return tool.Output(tuple(argv), 0, json.dumps({"scsi_grown_defect_list": 2}), "")

    monkeypatch.setattr(tool, "run", run)
    hidden = Disk("megaraid,8 /dev/bus/0", "hdd", serial="W1", slot="32:0")
    found = drives.disks([hidden, Disk("sda", "hdd", serial="W2")])
    assert asked == [
        ["smartctl", "-j", "-i", "-H", "-A", "-l", "error", "-d", "megaraid,8", "/dev/bus/0"],
        ["smartctl", "-j", "-i", "-H", "-A", "-l", "error", "/dev/sda"],
    ]
    assert found.values == {Counter("hdd serial W1 32:0 (megaraid,8 /dev/bus/0)", "grown defects"): 2,
                            Counter("hdd serial W2 (sda)", "grown defects"): 2}  # fmt: skip
