"""PCIe devices from /sys/bus/pci: what each is, its link, driver, slot, NUMA node and IOMMU group.

Bridges, memory controllers' registers, performance counters and system peripherals are left out: they are the
processors' and the chipset's own, hundreds of them on a large machine, and nobody replaces one. Links of ports are seen
from the device below them.
"""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.model.inventory import PcieDevice
from metalctl.node.inspect import pcilink, pcinames, tables, vpd
from metalctl.node.inspect.host import Host

PCI = "/sys/bus/pci/devices"
_LEFT_OUT = frozenset({"05", "06", "08", "0b", "0c", "11", "ff"})  # but those of _KINDS are kept
# Class and subclass before the class alone.
_KINDS = {
    "0108": "nvme",
    "0104": "raid",
    "0107": "sas",
    "0106": "sata",
    "01": "storage",
    "02": "nic",
    "0302": "gpu",
    "03": "display",
    "0502": "cxl-memory",
    "0b40": "co-processor",
    "0c04": "fibre-channel",
    "0c06": "infiniband",
    "0d": "wireless",
    "10": "encryption",
    "12": "accelerator",
}


@dataclass(frozen=True, slots=True)
class Function:
    """A PCI function as /sys has it. kind: as in PcieDevice; vendor, model: names, or the numbers without pci.ids."""

    address: str
    kind: str
    vendor: str
    model: str
    slot: str

    @property
    def path(self) -> str:
        return f"{PCI}/{self.address}"


def functions(host: Host) -> dict[str, Function]:
    """Every function that is worth a line, by its address."""
    seen = {a: kind(host.text(f"{PCI}/{a}/class")) for a in host.names(PCI) if pcilink.ADDRESS.fullmatch(a)}
    kept = {address: what for address, what in seen.items() if what}
    if not kept:
        host.unreadable("pcie", f"{PCI}: the kernel lists no PCI device")
        return {}
    host.source("pcie", f"{PCI}, pci.ids")
    ids = {a: (_id(host, a, "vendor"), _id(host, a, "device")) for a in kept}
    names = pcinames.read(host, ids.values())
    slots = {**tables.slots(host), **_hotplug(host)}
    return {a: _function(a, what, ids[a], names, slots) for a, what in kept.items()}


def _function(
    address: str, what: str, ids: pcinames.Ids, names: dict[pcinames.Ids, pcinames.Ids], slots: dict[str, str]
) -> Function:
    vendor, model = names.get(ids, (ids[0], ""))
    return Function(address, what, vendor, model or f"device {ids[1]}", slots.get(address.rpartition(".")[0], ""))


def collect(host: Host, found: dict[str, Function]) -> tuple[PcieDevice, ...]:
    """The functions as the inventory has them; the serial number from the device's vital product data."""
    return tuple(_device(host, f) for f in found.values())


def _device(host: Host, function: Function) -> PcieDevice:
    base = function.path
    group = host.linked(f"{base}/iommu_group")
    return PcieDevice(
        address=function.address,
        kind=function.kind,
        vendor=function.vendor,
        model=function.model,
        driver=host.linked(f"{base}/driver"),
        serial=vpd.read(host, base).serial,
        slot=function.slot,
        link=pcilink.collect(host, base),
        numa_node=host.numa(base),
        iommu_group=int(group) if group.isascii() and group.isdecimal() else None,
    )


def kind(pci_class: str) -> str:
    """The kind of a class as /sys writes it ("0x010802"); "" for what is left out or unreadable."""
    digits = pci_class.removeprefix("0x").lower()
    if len(digits) != 6:
        return ""
    special = _KINDS.get(digits[:4])
    if special or digits[:2] in _LEFT_OUT:
        return special or ""
    return _KINDS.get(digits[:2], "other")


def _id(host: Host, address: str, what: str) -> str:
    return host.text(f"{PCI}/{address}/{what}").removeprefix("0x").lower()


def _hotplug(host: Host) -> dict[str, str]:
    """Slots as the hot-plug driver names them: where the firmware's table is silent, and for NVMe bays."""
    base = "/sys/bus/pci/slots"
    pairs = ((slot, host.text(f"{base}/{slot}/address")) for slot in host.names(base))
    return {address: f"pci slot {slot}" for slot, address in pairs if address}
