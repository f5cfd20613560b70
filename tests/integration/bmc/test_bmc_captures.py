"""Real machines, replayed from their captures when these are there. Figures are what makers and labels say."""

from __future__ import annotations

import asyncio
import json
import tarfile
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.bmc.redfish.sweep.sweeping import Swept, sweep
from metalctl.lab.fleet.replay import Fault, Replay
from metalctl.model.inventory import Inventory, PcieLink
from tests.captures import archive

GIB = 2**30


def replay(name: str) -> Replay:
    with tarfile.open(archive(name)) as file:
        members = {m.name: f for m in file if m.name.endswith("/index.json") and (f := file.extractfile(m))}
        tree = {"/" + path.split("/", 1)[1].removesuffix("/index.json"): json.load(f) for path, f in members.items()}
    return Replay(tree, "root", "calvin")


def kinds(found: Inventory) -> dict[str, int]:
    """How many sensors of each kind."""
    return dict(Counter(one.kind for one in found.sensors))


def inventory(server: Replay) -> Inventory:
    with connect(parse_endpoint(server.url), Credential("root", "calvin")) as bmc:
        return bmc.inventory()


def test_a_dell_r750_is_read_right() -> None:
    with replay("dell-r750") as server:
        found = inventory(server)
        assert sum(server.requests.values()) <= 25, "others need 87"
        assert server.sessions == {}
    assert (found.cpu.sockets, found.cpu.cores, found.cpu.threads) == (2, 36, 72), "the GPU is no processor"
    assert sorted(p.socket for p in found.cpu.packages) == ["CPU.Socket.1", "CPU.Socket.2"]
    assert {(p.cores, p.threads) for p in found.cpu.packages} == {(18, 36)}
    assert found.memory.total == 512 * GIB
    assert [d.size for d in found.memory.dimms] == [32 * GIB] * 16
    assert {d.configured_mts for d in found.memory.dimms} == {3200}
    assert len({d.serial for d in found.memory.dimms}) == 16
    assert {d.socket for d in found.memory.dimms} == {"CPU.Socket.1", "CPU.Socket.2"}
    assert found.memory.ecc is True
    assert [(d.kind, d.size, d.slot) for d in found.disks] == [("nvme", 1920383410176, f"Slot {n}") for n in range(3)]
    assert {(d.health.status, d.health.wear) for d in found.disks if d.health} == {("ok", 0.0)}
    # 15.75 Gbit/s are those of a lane here, and the four lanes stand in the maker's own extension.
    assert {disk.link for disk in found.disks} == {PcieLink(16.0, 4, 16.0, 4)}
    assert [c.name for c in found.controllers] == ["AHCI.Embedded.1-1", "AHCI.Embedded.2-1"]
    assert found.volumes == (), "a disk that hangs on the processor is no volume"
    assert found.identity.serial == "F54P1G3", "the service tag on the label"
    assert (found.boot_mode, found.power, found.emulated, found.unreadable) == ("uefi", "on", False, ())


def test_what_hangs_on_a_dell_r750_is_read_right() -> None:
    with replay("dell-r750") as server:
        found = inventory(server)
    assert len(found.nics) == len(found.identity.macs) == 5
    assert {n.slot for n in found.nics} == {"NIC.Embedded.1", "NIC.Integrated.1", "NIC.Slot.5"}
    assert {n.sriov for n in found.nics if n.slot == "NIC.Integrated.1"} == {64}
    assert [(p.health, p.capacity, p.present) for p in found.power_supplies] == [("ok", 2400.0, True)] * 2
    assert len({p.serial for p in found.power_supplies}) == 2
    assert kinds(found)["fan"] == 6
    assert {(s.value, s.unit) for s in found.sensors if s.kind == "fan"} == {(18600.0, "rpm"), (18720.0, "rpm")}
    assert next(s for s in found.sensors if s.name == "CPU1 Temp").upper_critical == 99
    assert [d.model for d in found.pcie if d.kind == "gpu"] == ["NVIDIA H100 PCIe"]
    assert len(found.pcie) == 13
    assert found.tpm
    assert (found.tpm.present, found.tpm.version) == (True, "2.0")
    assert found.manager
    assert (found.manager.firmware, found.manager.mac) == ("6.00.30.00", "b0:7b:25:d6:51:82")
    assert [(f.component, f.version, f.state) for f in found.firmware][:4] == [
        ("bios", "1.8.2", ""),
        ("bmc", "6.00.30.00", ""),
        ("BIOS", "1.2.4", "previous"),
        ("BIOS", "1.8.2", ""),
    ], "the version to roll back to does not run"
    assert ("Power Supply.Slot.1", "00.2A.2B") in [(f.component, f.version) for f in found.firmware]
    assert (found.settings["BootMode"], found.settings["AcPwrRcvryUserDelay"]) == ("Uefi", "120")
    assert [e.at for e in found.log] == sorted((e.at for e in found.log), reverse=True)
    assert (len(found.log), found.log[0].severity) == (5, "ok")
    assert found.sources["disks"] == "redfish Systems/System.Embedded.1/Storage"


