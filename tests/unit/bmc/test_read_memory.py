"""Memory as a BMC lists it: persistent, stacked and CXL memory is told apart and is no DRAM."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.bmc.redfish.parse import dimms as parse_dimms
from metalctl.bmc.redfish.schema.system import MemoryModule, System
from metalctl.model.identity import Identity
from metalctl.model.inventory import Cpu, Inventory, Memory
from metalctl.model.match import match
from metalctl.model.profile import MemoryRequirement, Profile, Range, Requires
from metalctl.model.verdict import Verdict

GIB = 1 << 30


def module(name: str, gib: int = 16, **more: Any) -> dict[str, Any]:
    usual = {
        "DeviceLocator": name,
        "CapacityMiB": gib * 1024,
        "MemoryDeviceType": "DDR5",
        "ErrorCorrection": "MultiBitECC",
    }
    return usual | more


def memory(*bodies: dict[str, Any], system: dict[str, Any] | None = None) -> Memory:
    modules = [MemoryModule(body) for body in bodies]
    return parse_dimms.memory(System(system or {}), modules, map(parse_dimms.dimm, modules))


def verdict(found: Memory, gib: int, **need: Any) -> Verdict:
    needs = MemoryRequirement(total=Range(low=float(gib * GIB)), **need)
    inventory = Inventory("out-of-band", Identity(), cpu=Cpu(sockets=1), memory=found)
    return max((f.verdict for f in match(inventory, Profile("p", "compute", requires=Requires(memory=needs)))),
               key=[Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL].index)  # fmt: skip


DRAM = [module(f"DIMM_{c}1", MemoryType="DRAM", NonVolatileSizeMiB=0, VolatileSizeMiB=16384) for c in "ABCD"]
OTHERS = {
    "a persistent module": {"MemoryType": "IntelOptane", "NonVolatileSizeMiB": 131072, "VolatileSizeMiB": 0},
    "an NVDIMM with DRAM on it": {"MemoryType": "NVDIMM_N", "MemoryDeviceType": "DDR4"},
    "a logical device": {"MemoryDeviceType": "Logical"},
    "one that works as persistent memory": {"OperatingMemoryModes": ["PMEM"]},
    "one whose size is all kept": {"NonVolatileSizeMiB": 131072},
    "stacked memory": {"MemoryDeviceType": "HBM3"},
    "a CXL device": {"CXL": {"StagedVolatileSizeMiB": 131072}},
}


@pytest.mark.truth("B5", "persistent memory in App Direct, HBM and CXL memory are told apart and not summed as DRAM")
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_other_memory_makes_no_server_larger(other: dict[str, Any]) -> None:
    found = memory(*DRAM, module("X1", 128, **other, ErrorCorrection="NoECC"))
    assert found.total == 64 * GIB
    assert found.ecc is True, "the ECC of another part is not the memory's"
    assert verdict(found, 65) is Verdict.FAIL
    assert verdict(found, 64, dimms=Range(4, 4)) is Verdict.PASS


@pytest.mark.truth("B5", "memory that caches other memory is not added to what it caches")
def test_in_memory_mode_the_volatile_part_counts() -> None:
    cached = [body | {"VolatileSizeMiB": 0, "CacheSizeMiB": 16384} for body in DRAM]
    whole = [module(f"DIMM_{c}2", 128, MemoryType="IntelOptane", OperatingMemoryModes=["Volatile"]) for c in "ABCD"]
    assert memory(*cached, *whole).total == 512 * GIB


@pytest.mark.parametrize(
    "body", [{"MemoryType": "DRAM", "NonVolatileSizeMiB": 16384}, {"VolatileSizeMiB": 0, "CacheSizeMiB": 0},
             {"OperatingMemoryModes": ["Volatile"]}, {"CXL": {}}],
)  # fmt: skip
def test_a_bmc_that_fills_in_what_it_does_not_know_loses_no_dram(body: dict[str, Any]) -> None:
    assert memory(*(one | body for one in DRAM)).total == 64 * GIB


@pytest.mark.truth("B5", "slot labels keep socket, node and channel: two channels of one number are not one")
def test_a_channel_is_of_its_memory_controller() -> None:
    def at(controller: int, channel: int, slot: int, **more: Any) -> dict[str, Any]:
        place = {"Socket": 1, "MemoryController": controller, "Channel": channel, "Slot": slot}
        return module(f"{controller}{channel}{slot}", MemoryLocation=place, RankCount=2, **more)

    bare = {"Status": {"State": "Absent"}, "CapacityMiB": None}
    uneven = [at(0, 0, 0), at(0, 0, 1), at(0, 1, 0), at(0, 1, 1, **bare), at(1, 0, 0, **bare), at(1, 1, 0)]
    assert verdict(memory(*uneven), 1, channels=True) is Verdict.FAIL


def test_a_place_that_is_the_same_for_all_modules_is_none() -> None:
    place = {"Socket": 0, "MemoryController": 0, "Channel": 0, "Slot": 0}
    assert verdict(memory(*(one | {"MemoryLocation": place} for one in DRAM)), 1, channels=True) is Verdict.PASS
    unlabelled = [module(f"DIMM {n}", MemoryLocation=place) for n in range(1, 7)]
    assert verdict(memory(*unlabelled), 1, channels=True) is Verdict.UNKNOWN
