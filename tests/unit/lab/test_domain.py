"""A node's domain: identity, parts and faults as they are in the XML that libvirt gets."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from metalctl.lab import faults
from metalctl.lab.errors import RackFileError
from metalctl.lab.rack import plan
from metalctl.lab.rack.domain import QEMU, build
from metalctl.lab.spec import Disk, Node, Rack

GIB = 2**30
NODE = Node("sto1", "storage", disks=(Disk("nvme", GIB), Disk("hdd", GIB), Disk("hdd", GIB), Disk("ssd", GIB)))


def domain(node: Node = NODE, accelerator: str = "tcg") -> ET.Element:
    planned = plan.make(Rack("r", (node,)), "lab", Path("/state"))
    return ET.fromstring(build(planned.nodes[0], accelerator))


def speeds(xml: ET.Element) -> list[str | None]:
    return [element.get("value") for element in xml.iter(f"{{{QEMU}}}property") if element.get("name") == "speed"]


def policies(xml: ET.Element) -> dict[str | None, str | None]:
    return {element.get("name"): element.get("policy") for element in xml.iterfind("cpu/feature")}


def test_a_node_offers_virtualization_under_tcg() -> None:
    xml = domain()
    assert xml.get("type") == "qemu"
    assert xml.findtext("cpu/model") == "EPYC"
    assert policies(xml) == {"svm": "require", "npt": "require"}


def test_under_kvm_the_host_cpu_is_handed_through() -> None:
    xml = domain(accelerator="kvm")
    assert xml.get("type") == "kvm"
    assert xml.find("cpu[@mode='host-passthrough']") is not None
    assert xml.find("features/tcg") is None


@pytest.mark.parametrize(("accelerator", "flags"), [("tcg", {"svm", "npt"}), ("kvm", {"svm", "vmx"})])
def test_fault_svm_off_takes_virtualization_away(accelerator: str, flags: set[str]) -> None:
    assert policies(domain(replace(NODE, faults=("svm-off",)), accelerator)) == dict.fromkeys(flags, "disable")


def test_nics_run_at_25_gigabit_and_the_fault_slows_the_first() -> None:
    assert speeds(domain()) == ["25000", "25000"]
    assert speeds(domain(replace(NODE, faults=("nic-10g",)))) == ["10000", "25000"]


def test_hdds_rotate_and_ssds_do_not_and_the_ssd_boots_first() -> None:
    targets = [disk.attrib for disk in domain().iterfind("devices/disk/target")]
    assert [(target["dev"], target["rotation_rate"]) for target in targets] == [
        ("sda", "1"),
        ("sdb", "7200"),
        ("sdc", "7200"),
    ]


def test_fault_missing_hdd_leaves_one_out() -> None:
    xml = domain(replace(NODE, faults=("missing-hdd",)))
    rates = [target.get("rotation_rate") for target in xml.iterfind("devices/disk/target")]
    assert rates == ["1", "7200"]


def test_faults_add_up() -> None:
    node = faults.inject(replace(NODE, faults=("missing-hdd", "svm-off", "nic-10g")))
    assert (len(node.disks), node.virtualization, node.nics[0].speed) == (3, False, 10_000)


def test_every_fault_says_what_it_is() -> None:
    for name in faults.rack_names():
        assert faults.base.ON_RACK[name].__doc__, name


def test_an_nvme_is_a_device_of_qemu_with_its_serial() -> None:
    words = [argument.get("value") or "" for argument in domain().iter(f"{{{QEMU}}}arg")]
    assert any(word.startswith("nvme,") and "serial=NVME" in word for word in words)


def test_network_comes_first_in_the_boot_order() -> None:
    xml = domain()
    assert [boot.get("order") for boot in xml.iterfind("devices/interface/boot")] == ["1", "2"]
    assert [boot.get("order") for boot in xml.iterfind("devices/disk/boot")] == ["3", "4", "5"]


def test_firmware_tells_bios_from_uefi() -> None:
    assert domain().find("os/loader") is None
    uefi = domain(replace(NODE, firmware="uefi"))
    assert uefi.findtext("os/nvram") == "/state/nodes/sto1/nvram.fd"


def test_smbios_has_the_identity_of_the_plan() -> None:
    xml = domain()
    entries = {entry.get("name"): entry.text for entry in xml.iterfind("sysinfo/system/entry")}
    assert entries["uuid"] == xml.findtext("uuid")
    assert entries["serial"] is not None
    assert entries["serial"].startswith("MCTL")


def test_offloads_are_off_since_the_switch_cannot_finish_checksums() -> None:
    for side in ("host", "guest"):
        element = domain().find(f"devices/interface/driver/{side}")
        assert element is not None
        assert element.get("csum") == "off"


def test_a_rack_keeps_its_identities_and_two_labs_do_not_share_them() -> None:
    rack = Rack("r", (NODE, replace(NODE, name="sto2")))
    once = plan.make(rack, "one", Path("/a"))
    again = plan.make(rack, "one", Path("/b"))
    other = plan.make(rack, "two", Path("/a"))
    assert [(n.uuid, n.serial, n.macs) for n in once.nodes] == [(n.uuid, n.serial, n.macs) for n in again.nodes]
    everything = [mac for planned in (once, other) for node in planned.nodes for mac in node.macs]
    assert len(set(everything)) == len(everything) == 8
    serials = [disk.serial for planned in (once, other) for node in planned.nodes for disk in node.disks]
    assert len(set(serials)) == len(serials)
    assert [port for node in once.nodes for port in node.ports] == ["swp1", "swp2", "swp3", "swp4"]


def test_a_fault_changes_the_identity_of_no_other_part() -> None:
    whole = plan.make(Rack("r", (NODE,)), "lab", Path("/state")).nodes[0]
    faulty = plan.make(Rack("r", (replace(NODE, faults=("missing-hdd",)),)), "lab", Path("/state")).nodes[0]
    assert {disk.serial for disk in whole.disks} - {disk.serial for disk in faulty.disks} == {whole.disks[-1].serial}
    assert (whole.uuid, whole.serial, whole.macs) == (faulty.uuid, faulty.serial, faulty.macs)


def test_memory_beyond_the_hosts_is_a_sparse_file_and_small_memory_is_not() -> None:
    small, huge = domain(), domain(replace(NODE, memory=512 * GIB))
    assert small.find("memoryBacking") is None
    assert huge.find("memoryBacking/source[@type='memfd']") is not None
    assert huge.findtext("memory") == str(512 * 2**20)


def test_an_iommu_is_there_when_declared() -> None:
    assert domain().find("devices/iommu") is None
    assert domain(replace(NODE, iommu=True)).find("devices/iommu") is not None


def arguments(node: Node, accelerator: str = "tcg") -> list[str]:
    return [argument.get("value") or "" for argument in domain(node, accelerator).iter(f"{{{QEMU}}}arg")]


def test_an_emulated_core_of_two_threads_is_told_by_cpuid_and_what_tcg_cannot_do_is_off() -> None:
    two = replace(NODE, vcpus=4, threads=2)
    forced = policies(domain(two))
    assert {name for name, policy in forced.items() if policy == "require"} == {"svm", "npt", "topoext", "invtsc"}
    assert "sha-ni" in {name for name, policy in forced.items() if policy == "disable"}
    assert arguments(two)[:2] == ["-global", "EPYC-x86_64-cpu.x-force-features=on"]
    assert "-global" not in arguments(NODE)
    assert "-global" not in arguments(two, "kvm")


def test_declared_modules_are_handed_over_as_one_file_a_structure() -> None:
    words = arguments(replace(NODE, dimms=(GIB, GIB)))
    files = [words[at + 1] for at, word in enumerate(words) if word == "-smbios"]
    assert files == [f"file=/state/nodes/sto1/smbios{number}.bin" for number in range(3)]
    assert "-smbios" not in arguments(NODE)


def test_an_nvme_is_behind_a_root_port_of_its_own() -> None:
    words = arguments(replace(NODE, disks=(Disk("nvme", GIB), Disk("nvme", GIB))))
    ports = [word for word in words if word.startswith("pcie-root-port,")]
    drives = [word for word in words if word.startswith("nvme,")]
    assert [drive.rpartition("bus=")[2] for drive in drives] == ["nvme-port0", "nvme-port1"]
    assert len({port.partition("addr=")[2] for port in ports}) == 2


def test_the_firmware_states_its_version_and_the_fault_an_old_one() -> None:
    def version(node: Node) -> str | None:
        return domain(node).findtext("sysinfo/bios/entry[@name='version']")

    assert version(NODE) == "1.4.0"
    assert version(replace(NODE, faults=("bios-old",))) == "0.9.1"


def test_two_switches_share_a_node_and_the_fault_leaves_it_on_one() -> None:
    def cables(node: Node, switches: int) -> list[tuple[str, str]]:
        (planned,) = plan.make(Rack("r", (node,), switches), "lab", Path("/state")).nodes
        return list(zip(planned.ports, planned.switches, strict=True))

    assert cables(NODE, 1) == [("swp1", "tor1"), ("swp2", "tor1")]
    assert cables(NODE, 2) == [("swp1", "tor1"), ("swp2", "tor2")]
    assert cables(replace(NODE, faults=("swapped-cable",)), 2) == [("swp2", "tor2"), ("swp1", "tor1")]
    assert cables(replace(NODE, faults=("one-switch",)), 2) == [("swp1", "tor1"), ("swp2", "tor1")]


def test_fault_one_card_makes_the_nics_functions_of_one_device() -> None:
    places = [
        place.attrib for place in domain(replace(NODE, faults=("one-card",))).iterfind("devices/interface/address")
    ]
    assert [place["function"] for place in places] == ["0", "1"]
    assert len({place["slot"] for place in places}) == 1
    assert places[0]["multifunction"] == "on"
    assert domain().find("devices/interface/address") is None


def test_swapped_cables_put_each_nic_into_the_other_ones_port() -> None:
    def ports(node: Node) -> list[str | None]:
        return [target.get("dev") for target in domain(node).iterfind("devices/interface/target")]

    assert ports(NODE) == ["swp1", "swp2"]
    assert ports(replace(NODE, faults=("swapped-cable",))) == ["swp2", "swp1"]


WHOLE = replace(NODE, firmware="uefi", vcpus=4, threads=2, iommu=True, dimms=(320 * 2**20,) * 8)


@pytest.mark.parametrize(
    ("fault", "fact", "good", "bad"),
    [
        ("small-disk", lambda n: [d.size for d in n.disks if d.kind == "ssd"], [GIB], [GIB // 2]),
        ("low-memory", lambda n: n.memory, 2560 * 2**20, 2048 * 2**20),
        ("iommu-off", lambda n: n.iommu, True, False),
        ("legacy-boot", lambda n: n.firmware, "uefi", "bios"),
        ("missing-nvme", lambda n: [d.kind for d in n.disks].count("nvme"), 1, 0),
        ("missing-hdd", lambda n: [d.kind for d in n.disks].count("hdd"), 2, 1),
        ("mapped-out-dimm", lambda n: (len(n.dimms), n.memory), (8, 2560 * 2**20), (8, 2240 * 2**20)),
        ("channel-empty", lambda n: (n.dimms[-1], n.memory), (320 * 2**20, 2560 * 2**20), (0, 2240 * 2**20)),
        ("ecc-off", lambda n: n.ecc, True, False),
        ("smt-off", lambda n: (n.vcpus, n.threads), (4, 2), (2, 1)),
        ("bios-old", lambda n: n.bios, "1.4.0", "0.9.1"),
        ("psu-missing", lambda n: n.supplies, 2, 1),
        ("clock-skew", lambda n: n.clock_skew, 0, -7200),
        ("swapped-cable", lambda n: n.crossed, False, True),
        ("one-switch", lambda n: n.one_switch, False, True),
        ("one-card", lambda n: n.one_card, False, True),
    ],
)
def test_a_fault_changes_its_own_fact_and_no_other(
    fault: str, fact: Callable[[Node], object], good: object, bad: object
) -> None:
    assert fact(WHOLE) == good
    broken = faults.inject(replace(WHOLE, faults=(fault,)))
    assert fact(broken) == bad
    changed = {f.name for f in fields(Node) if getattr(broken, f.name) != getattr(WHOLE, f.name)} - {"faults"}
    one_part = ({"disks"}, {"memory", "dimms"}, {"vcpus", "threads"})
    assert len(changed) == 1 or any(changed <= part for part in one_part), changed


@pytest.mark.parametrize(
    "fault", ["small-disk", "iommu-off", "legacy-boot", "missing-nvme", "missing-hdd", "smt-off", "ecc-off"]
)
def test_a_fault_that_the_node_cannot_have_is_refused(fault: str) -> None:
    bare = Node("n1", "compute", disks=())
    with pytest.raises(RackFileError, match=f"fault {fault}, but") as caught:
        faults.inject(replace(bare, faults=(fault,)))
    assert "drop the fault" in caught.value.hint


@pytest.mark.parametrize(("vcpus", "size"), [(2, "256"), (64, "1024"), (128, "2048"), (256, "2048")])
def test_many_emulated_processors_have_more_room_for_translated_code(vcpus: int, size: str) -> None:
    cache = domain(replace(NODE, vcpus=vcpus)).find("features/tcg/tb-cache")
    assert cache is not None
    assert (cache.text, cache.get("unit")) == (size, "MiB")
    assert domain(replace(NODE, vcpus=vcpus), "kvm").find("features/tcg") is None
