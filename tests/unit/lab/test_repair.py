"""`metalctl lab repair`: a faulty emulated node becomes the one that was declared, and stays the same machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.lab import faults
from metalctl.lab.errors import LabStateError
from metalctl.lab.rack import domain, hypervisor, info, plan, repair
from metalctl.lab.rack.accel import Accelerator
from metalctl.lab.rack.paths import LabPaths
from metalctl.lab.rack.plan import PlannedNode
from metalctl.lab.spec import Disk, Nic, Node, Rack

MIB = 2**20
NODE = Node(
    "n1", "storage", firmware="uefi", threads=2, iommu=True, memory=8 * 512 * MIB, dimms=(512 * MIB,) * 8,
    disks=(Disk("ssd", 8 * MIB), *[Disk("hdd", 4 * MIB)] * 2, *[Disk("nvme", 2 * MIB)] * 2),
    nics=(Nic(), Nic()),
)  # fmt: skip
OUTSIDE = {"swapped-cable": "cables", "one-switch": "cables", "psu-missing": "power supplies", "clock-skew": "clock"}


class Lab:
    """A lab whose hypervisor makes the files of a node and defines nothing."""

    def __init__(self, state: Path, node: Node) -> None:
        self.paths, self.defined = LabPaths("lab", state), list[PlannedNode]()
        rack = Rack("r", (replace(NODE, name="n0"), node), switches=2)
        self.planned = plan.make(rack, "lab", state)
        state.mkdir()
        for one in self.planned.nodes:
            hypervisor._make_files(one)
        certificates = {one.node.name: "ab" * 32 for one in self.planned.nodes}
        info.save(self.paths, info.built(self.paths, self.planned, Accelerator("tcg", "here"), certificates))
        repair.remember(self.paths, rack)

    def redefine(self, _: LabPaths, node: PlannedNode, accelerator: str) -> None:
        assert accelerator == "tcg"
        hypervisor._make_files(node)
        self.defined.append(node)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Lab:
    """request.param: the fault of n1."""
    # The firmware's own file is a package of `lab up`, which a developer's machine need not have.
    (tmp_path / "vars.fd").write_bytes(b"NVRAM")
    monkeypatch.setattr(domain, "OVMF_VARS", str(tmp_path / "vars.fd"))
    made = Lab(tmp_path / "lab", replace(NODE, faults=(request.param,)))
    monkeypatch.setattr(hypervisor, "redefine", made.redefine)
    return made


INSIDE = sorted(set(faults.rack_names()) - set(OUTSIDE))


@pytest.mark.parametrize("lab", INSIDE, indirect=True, ids=INSIDE)
def test_the_node_is_as_declared_and_the_same_machine(lab: Lab) -> None:
    before = lab.planned.nodes[1]
    for disk in before.disks:
        with disk.path.open("r+b") as file:
            file.write(disk.serial.encode())
    told = repair.node(lab.paths, "n1")
    (after,) = lab.defined
    assert after.node == NODE
    assert (told.faults, after.uuid, after.serial, after.macs) == ([], before.uuid, before.serial, before.macs)
    assert [disk.disk for disk in after.disks] == [*NODE.disks]
    kept = {disk.serial: disk for disk in before.disks}
    for disk in after.disks:
        same = disk.serial in kept and kept[disk.serial].disk == disk.disk
        assert disk.path.read_bytes().rstrip(b"\0") == (disk.serial.encode() if same else b"")
        assert disk.path.stat().st_size == disk.disk.size
    assert all(path.exists() for path in (*after.memory_tables, after.nvram))
    assert (saved := info.load(lab.paths)) is not None
    assert saved.node("n1") == told
    assert [disk.serial for disk in told.disks] == [disk.serial for disk in after.disks]
    with pytest.raises(LabStateError, match="has no fault"):
        repair.node(lab.paths, "n1")


@pytest.mark.parametrize("lab", OUTSIDE, indirect=True, ids=list(OUTSIDE))
def test_what_is_not_in_the_node_is_refused_by_name_and_nothing_is_changed(
    lab: Lab, request: pytest.FixtureRequest
) -> None:
    before = lab.paths.info.read_text(), lab.paths.declared.read_text()
    (fault,) = lab.planned.nodes[1].node.faults
    with pytest.raises(LabStateError, match=OUTSIDE[fault]):
        repair.node(lab.paths, "n1")
    assert (lab.paths.info.read_text(), lab.paths.declared.read_text()) == before
    assert lab.defined == []


@pytest.mark.parametrize("lab", ["svm-off"], indirect=True)
def test_another_name_is_refused_with_the_names_there_are(lab: Lab) -> None:
    with pytest.raises(LabStateError) as caught:
        repair.node(lab.paths, "n7")
    assert "n0, n1" in caught.value.hint
    with pytest.raises(LabStateError, match="n0 has no fault"):
        repair.node(lab.paths, "n0")
