"""Real machines, replayed from their captures when these are there. Figures are what makers and labels say."""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path

import pytest

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.bmc.replay import Fault, Replay
from metalctl.model.inventory import Inventory

CAPTURES = Path(os.environ.get("METALCTL_CAPTURES", Path(__file__).parents[3] / "shared" / "captures"))
GIB = 2**30


def replay(name: str) -> Replay:
    archive = CAPTURES / f"{name}.tar.gz"
    if not archive.exists():
        pytest.skip(f"no capture {archive} (set METALCTL_CAPTURES)")
    with tarfile.open(archive) as file:
        members = {m.name: f for m in file if m.name.endswith("/index.json") and (f := file.extractfile(m))}
        tree = {"/" + path.split("/", 1)[1].removesuffix("/index.json"): json.load(f) for path, f in members.items()}
    return Replay(tree, "root", "calvin")


def inventory(server: Replay) -> Inventory:
    with connect(parse_endpoint(server.url), Credential("root", "calvin")) as bmc:
        return bmc.inventory()


def test_a_dell_r750_is_read_right() -> None:
    with replay("dell-r750") as server:
        found = inventory(server)
        assert sum(server.requests.values()) < 87, "that is what others need"
    assert (found.cpu.sockets, found.cpu.cores, found.cpu.threads) == (2, 36, 72), "the GPU is no processor"
    assert found.memory.total == 512 * GIB
    assert [d.size for d in found.memory.dimms] == [32 * GIB] * 16
    assert {d.configured_mts for d in found.memory.dimms} == {3200}
    assert found.memory.ecc is True
    assert [(d.kind, d.size, d.slot) for d in found.disks] == [("nvme", 1920383410176, f"Slot {n}") for n in range(3)]
    assert len(found.identity.macs) == 5
    assert found.identity.serial == "F54P1G3", "the service tag on the label"
    assert [(f.component, f.version) for f in found.firmware] == [("bios", "1.8.2"), ("bmc", "6.00.30.00")]
    assert (found.boot_mode, found.power, found.emulated, found.unreadable) == ("uefi", "on", False, ())


def test_a_broken_subtree_of_it_costs_one_unreadable() -> None:
    with replay("dell-r750") as server:
        server.faults["/redfish/v1/Systems/System.Embedded.1/Storage"] = Fault(500)
        found = inventory(server)
    assert [u.fact for u in found.unreadable] == ["disks"]
    assert found.disks == ()
    assert (found.cpu.cores, found.memory.total, len(found.nics)) == (36, 512 * GIB, 5)


def test_an_hpe_dl325_is_read_right() -> None:
    with replay("hpe-dl325-gen10") as server:
        found = inventory(server)
    assert (found.cpu.sockets, found.cpu.cores, found.cpu.threads) == (1, 16, 32)
    assert found.cpu.model == "AMD EPYC 7302P 16-Core Processor"
    assert found.memory.total == 64 * GIB
    assert sorted(d.size for d in found.memory.dimms if d.size) == [16 * GIB] * 4
    assert (found.identity.serial, len(found.nics)) == ("MXQ019020B", 4)
    assert {n.speed for n in found.nics if n.link} >= {25 * 10**9}
    assert found.unreadable == ()


def test_the_reference_rack_mount_is_read_right() -> None:
    with replay("dmtf-rackmount1") as server:
        found = inventory(server)
    assert (found.cpu.sockets, found.cpu.cores) == (1, 8), "an empty socket and an FPGA are no processors"
    assert found.memory.total == 96 * GIB
    assert [d.size for d in found.memory.dimms] == [32 * GIB] * 3 + [0]
    assert found.identity.macs == ("12:44:6a:3b:04:11", "12:44:6a:3b:88:90"), "no VLAN, no link to the manager"
    assert [(d.kind, d.size) for d in found.disks] == [("unknown", 8 * 10**12), ("unknown", 4 * 10**12)]