def test_a_broken_subtree_of_it_costs_what_hangs_on_it() -> None:
    with replay("dell-r750") as server:
        server.faults["/redfish/v1/Systems/System.Embedded.1/Storage"] = Fault(500)
        found = inventory(server)
    assert [u.fact for u in found.unreadable] == ["controllers", "disks", "volumes"]
    assert found.disks == ()
    assert (found.cpu.cores, found.memory.total, len(found.nics)) == (36, 512 * GIB, 5)


@pytest.mark.parametrize("name", ["dell-r750", "hpe-dl325-gen10"])
def test_it_is_the_same_without_expansion(name: str) -> None:
    with replay(name) as server:
        expanded = inventory(server)
        server.change(expand=False)
        found = inventory(server)
    assert replace(found, taken="", manager=None) == replace(expanded, taken="", manager=None)


@pytest.mark.parametrize("name", ["dell-r750", "hpe-dl325-gen10"])
def test_a_sweep_of_it_costs_25_requests_and_the_next_one_three(name: str) -> None:
    memory: dict[str, Any] = {}

    async def one(server: Replay) -> Swept:
        (found,) = [s async for s in sweep([parse_endpoint(server.url)], Credential("root", "calvin"), memory=memory)]
        return found

    with replay(name) as server:
        first = asyncio.run(one(server))
        second = asyncio.run(one(server))
    assert first.error is None
    assert first.requests <= 25
    assert (second.unchanged, second.requests <= 3) == (True, True)
    assert second.inventory == first.inventory


def test_an_hpe_dl325_is_read_right() -> None:
    with replay("hpe-dl325-gen10") as server:
        found = inventory(server)
    assert (found.cpu.sockets, found.cpu.cores, found.cpu.threads) == (1, 16, 32)
    assert found.cpu.model == "AMD EPYC 7302P 16-Core Processor"
    assert found.memory.total == 64 * GIB
    assert sorted(d.size for d in found.memory.dimms if d.size) == [16 * GIB] * 4
    assert len(found.memory.dimms) == 16
    assert (found.identity.serial, len(found.nics)) == ("MXQ019020B", 4)
    assert {n.speed for n in found.nics if n.link} >= {25 * 10**9}
    assert len({p.slot for p in found.power_supplies}) == 2, "both are called HpeServerPowerSupply"
    assert [p.capacity for p in found.power_supplies] == [500.0, 500.0]
    assert kinds(found)["fan"] == 6, "two bays are empty"
    assert found.manager
    assert (found.manager.model, found.manager.mac) == ("iLO 5", "94:40:c9:37:d3:fc")
    assert (len(found.log), found.log[0].at) == (50, "2022-03-11T13:18:14Z")
    assert found.unreadable == ()


def test_the_reference_rack_mount_is_read_right() -> None:
    with replay("dmtf-rackmount1") as server:
        found = inventory(server)
    assert (found.cpu.sockets, found.cpu.cores) == (1, 8), "an empty socket and an FPGA are no processors"
    assert [d.kind for d in found.pcie] == ["fpga"]
    assert found.memory.total == 96 * GIB
    assert [d.size for d in found.memory.dimms] == [32 * GIB] * 3 + [0]
    assert found.identity.macs == ("12:44:6a:3b:04:11", "12:44:6a:3b:88:90"), "no VLAN, no link to the manager"
    assert [(d.kind, d.size) for d in found.disks] == [("unknown", 8 * 10**12), ("unknown", 4 * 10**12)]
    assert [(p.health, p.capacity) for p in found.power_supplies] == [("warning", 800.0)]
    assert found.settings["EmbeddedSata"] == "Raid"
    assert [u.fact for u in found.unreadable] == ["log"], "its next page is itself: a mockup knows no $skiptoken"
    assert {e.severity for e in found.log} == {"critical"}


def test_the_new_schemas_of_the_reference_say_the_same() -> None:
    with replay("dmtf-rackmount1") as server:
        chassis = server.tree["/redfish/v1/Chassis/1U"]
        del chassis["Power"], chassis["Thermal"]
        found = inventory(server)
    assert [(p.slot, p.health, p.present) for p in found.power_supplies] == [
        ("PSU 1", "warning", True),
        ("PSU 2", "", False),
    ]
    assert found.power_supplies[0].input_volts is None, "its metrics are another request"
    assert kinds(found).keys() >= {"temperature", "fan", "voltage", "power", "current"}
    (volts,) = [s for s in found.sensors if s.name == "Power Supply #1 Input Voltage"]
    assert (volts.value, volts.unit, volts.lower_critical, volts.upper_critical) == (119.27, "V", 115.0, 125.0)
