"""A node as a libvirt domain: q35, EPYC with AMD-V, virtio NICs at 25 Gb/s, SATA and NVMe disks, SMBIOS identity.

The XML holds all that the BMC emulators rewrite when they set a boot device: they parse it, move the <boot> elements
and define it again, and the qemu: elements survive that.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from metalctl.lab.rack.plan import MTU, PlannedDisk, PlannedNode

QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"
OVMF_CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
OVMF_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd"
MANUFACTURER = "metalctl"
PRODUCT = "Emulated Server"
_TB_CACHE_MIB = (256, 16, 2048)
"""Least, a processor, most (QEMU has no more). QEMU deals it out in parts of 2 MiB or more; when none is left it throws
all translated code away, and with one part a processor it does so all the time."""
_NVME_FIRST_SLOT = 0x10
"""Slots of the root bus that libvirt, which fills from the low end, does not come to."""
_CARD_SLOT = 0x0F
_SPARSE_FROM = 32 * 2**30
_SMT = ("topoext", "invtsc")
"""How an AMD kernel knows threads from cores; and a clock that it need not measure again for each of 128 processors."""
_WITHOUT = ("rdseed", "sha-ni", "fxsr_opt", "misalignsse", "3dnowprefetch", "osvw", "nrip-save", "xsavec")
"""What the EPYC model has and TCG does not do."""
_ROTATION = {"ssd": "1", "hdd": "7200"}

ET.register_namespace("qemu", QEMU)


def build(node: PlannedNode, accelerator: str) -> str:
    """The domain's XML; `accelerator` is "kvm" or "tcg"."""
    domain = ET.Element("domain", type="kvm" if accelerator == "kvm" else "qemu")
    _text(domain, "name", node.domain)
    _text(domain, "uuid", node.uuid)
    _text(domain, "memory", str(node.node.memory // 1024), unit="KiB")
    _backing(domain, node)
    _text(domain, "vcpu", str(node.node.vcpus))
    _smbios(domain, node)
    _os(domain, node)
    _features(domain, node.node.vcpus, accelerator)
    _cpu(domain, node, accelerator)
    ET.SubElement(domain, "clock", offset="utc")
    for event, action in (("on_poweroff", "destroy"), ("on_reboot", "restart"), ("on_crash", "destroy")):
        _text(domain, event, action)
    _devices(domain, node)
    _arguments(domain, node, accelerator)
    _properties(domain, node)
    return ET.tostring(domain, encoding="unicode")


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _backing(domain: ET.Element, node: PlannedNode) -> None:
    """More memory than any host has: a sparse memory file is charged page by page, as the guest touches it."""
    if node.node.memory < _SPARSE_FROM:
        return
    backing = ET.SubElement(domain, "memoryBacking")
    ET.SubElement(backing, "source", type="memfd")
    ET.SubElement(backing, "access", mode="shared")


def _smbios(domain: ET.Element, node: PlannedNode) -> None:
    sysinfo = ET.SubElement(domain, "sysinfo", type="smbios")
    identity = {"manufacturer": MANUFACTURER, "product": PRODUCT, "serial": node.serial}
    for tag, more in (("system", {"uuid": node.uuid, "sku": node.node.role}), ("baseBoard", {})):
        element = ET.SubElement(sysinfo, tag)
        for name, value in {**identity, **more}.items():
            _text(element, "entry", value, name=name)
    bios = ET.SubElement(sysinfo, "bios")
    for name, value in (("vendor", MANUFACTURER), ("version", node.node.bios)):
        _text(bios, "entry", value, name=name)
    chassis = ET.SubElement(sysinfo, "chassis")
    _text(chassis, "entry", MANUFACTURER, name="manufacturer")
    _text(chassis, "entry", node.serial, name="serial")


def _os(domain: ET.Element, node: PlannedNode) -> None:
    os = ET.SubElement(domain, "os")
    _text(os, "type", "hvm", arch="x86_64", machine="q35")
    if node.node.firmware == "uefi":
        _text(os, "loader", OVMF_CODE, readonly="yes", type="pflash")
        _text(os, "nvram", str(node.nvram), template=OVMF_VARS)
    else:
        # The firmware's messages go to the serial log; a node that finds nothing to boot tries again, as servers do.
        ET.SubElement(os, "bios", useserial="yes", rebootTimeout="5000")
    ET.SubElement(os, "smbios", mode="sysinfo")


def _features(domain: ET.Element, vcpus: int, accelerator: str) -> None:
    features = ET.SubElement(domain, "features")
    ET.SubElement(features, "acpi")
    ET.SubElement(features, "apic")
    if accelerator == "tcg":
        least, each, most = _TB_CACHE_MIB
        cache = min(most, max(least, each * vcpus))
        _text(ET.SubElement(features, "tcg"), "tb-cache", str(cache), unit="MiB")


def _cpu(domain: ET.Element, node: PlannedNode, accelerator: str) -> None:
    if accelerator == "kvm":
        cpu = ET.SubElement(domain, "cpu", mode="host-passthrough", check="none")
        flags = {} if node.node.virtualization else {"svm": "disable", "vmx": "disable"}
    else:
        cpu = ET.SubElement(domain, "cpu", mode="custom", match="exact", check="none")
        _text(cpu, "model", "EPYC", fallback="forbid")
        flags = dict.fromkeys(("svm", "npt"), "require" if node.node.virtualization else "disable")
        if node.node.threads > 1:
            flags |= dict.fromkeys(_SMT, "require") | dict.fromkeys(_WITHOUT, "disable")
    cores = node.node.vcpus // node.node.threads
    ET.SubElement(cpu, "topology", sockets="1", dies="1", cores=str(cores), threads=str(node.node.threads))
    for name, policy in flags.items():
        ET.SubElement(cpu, "feature", policy=policy, name=name)


def _devices(domain: ET.Element, node: PlannedNode) -> None:
    devices = ET.SubElement(domain, "devices")
    order = iter(range(1, 1000))
    for index, mac in enumerate(node.macs):
        _nic(devices, index, mac, node, next(order))
    sata = [disk for disk in node.disks if disk.disk.kind != "nvme"]
    for index, disk in enumerate(sata):
        _sata(devices, index, disk, next(order))
    serial = ET.SubElement(devices, "serial", type="file")
    ET.SubElement(serial, "source", path=str(node.console_log), append="on")
    ET.SubElement(serial, "target", port="0")
    ET.SubElement(devices, "controller", type="usb", model="none")
    ET.SubElement(devices, "memballoon", model="none")
    if node.node.iommu:
        # The kernel takes Intel's remapping unit on any CPU; libvirt 9 has no words for AMD's. Interrupts are not
        # remapped: under TCG the kernel's timer does not come through and it panics.
        ET.SubElement(ET.SubElement(devices, "iommu", model="intel"), "driver", intremap="off")
    rng = ET.SubElement(devices, "rng", model="virtio")
    _text(rng, "backend", "/dev/urandom", model="random")


def _nic(devices: ET.Element, index: int, mac: str, node: PlannedNode, order: int) -> None:
    nic = ET.SubElement(devices, "interface", type="ethernet")
    ET.SubElement(nic, "mac", address=mac)
    ET.SubElement(nic, "target", dev=node.ports[index], managed="no")
    ET.SubElement(nic, "model", type="virtio")
    # The switch reads taps through packet sockets, which hand on unfinished checksums and over-long segments.
    driver = ET.SubElement(nic, "driver")
    off = dict.fromkeys(("csum", "tso4", "tso6", "ecn", "ufo"), "off")
    ET.SubElement(driver, "host", {**off, "gso": "off"})
    ET.SubElement(driver, "guest", off)
    ET.SubElement(nic, "mtu", size=str(MTU))
    ET.SubElement(nic, "boot", order=str(order))
    ET.SubElement(nic, "alias", name=f"ua-nic{index}")
    if node.node.one_card:
        place = {"type": "pci", "domain": "0x0000", "bus": "0x00", "slot": f"{_CARD_SLOT:#04x}", "function": f"{index}"}
        ET.SubElement(nic, "address", {**place, "multifunction": "off" if index else "on"})


def _sata(devices: ET.Element, index: int, disk: PlannedDisk, order: int) -> None:
    element = ET.SubElement(devices, "disk", type="file", device="disk")
    # A rack is thrown away: the host's page cache is as durable as it needs.
    ET.SubElement(element, "driver", name="qemu", type="raw", cache="unsafe", discard="unmap")
    ET.SubElement(element, "source", file=str(disk.path))
    ET.SubElement(
        element, "target", dev=f"sd{chr(ord('a') + index)}", bus="sata", rotation_rate=_ROTATION[disk.disk.kind]
    )
    _text(element, "serial", disk.serial)
    ET.SubElement(element, "boot", order=str(order))
    ET.SubElement(element, "alias", name=f"ua-disk{index}")


def _arguments(domain: ET.Element, node: PlannedNode, accelerator: str) -> None:
    """QEMU's own arguments, for what libvirt 9 has no words for."""
    words = [*_smt(node, accelerator), *_memory_tables(node), *_nvme(node)]
    if words:
        line = ET.SubElement(domain, f"{{{QEMU}}}commandline")
        for word in words:
            ET.SubElement(line, f"{{{QEMU}}}arg", value=word)


def _smt(node: PlannedNode, accelerator: str) -> Iterator[str]:
    """TCG does not know that it can do these: nothing but what CPUID says is asked of it."""
    if accelerator == "tcg" and node.node.threads > 1:
        yield from ("-global", "EPYC-x86_64-cpu.x-force-features=on")


def _memory_tables(node: PlannedNode) -> Iterator[str]:
    for path in node.memory_tables:
        yield from ("-smbios", f"file={_quoted(path)}")


def _nvme(node: PlannedNode) -> Iterator[str]:
    """Each drive behind a root port of its own, as in a server: it has a PCIe link then, and not only an address."""
    disks = [disk for disk in node.disks if disk.disk.kind == "nvme"]
    for index, disk in enumerate(disks):
        slot = _NVME_FIRST_SLOT + index
        drive = f"if=none,id=drive-nvme{index},file={_quoted(disk.path)},format=raw,cache=unsafe,discard=unmap"
        port = f"pcie-root-port,id=nvme-port{index},bus=pcie.0,addr={slot:#x},chassis={slot},slot={index + 1}"
        yield from ("-drive", drive, "-device", port)
        yield from ("-device", f"nvme,id=nvme{index},drive=drive-nvme{index},serial={disk.serial},bus=nvme-port{index}")


def _quoted(path: Path) -> str:
    return str(path).replace(",", ",,")


def _properties(domain: ET.Element, node: PlannedNode) -> None:
    """What libvirt 9 has no words for: the NICs' speed, the SATA disks' WWN and model."""
    override = ET.SubElement(domain, f"{{{QEMU}}}override")
    for index, nic in enumerate(node.node.nics):
        _override(override, f"ua-nic{index}", ("speed", "signed", str(nic.speed)), ("duplex", "string", "full"))
    for index, disk in enumerate(disk for disk in node.disks if disk.disk.kind != "nvme"):
        model = f"EMULATED {disk.disk.kind.upper()}"
        wwn = str(int(disk.wwn, 16))
        _override(override, f"ua-disk{index}", ("wwn", "unsigned", wwn), ("model", "string", model))


def _override(parent: ET.Element, alias: str, *properties: tuple[str, str, str]) -> None:
    device = ET.SubElement(parent, f"{{{QEMU}}}device", alias=alias)
    frontend = ET.SubElement(device, f"{{{QEMU}}}frontend")
    for name, kind, value in properties:
        ET.SubElement(frontend, f"{{{QEMU}}}property", name=name, type=kind, value=value)
