"""Two systems that are one machine are offered and read as one; nodes of one enclosure never are; what has no system at
all is told as what it is.
"""

from __future__ import annotations

import asyncio
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from metalctl.bmc import Credential, connect, parse_endpoint, probe
from metalctl.bmc.errors import BmcError, SystemNotChosen
from metalctl.bmc.redfish.sweep.sweeping import sweep
from metalctl.cli.discover import discover
from metalctl.lab.fleet.replay import Replay
from metalctl.model.inventory import Inventory
from tests.unit.bmc.conftest import ROOT, SYSTEM, collection, member

GOOD = Credential("admin", "s3cret")
BOARD = f"{ROOT}/Systems/tray"
ONE = "an accelerator board that the BMC shows as a system of its own is one machine with its host"
TWO = "nodes of one enclosure are never joined"
EQUIPMENT = "a Redfish service without systems is told as what it is"
GPU = {"ProcessorType": "GPU", "Model": "G100", "Manufacturer": "Acme"}
CPU = {"ProcessorType": "CPU", "Model": "X", "TotalCores": 8, "TotalThreads": 16}
RESET = {"#ComputerSystem.Reset": {"target": f"{BOARD}/Actions/ComputerSystem.Reset"}}


def beside(tree: dict[str, Any], processors: list[dict[str, Any]], **board: Any) -> Replay:
    """The small tree with a second system of these processors and properties."""
    paths = [f"{BOARD}/Processors/P{n}" for n in range(len(processors))]
    tree[BOARD] = {"Id": "tray", "PowerState": "On", "SerialNumber": "T-1", "Processors": member(f"{BOARD}/Processors")}
    tree[BOARD] |= board
    tree[f"{BOARD}/Processors"] = collection(*paths)
    for n, (path, one) in enumerate(zip(paths, processors, strict=True)):
        tree[path] = {"Id": f"P{n}", "SerialNumber": f"G-{n}"} | one
    tree[f"{ROOT}/Systems"] = collection(SYSTEM, BOARD)
    return served(tree)


def served(tree: dict[str, Any]) -> Replay:
    return Replay({path: {"@odata.id": path} | one for path, one in tree.items()}, "admin", "s3cret")


def taken(server: Replay, asked: str = "") -> Inventory:
    with connect(parse_endpoint(server.url + asked), GOOD, timeout=60) as bmc:
        return bmc.inventory()


def swept(server: Replay) -> list[str]:
    """What a sweep finds behind the BMC: the systems by their serials."""

    async def run() -> list[str]:
        rows = [row async for row in sweep([parse_endpoint(server.url)], GOOD, timeout=60)]
        return [row.inventory.identity.serial if row.inventory else str(row.error) for row in rows]

    return asyncio.run(run())


@pytest.mark.truth("A6", ONE)
@pytest.mark.parametrize(
    ("processors", "board"),
    [
        ([GPU, GPU], {}),
        ([GPU, {"ProcessorType": "FPGA"}], {"SystemType": "Physical", "BiosVersion": "", "Manufacturer": "Acme"}),
        ([{"ProcessorType": "Accelerator", "Model": "A1"}], {"Actions": RESET}),
        ([GPU, {**CPU, "SerialNumber": None}], {"Boot": {"BootSourceOverrideTarget@Redfish.AllowableValues": ["Pxe"]}}),
        ([GPU, {"ProcessorType": "CPU", "Status": {"State": "Absent"}}], {}),
    ],
    ids=["GPUs", "GPU and FPGA", "can be reset", "the host's processor again", "an empty socket"],
)
def test_an_accelerator_board_is_read_with_its_host(
    tree: dict[str, Any], processors: list[dict[str, Any]], board: dict[str, Any]
) -> None:
    with beside(tree, processors, **board) as server:
        found = taken(server)
        assert swept(server) == ["S-1"], "a sweep offers one node"
    accelerators = [p for p in processors if p["ProcessorType"] != "CPU"]
    assert [d.serial for d in found.pcie if d.kind] == [f"G-{n}" for n in range(len(accelerators))]
    assert (found.identity.serial, found.cpu.sockets, found.cpu.cores) == ("S-1", 1, 8)
    assert found.unreadable == ()


