"""The inventory as one: a machine put together from recorded cases, each part in its place, and no tool run twice."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path
from typing import Any

from metalctl.model.codec import decode, encode
from metalctl.model.inventory import Inventory
from metalctl.node.inspect import collect, vpd
from metalctl.node.inspect.host import Host

_HERE = Path(__file__).parent
_SPEC = importlib.util.spec_from_file_location("recorded_host_whole", _HERE / "recorded.py")
assert _SPEC
assert _SPEC.loader
_RECORDED = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_RECORDED)

_PARTS = (
    "cpu/each-socket-has-its-microcode-and-each-cache-is-counted-once",
    "memory/dell-slots-name-their-socket-by-letter",
    "nvme/a-data-centre-disk-tells-health-namespaces-firmware-and-link",
    "smart/a-sas-disk-tells-grown-defects-and-its-bay",
    "nics/an-adapter-tells-its-speeds-fec-virtual-functions-link-and-serial",
    "controllers/an-hba-tells-board-firmware-and-serial",
    "power/a-dead-supply-and-an-empty-bay-are-told-apart",
    "sensors/each-kind-has-its-unit-and-its-alarm",
    "system/uefi-with-secure-boot-and-a-bmc",
    "tpm/a-tpm-2-is-told-by-its-version",
    "numa/two-nodes-with-interleaved-cpus",
    "lldp/switch-port-and-native-vlan",
    "bonds/an-aggregated-bond-names-its-partner-and-its-permanent-members",
)


def whole() -> dict[str, Any]:
    """The cases laid over each other; tables of the same command follow one another, the pci.ids too."""
    machine: dict[str, Any] = {}
    for name in _PARTS:
        case = json.loads((_HERE / "cases" / f"{name}.json").read_text())
        for kind in ("files", "hex", "links", "commands", "probes"):
            for key, value in case.get(kind, {}).items():
                told = machine.setdefault(kind, {})
                told[key] = f"{told[key]}\n{value}" if key in told and key.startswith("dmidecode") else value
    return machine


def test_every_part_is_in_its_place_and_its_source_is_told() -> None:
    machine = _RECORDED.Recorded(whole())
    taken = collect(Host(machine), change_links=False, wait=False)
    assert (taken.cpu.sockets, len(taken.cpu.packages), len(taken.numa)) == (2, 2, 3)
    assert [d.slot for d in taken.memory.dimms] == ["A1", "B9"]
    assert {d.name: d.controller for d in taken.disks} == {"nvme0n1": "", "sda": "0000:5e:00.0"}
    assert [d.health.status for d in taken.disks if d.health] == ["ok", "ok"]
    assert [c.firmware for c in taken.controllers] == ["16.00.10.00"]
    assert [(n.mac, n.slot, n.neighbour and n.neighbour.switch) for n in taken.nics] == [
        ("b8:ce:f6:00:00:01", "PCIe Slot 2", "leaf-1")
    ]
    assert [b.mode for b in taken.bonds] == ["802.3ad"]
    assert [p.health for p in taken.power_supplies] == ["ok", "critical", ""]
    assert taken.tpm
    assert (taken.tpm.version, taken.secure_boot, taken.boot_mode) == ("2.0", True, "uefi")
    assert taken.manager
    assert (taken.manager.address, taken.bmc_address) == ("10.0.9.5", "10.0.9.5")
    assert {"nic", "sas"} <= {d.kind for d in taken.pcie}
    components = {f.component for f in taken.firmware}
    assert {"bios", "bmc", "controller 0000:5e:00.0", "nic ens1f0", "nvme S6CKNE0T100001"} <= components
    parts = {"cpu", "memory.dimms", "disks", "nics", "controllers", "pcie", "power_supplies", "sensors", "tpm", "numa",
             "identity", "boot_mode", "secure_boot", "manager", "disks.sda.health"}  # fmt: skip
    assert parts <= set(taken.sources)
    assert decode(Inventory, json.loads(json.dumps(encode(taken)))) == taken


def test_no_tool_runs_twice_and_none_that_is_not_needed() -> None:
    machine = _RECORDED.Recorded(whole())
    collect(Host(machine), change_links=False, wait=False)
    asked = Counter(machine.asked)
    assert set(asked.values()) == {1}
    assert Counter(line.split()[0] for line in asked) == {
        "dmidecode": 1, "lldpcli": 1, "ipmitool": 2, "nvme": 5, "smartctl": 1}  # fmt: skip


def test_what_follows_the_end_of_vital_product_data_is_not_read() -> None:
    image = b"\x90\x07\x00PN\x04ABCD\x78\x90\x07\x00SN\x04EVIL"
    assert vpd.parse(image) == vpd.Vpd(part_number="ABCD")
    assert vpd.parse(image[:8]) == vpd.Vpd(part_number="AB"), "an image that is cut off gives what it has"


def test_a_machine_that_shows_nothing_is_an_inventory_of_reasons() -> None:
    taken = collect(Host(_RECORDED.Recorded({})), change_links=False, wait=False)
    named = {u.fact for u in taken.unreadable}
    assert {"cpu", "memory.total", "memory.dimms", "disks", "pcie", "tpm", "sensors", "numa", "bmc_address"} <= named
    assert {"identity.serial", "identity.uuid", "boot_mode", "nics", "power_supplies", "firmware.bios"} <= named
    assert all(u.reason for u in taken.unreadable)
    assert not set(taken.sources) - {"cpu.kvm", "cpu.iommu"}, "what was not read has no source"
