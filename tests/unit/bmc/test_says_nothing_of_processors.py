"""What a BMC does not state of processors, accelerators and the TPM is null; its words are understood as they come."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.inventory import Inventory
from metalctl.model.profile import CpuRequirement
from metalctl.model.verdict import Verdict
from tests.unit.bmc.stated import (
    DEVICES,
    MEMORY,
    PROCESSORS,
    SYSTEM,
    WORKS,
    dimm,
    exactly,
    judged,
    machine,
    read,
    reasons,
)

NOTHING = "an entry that states nothing is not a part that is there"
WORDS = "words of an enumeration are understood in any case, spelling and order"


def processors(**listed: dict[str, Any]) -> Inventory:
    return read({f"{PROCESSORS}/{name}": said for name, said in listed.items()})


def modules(**listed: dict[str, Any]) -> Inventory:
    return read({f"{MEMORY}/A1": None, f"{MEMORY}/B1": None} | {f"{MEMORY}/{n}": said for n, said in listed.items()})


@pytest.mark.truth("A8", NOTHING)
@pytest.mark.parametrize("entry", [{"Socket": "P1"}, {"Socket": "P1", "ProcessorType": "CPU", "TotalCores": 0,
                                   "Model": "", "Status": {"State": None, "Health": None}}])  # fmt: skip
def test_a_socket_that_states_nothing_is_no_processor(entry: dict[str, Any]) -> None:
    found = processors(**{"1": entry})
    assert len(found.cpu.packages) == 1
    assert "P1 is listed and states nothing" in reasons(found, "cpu")
    for wanted in (1, 2):
        asked = judged(found, cpu=CpuRequirement(sockets=exactly(wanted)))["cpu.sockets"]
        assert asked.verdict is Verdict.UNKNOWN, wanted


@pytest.mark.truth("A8", NOTHING)
def test_a_processor_of_which_nobody_says_the_kind_is_no_second_socket() -> None:
    found = processors(**{"1": {"Model": "Draw 8", "Manufacturer": "D", "ProcessorType": None, "Status": WORKS}})
    assert len(found.cpu.packages) == 1
    assert judged(found, cpu=CpuRequirement(sockets=exactly(2)))["cpu.sockets"].verdict is Verdict.UNKNOWN
    old = {name: {k: v for k, v in machine()[f"{PROCESSORS}/0"].items() if k != "ProcessorType"} for name in "01"}
    assert processors(**old).cpu.sockets == 2, "in old schemas none says it, and all are processors"


@pytest.mark.truth("A8", WORDS)
@pytest.mark.parametrize(
    ("said", "model", "vendor"),
    [({"Model": "Fast processor", "Manufacturer": "Fast(R) Inc", "ProcessorId": {"VendorId": "Fast F9 8124 @ 2 GHz"}},
      "Fast F9 8124 @ 2 GHz", "Fast(R) Inc"),
     ({"Model": "Fast Inc", "Manufacturer": "Fast F9 8124"}, "Fast F9 8124", "Fast Inc"),
     ({"Model": "Fast F9 8124", "ProcessorId": {"VendorId": "FastGenuine1"}}, "Fast F9 8124", "FastGenuine1"),
     ({"Model": "Fast Nine", "Manufacturer": "Fast Inc"}, "Fast Nine", "Fast Inc"),
     ({"Model": None, "ProcessorId": {"VendorId": "FastGenuine"}}, "", "FastGenuine")],
)  # fmt: skip
def test_a_processors_maker_and_model_may_stand_in_each_others_place(said: Any, model: str, vendor: str) -> None:
    found = processors(**{"0": machine()[f"{PROCESSORS}/0"] | said}).cpu
    assert (found.model, found.vendor, found.packages[0].model) == (model, vendor, model)


@pytest.mark.truth("A8", WORDS)
def test_types_states_and_architectures_are_words() -> None:
    cpu = {"ProcessorType": "cpu", "TotalCores": 8, "Model": "F", "InstructionSet": "X86_64", "Status": WORKS}
    empty = {"ProcessorType": "Cpu", "Socket": "P1", "Status": {"State": "ABSENT"}}
    gpu = {"ProcessorType": "gpu", "Model": "Draw 8", "Status": {"Health": "enabled", "State": "ok"}}
    found = processors(**{"0": cpu, "1": empty, "2": gpu})
    assert (found.cpu.sockets, found.cpu.architecture) == (1, "x86_64")
    assert [(one.kind, one.model) for one in found.pcie] == [("gpu", "Draw 8")]
    assert [d.slot for d in modules(a=dimm("A1"), b={"Status": {"State": "absent"}}).memory.dimms if not d.size]
    assert read({SYSTEM: machine()[SYSTEM] | {"PowerState": "ON"}}).power == "on"


@pytest.mark.truth("A8", "a GPU's model is its name, not its part number")
@pytest.mark.parametrize(
    ("listed", "device", "model"),
    [({"Name": "Draw 800 NVL", "Model": "177-20410-0030", "PartNumber": "177-20410-0030"},
      {"Name": "Draw 800 NVL", "Model": "177-20410-0030", "PartNumber": "177-20410-0030"}, "Draw 800 NVL"),
     ({"Name": "GPU 1", "Model": "177-20410-0030"}, {"Name": "Draw 800 NVL", "Model": "177-20410-0030"},
      "Draw 800 NVL"),
     ({"Name": "Draw 800 NVL", "Model": "DR8-B21", "PartNumber": "DR8-B21 A"}, None, "Draw 800 NVL"),
     ({"Name": "Processor", "Model": "Draw 800"}, {"Name": "PCIe Device", "Model": "DR8", "PartNumber": "DR8"},
      "Draw 800"),
     ({"Name": "GPU 1", "Model": None}, {"Name": "Draw 900", "Model": "N/A"}, "Draw 900"),
     ({"Name": "GPU 1", "Model": "177-20410-0030"}, None, "177-20410-0030")],
)  # fmt: skip
def test_the_model_of_an_accelerator_is_what_people_call_it(listed: Any, device: Any, model: str) -> None:
    gpu = {"ProcessorType": "GPU", "SerialNumber": "G7001", "Status": WORKS, **listed}
    devices = {f"{DEVICES}/7": {"SerialNumber": "G7001", "Status": WORKS, **device}} if device else {}
    found = read({f"{PROCESSORS}/g": gpu, **devices}).pcie
    assert [(one.kind, one.model) for one in found] == [("gpu", model)]


@pytest.mark.truth("A8", NOTHING)
@pytest.mark.parametrize(("module", "present"), [({}, None), ({"InterfaceType": None, "Status": {}}, None),
                                                 ({"Status": {"State": "absent"}}, False)])  # fmt: skip
def test_a_trusted_module_that_states_nothing_is_none(module: dict[str, Any], present: bool | None) -> None:
    found = read({SYSTEM: machine()[SYSTEM] | {"TrustedModules": [module]}})
    assert found.tpm
    assert found.tpm.present is present
    asked = judged(found, tpm="2.0")["tpm"]
    assert asked.verdict is (Verdict.UNKNOWN if present is None else Verdict.FAIL)
