"""What is listed among the memory devices and is no RAM, or is RAM of another kind: never summed as if it were DRAM."""

from __future__ import annotations

import pytest

from metalctl.model.inventory import Inventory, NumaNode
from metalctl.model.match import match
from metalctl.model.profile import MemoryRequirement, Profile, Range, Requires
from metalctl.model.verdict import Verdict
from tests.unit.node.inspect.smbios_text import GIB, RAM, read, slot

FLASH = {"Use": "Flash Memory", "Error Correction Type": "None", "Location": "System Board Or Motherboard"}
CXL = {"Use": "System Memory", "Error Correction Type": "None", "Location": "CXL Add-on Card"}
CHIP = slot(
    "BIOS", size="32 MB", Array_Handle="0x0C00", Form_Factor="Chip", Type="Flash", Type_Detail="Non-Volatile",
    Rank="Unknown", Configured_Memory_Speed="Unknown",
)  # fmt: skip
DRAM = [slot(f"P1-DIMM{c}1", f"P0_Node0_Channel{n}_Dimm0") for n, c in enumerate("ABCD")]


def optane(n: int, **more: str) -> dict[str, str]:
    kept = {"Non-Volatile Size": "126 GB", "Volatile Size": "None", "Cache Size": "None"}
    device = slot(f"P1-DIMM{'ABCD'[n]}2", f"P0_Node0_Channel{n}_Dimm1", "128 GB", Memory_Technology="Intel Optane DC "
                  "persistent memory", Type="Logical non-volatile device", Rank="1")  # fmt: skip
    return device | kept | {k.replace("_", " "): v for k, v in more.items()}


def verdicts(inventory: Inventory, total: str = "128 GiB", **need: object) -> dict[str, tuple[Verdict, str]]:
    asked = MemoryRequirement(total=Range(low=float(total.split()[0]) * GIB), ecc=True, **need)  # type: ignore[arg-type]
    found = match(inventory, Profile("p", "compute", requires=Requires(memory=asked)))
    return {f.requirement: (f.verdict, f.got) for f in found if f.requirement.startswith("memory.")}


@pytest.mark.truth("B5", "a device of another array than main memory is no RAM, and its ECC is not the memory's")
def test_a_bios_flash_chip_fails_no_good_server() -> None:
    machine = read([*DRAM, CHIP], 126 * GIB, {"0x0A00": RAM, "0x0C00": FLASH})
    assert machine.memory.ecc is True
    assert [d.slot for d in machine.memory.dimms] == [
        f"P0_Node0_Channel{n}_Dimm0 P1-DIMM{'ABCD'[n]}1" for n in range(4)
    ]
    asked = verdicts(machine, dimms=Range(4, 4), balanced=True, channels=True)
    assert {name: v for name, (v, _) in asked.items()} == dict.fromkeys(asked, Verdict.PASS)


@pytest.mark.truth("B5", "a device of another array than main memory is no RAM, and its ECC is not the memory's")
@pytest.mark.parametrize("use", ["Video Memory", "Cache Memory", "Flash Memory"])
def test_nothing_of_another_use_is_counted(use: str) -> None:
    other = slot("SOC", size="8 GB", Array_Handle="0x0C00", Type="SDRAM")
    machine = read([*DRAM, other], 126 * GIB, {"0x0A00": RAM, "0x0C00": {**FLASH, "Use": use}})
    assert sum(d.size for d in machine.memory.dimms) == 128 * GIB


def test_a_flash_chip_that_is_listed_in_the_array_of_main_memory_is_no_ram() -> None:
    machine = read([*DRAM, slot("SPI ROM", size="16 MB", Type="Flash", Form_Factor="<OUT OF SPEC>")], 126 * GIB)
    assert len(machine.memory.dimms) == 4
    assert verdicts(machine, channels=True)["memory.channels"][0] is Verdict.PASS


def test_memory_without_ecc_still_fails_beside_a_flash_chip() -> None:
    machine = read([*DRAM, CHIP], 126 * GIB, {"0x0A00": {**RAM, "Error Correction Type": "None"}, "0x0C00": FLASH})
    assert machine.memory.ecc is False


def test_an_array_whose_use_nobody_states_is_judged_by_what_is_in_it() -> None:
    unstated = {**RAM, "Use": "Unknown"}
    machine = read([*DRAM, slot("ROM", size="16 MB", Type="Flash")], 126 * GIB, {"0x0A00": unstated})
    assert len(machine.memory.dimms) == 4


@pytest.mark.truth("B5", "persistent memory in App Direct, HBM and CXL memory are told apart and not summed as DRAM")
def test_persistent_memory_in_app_direct_makes_no_server_larger() -> None:
    machine = read([*DRAM, *map(optane, range(4))], 126 * GIB)
    found = verdicts(machine, "512 GiB", dimms=Range(8, 8))
    assert found["memory.total"][0] is Verdict.FAIL, "4 × 32 GiB of DRAM are no 512 GiB"
    assert "504 GiB of persistent" in found["memory.total"][1] or "512 GiB of persistent" in found["memory.total"][1]
    assert found["memory.dimms"] == (Verdict.FAIL, "4")


@pytest.mark.truth("B5", "persistent memory in App Direct, HBM and CXL memory are told apart and not summed as DRAM")
def test_a_good_server_with_persistent_memory_in_app_direct_passes() -> None:
    machine = read([*DRAM, *map(optane, range(4))], 126 * GIB)
    found = verdicts(machine, dimms=Range(4, 4), balanced=True, channels=True)
    assert {name: v for name, (v, _) in found.items()} == dict.fromkeys(found, Verdict.PASS)
    assert [d.technology for d in machine.memory.dimms].count("persistent") == 4