@pytest.mark.truth("A6", ONE)
def test_the_memory_and_the_chassis_of_the_board_are_the_machines(tree: dict[str, Any]) -> None:
    stack = f"{BOARD}/Memory/GPU_0_DRAM"
    box = f"{ROOT}/Chassis/tray"
    tree[f"{BOARD}/Memory"] = collection(stack)
    tree[stack] = {"Id": "GPU_0_DRAM", "MemoryDeviceType": "HBM3", "CapacityMiB": 81920, "SerialNumber": "M-1"}
    tree[ROOT]["Chassis"] = member(f"{ROOT}/Chassis")
    tree[f"{ROOT}/Chassis"] = collection(box)
    tree[box] = {"Id": "tray", "Links": {"ComputerSystems": [member(BOARD)]}, "PCIeDevices": member(f"{box}/PCIe")}
    tree[f"{box}/PCIe"] = collection(f"{box}/PCIe/SW")
    tree[f"{box}/PCIe/SW"] = {"Id": "SW", "SerialNumber": "SW-1"}
    with beside(tree, [GPU], Memory=member(f"{BOARD}/Memory")) as server:
        found = taken(server)
    assert [(d.size // 2**30, d.technology) for d in found.memory.dimms if d.size] == [(32, ""), (80, "hbm")]
    assert found.memory.installed == 32 * 2**30, "the GPU's own memory is no main memory"
    assert sorted(d.serial for d in found.pcie) == ["G-0", "SW-1"]


@pytest.mark.truth("A6", ONE)
def test_a_gpu_of_the_board_that_cannot_be_read_is_told(tree: dict[str, Any]) -> None:
    with beside(tree, [GPU, GPU]) as server:
        del server.tree[f"{BOARD}/Processors/P1"]
        found = taken(server)
    assert [d.serial for d in found.pcie if d.kind] == ["G-0"]
    assert [(u.fact, u.address) for u in found.unreadable] == [("pcie", f"{BOARD}/Processors/P1")]


@pytest.mark.truth("A6", ONE)
def test_the_power_of_the_machine_is_its_hosts(tree: dict[str, Any]) -> None:
    async def states() -> list[str]:
        rows = sweep([parse_endpoint(server.url)], GOOD, timeout=60)
        return [row.inventory.power async for row in rows if row.inventory]

    with beside(tree, [GPU]) as server:
        assert asyncio.run(states()) == ["off"]


@pytest.mark.truth("A6", "a board is no machine of its own, and whoever asks for it is told whose it is")
def test_the_board_alone_is_no_machine(tree: dict[str, Any]) -> None:
    with beside(tree, [GPU]) as server, pytest.raises(SystemNotChosen) as caught:
        taken(server, "?system=tray")
    assert "accelerator board of the system blade-7" in caught.value.message
    assert caught.value.hint == f"use {server.url}"


@pytest.mark.parametrize(
    ("processors", "board"),
    [
        ([CPU], {}),
        ([], {}),
        ([GPU, CPU], {"Actions": RESET}),
        ([GPU, {**CPU, "Model": "Y"}], {}),
        ([GPU, CPU, CPU], {}),
        ([GPU], {"BiosVersion": "2.0"}),
        ([GPU], {"Bios": member(f"{BOARD}/Bios")}),
        ([GPU], {"SecureBoot": member(f"{BOARD}/SecureBoot")}),
        ([GPU], {"Storage": member(f"{BOARD}/Storage")}),
        ([GPU], {"EthernetInterfaces": member(f"{BOARD}/EthernetInterfaces")}),
        ([GPU], {"Boot": {"BootOrder": ["Boot0001"]}}),
        ([GPU], {"Boot": {"BootSourceOverrideTarget": "Pxe"}}),
        ([GPU], {"BootProgress": {"LastState": "OSRunning"}}),
    ],
)
def test_a_node_of_its_own_is_not_joined(
    tree: dict[str, Any], processors: list[dict[str, Any]], board: dict[str, Any]
) -> None:
    with beside(tree, processors, **board) as server:
        with pytest.raises(SystemNotChosen, match="2 systems"):
            taken(server)
        assert swept(server) == ["S-1", "T-1"]


@pytest.mark.parametrize(
    ("links", "joined"),
    [({}, ""), ({"ManagedBy": ["m"]}, ""), ({"Chassis": ["c1"]}, "S-1"), ({"Chassis": ["c1", "c2"]}, ""),
     ({"ManagedBy": ["m1"]}, "S-1"), ({"ManagedBy": ["m2"]}, "S-2")],
)  # fmt: skip
def test_with_two_nodes_the_board_is_of_the_one_that_it_shares_a_chassis_or_a_manager_with(
    tree: dict[str, Any], links: dict[str, list[str]], joined: str
) -> None:
    second = f"{ROOT}/Systems/blade-8"
    tree[second] = deepcopy(tree[SYSTEM]) | {"@odata.id": second, "Id": "blade-8", "SerialNumber": "S-2"}
    for path, name in ((SYSTEM, "1"), (second, "2")):
        own = {"Chassis": [member(f"/c{name}")], "ManagedBy": [member("/m"), member(f"/m{name}")]}
        tree[path]["Links"] = own
    asked = {name: [member(f"/{one}") for one in ids] for name, ids in links.items()}
    with beside(tree, [GPU], Links=asked) as server:
        server.tree[f"{ROOT}/Systems"] = collection(SYSTEM, second, BOARD)
        found = swept(server)
        assert found == (["S-1", "S-2"] if joined else ["S-1", "S-2", "T-1"])
        if joined:
            gpus = {s: len([d for d in taken(server, f"?system={s}").pcie if d.kind]) for s in ("blade-7", "blade-8")}
            assert gpus == {"blade-7": int(joined == "S-1"), "blade-8": int(joined == "S-2")}


@pytest.mark.truth("A2", "an answer that is an error, or not the resource that was asked, is no part")
@pytest.mark.parametrize("answer", [{"error": {"code": "Base.1.8.GeneralError"}}, {"Members": None}, {"Name": "x"}])
def test_a_list_of_systems_that_is_an_error_is_not_no_system(tree: dict[str, Any], answer: dict[str, Any]) -> None:
    with served(tree | {f"{ROOT}/Systems": answer}) as server, pytest.raises(BmcError) as caught:
        taken(server)
    assert "the list of its systems is" in caught.value.message


def manager(tree: dict[str, Any], kind: str, types: list[str], **root: Any) -> Replay:
    """A service without systems, with a manager of that kind and chassis of these types."""
    chassis = [f"{ROOT}/Chassis/{n}" for n in range(len(types))]
    base = {n: v for n, v in tree[ROOT].items() if n != "Systems"}
    found = {
        ROOT: base | {n: member(f"{ROOT}/{n}") for n in ("Chassis", "Managers")} | root,
        f"{ROOT}/Managers": collection(f"{ROOT}/Managers/M"),
        f"{ROOT}/Managers/M": {"Id": "M", "ManagerType": kind},
        f"{ROOT}/Chassis": collection(*chassis),
        **{path: {"ChassisType": one} for path, one in zip(chassis, types, strict=True)},
    }
    return served(found)


@pytest.mark.truth("A6", EQUIPMENT)
@pytest.mark.parametrize(
    ("kind", "root", "told"),
    [
        ("EnclosureManager", {}, "the manager of an enclosure"),
        ("RackManager", {}, "the manager of a rack"),
        ("ManagementController", {"Fabrics": member(f"{ROOT}/Fabrics")}, "a switch, or the manager of a fabric"),
        ("Service", {"PowerEquipment": member(f"{ROOT}/PowerEquipment")}, "power equipment, such as a rack's PDU"),
        ("BMC", {}, "the manager of an enclosure, a switch or other equipment"),
    ],
)
def test_what_manages_no_system_is_told_as_what_it_is(
    tree: dict[str, Any], kind: str, root: dict[str, Any], told: str
) -> None:
    with manager(tree, kind, ["Enclosure", "Blade", "Blade"], **root) as server:
        with pytest.raises(SystemNotChosen) as caught:
            taken(server)
        assert f"manages no system: it is {told}, not a server's BMC" in caught.value.message
        assert f"managers: 1 × {kind}; chassis: 2 × Blade, 1 × Enclosure" in caught.value.message
        assert server.sessions == {}
        (row,) = swept(server)
        assert "manages no system" in row
        found = probe(parse_endpoint(server.url))
    assert found.equipment
    assert "a Redfish service without systems" in found.notes[0]


@pytest.mark.truth("A6", EQUIPMENT)
def test_discover_lists_it_and_writes_it_into_no_nodes_file(tree: dict[str, Any], tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.csv"
    with manager(tree, "EnclosureManager", ["Enclosure"]) as server:
        result = CliRunner().invoke(discover, [server.url, "--json", "--protocol", "redfish"])
        assert result.exit_code == 0, result.output
        told = {row["bmc"]: row["notes"] for row in json.loads(result.stdout)}
        assert ["without systems" in "".join(notes) for notes in told.values()] == [True]
        written = CliRunner().invoke(discover, [server.url, "--protocol", "redfish", "-o", str(nodes)])
    assert "not in the nodes file: it is the manager of an enclosure" in written.output
    assert nodes.read_text().splitlines()[1:] == []