@pytest.mark.truth("B5", "memory that caches other memory is not added to what it caches")
def test_in_memory_mode_the_volatile_part_counts_and_its_cache_does_not() -> None:
    cached = [d | {"Volatile Size": "None", "Cache Size": "32 GB"} for d in DRAM]
    whole = [optane(n) | {"Non-Volatile Size": "None", "Volatile Size": "125 GB"} for n in range(4)]
    machine = read([*cached, *whole], 493 * GIB)
    found = verdicts(machine, "500 GiB", balanced=True, channels=True)
    assert {name: v for name, (v, _) in found.items()} == dict.fromkeys(found, Verdict.PASS)
    assert found["memory.total"][1].startswith("500 GiB")


@pytest.mark.truth("B5", "persistent memory in App Direct, HBM and CXL memory are told apart and not summed as DRAM")
def test_an_older_table_tells_persistent_memory_by_its_type_alone() -> None:
    old = slot("P1-DIMMA2", size="16 GB", Type="Other", Type_Detail="Non-Volatile Registered (Buffered)")
    assert verdicts(read([*DRAM, old], 126 * GIB), "144 GiB")["memory.total"][0] is Verdict.FAIL


def test_details_that_call_every_module_persistent_are_wrong() -> None:
    wrong = [d | {"Type Detail": "Synchronous Non-Volatile Registered (Buffered)"} for d in DRAM]
    assert verdicts(read(wrong, 126 * GIB))["memory.total"] == (Verdict.PASS, "128 GiB in 4 DIMMs")


def test_volatile_space_of_persistent_memory_that_no_dram_caches_is_not_used() -> None:
    machine = read([*DRAM, optane(0) | {"Non-Volatile Size": "None", "Volatile Size": "126 GB"}], 126 * GIB)
    found = verdicts(machine)
    assert (found["memory.usable"][0], machine.memory.installed) == (Verdict.PASS, 128 * GIB)


STACKS = [slot(f"CPU0_HBM{n}", size="16 GB", Type="HBM2", Form_Factor="Die", Rank="1") for n in range(4)]


@pytest.mark.truth("B5", "persistent memory in App Direct, HBM and CXL memory are told apart and not summed as DRAM")
@pytest.mark.parametrize(
    ("mode", "total", "nodes"),
    [("Cache Size", 126, (NumaNode(0, "0-31", 126 * GIB),)),
     ("Volatile Size", 190, (NumaNode(0, "0-31", 126 * GIB), NumaNode(1, "", 64 * GIB)))],
    ids=["as cache", "flat"],
)  # fmt: skip
def test_stacked_memory_is_no_dimm(mode: str, total: int, nodes: tuple[NumaNode, ...]) -> None:
    machine = read([*DRAM, *(s | {mode: "16 GB"} for s in STACKS)], total * GIB, numa=nodes)
    good = verdicts(machine, dimms=Range(4, 4), balanced=True, channels=True)
    assert {name: v for name, (v, _) in good.items()} == dict.fromkeys(good, Verdict.PASS)
    assert verdicts(machine, "192 GiB")["memory.total"][0] is Verdict.FAIL


def test_a_machine_of_stacked_memory_alone_has_that() -> None:
    found = verdicts(read(STACKS, 62 * GIB), "64 GiB")
    assert found["memory.total"] == (Verdict.PASS, "64 GiB in 4 DIMMs")


@pytest.mark.truth("B5", "persistent memory in App Direct, HBM and CXL memory are told apart and not summed as DRAM")
def test_a_cxl_card_stands_in_for_no_missing_module() -> None:
    card = slot("CXL0", size="64 GB", Array_Handle="0x0D00", Form_Factor="Proprietary Card")
    arrays = {"0x0A00": RAM, "0x0D00": CXL}
    nodes = (NumaNode(0, "0-31", 126 * GIB), NumaNode(1, "", 64 * GIB))
    good = verdicts(read([*DRAM, card], 190 * GIB, arrays, numa=nodes))
    assert good["memory.total"] == (Verdict.PASS, "128 GiB in 4 DIMMs (64 GiB of CXL memory is not counted)")
    assert (good["memory.usable"][0], good["memory.ecc"][0]) == (Verdict.PASS, Verdict.PASS)
    lost = (NumaNode(0, "0-31", 94 * GIB), NumaNode(1, "", 64 * GIB))
    assert verdicts(read([*DRAM, card], 158 * GIB, arrays, numa=lost))["memory.usable"][0] is Verdict.FAIL


@pytest.mark.truth("B5", "memory of a NUMA node without processors hides no module that was mapped out")
def test_cxl_memory_that_no_table_lists_leaves_it_open_whether_a_module_is_missing() -> None:
    lost = (NumaNode(0, "0-31", 94 * GIB), NumaNode(1, "", 64 * GIB))
    verdict, got = verdicts(read(DRAM, 158 * GIB, numa=lost))["memory.usable"]
    assert verdict is Verdict.UNKNOWN
    assert "64 GiB in NUMA nodes without processors" in got
    whole = (NumaNode(0, "0-31", 126 * GIB), NumaNode(1, "", 64 * GIB))
    assert verdicts(read(DRAM, 190 * GIB, numa=whole))["memory.usable"][0] is Verdict.PASS
