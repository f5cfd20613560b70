"""What a simulated machine finds in itself: the parts of its BMC's tree, as an inventory taken in-band."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from metalctl.lab.bmc.bmc import Bmc
from metalctl.model.identity import Identity
from metalctl.model.inventory import Cpu, Dimm, Disk, DiskHealth, Inventory, Memory, Nic, Package

_PAGES = 64
"""The kernel's page structures take one part in 64 of the memory."""


def take(bmc: Bmc, boot_id: str, system: str) -> Inventory:
    """system: "ramdisk" or "installed"."""
    path = bmc.systems()[0]
    found = bmc.resource(path) or {}
    nics = tuple(_nic(port, n) for n, port in enumerate(_members(bmc, found, "EthernetInterfaces")))
    return Inventory(
        source="in-band",
        identity=Identity(
            serial=found["SerialNumber"],
            uuid=found["UUID"].lower(),
            macs=tuple(sorted(nic.mac for nic in nics)),
            manufacturer=found["Manufacturer"],
            product=found["Model"],
        ),
        taken=datetime.now(UTC).isoformat(timespec="seconds"),
        boot_id=boot_id,
        boot_mode="uefi",
        os=system,
        kernel="6.1.0",
        cpu=_cpu(found, _members(bmc, found, "Processors")),
        memory=_memory(_members(bmc, found, "Memory")),
        disks=disks(bmc),
        nics=nics,
        power="on",
        emulated=True,
    )


def disks(bmc: Bmc) -> tuple[Disk, ...]:
    """The drives as the kernel names them."""
    found = bmc.resource(bmc.systems()[0]) or {}
    drives = [
        bmc.resource(bmc.library.canonical(link["@odata.id"])) or {}
        for storage in _members(bmc, found, "Storage")
        for link in storage.get("Drives", [])
    ]
    return tuple(_disk(drive, n) for n, drive in enumerate(drives))


def _members(bmc: Bmc, owner: dict[str, Any], name: str) -> list[dict[str, Any]]:
    link = owner.get(name, {}).get("@odata.id", "")
    return [bmc.resource(path) or {} for path in bmc.members(bmc.library.canonical(link))]


def _cpu(system: dict[str, Any], sockets: list[dict[str, Any]]) -> Cpu:
    amd = "AMD" in str(sockets[0].get("Model"))
    packages = tuple(Package(s["Socket"], s["Model"], s["TotalCores"], s["TotalThreads"], "0xa101148") for s in sockets)
    return Cpu(
        model=system["ProcessorSummary"]["Model"],
        vendor="AuthenticAMD" if amd else "GenuineIntel",
        architecture="x86_64",
        sockets=len(sockets),
        cores=sum(s["TotalCores"] for s in sockets),
        threads=sum(s["TotalThreads"] for s in sockets),
        virtualization="amd-v" if amd else "vt-x",
        kvm=True,
        iommu=True,
        microcode=("0xa101148",),
        smt=True,
        packages=packages,
    )


def _memory(slots: list[dict[str, Any]]) -> Memory:
    dimms = tuple(_dimm(slot) for slot in slots)
    installed = sum(d.size for d in dimms)
    return Memory(installed - installed // _PAGES, dimms, True)


def _dimm(slot: dict[str, Any]) -> Dimm:
    where = slot["MemoryLocation"]
    channel, socket = str(where["Channel"]), str(where["Socket"])
    if not slot.get("CapacityMiB"):
        return Dimm(slot["DeviceLocator"], 0, channel=channel, socket=socket)
    return Dimm(
        slot["DeviceLocator"],
        slot["CapacityMiB"] * 2**20,
        slot["MemoryDeviceType"],
        speed_mts=4800,
        configured_mts=4800,
        manufacturer=slot["Manufacturer"],
        part_number=slot["PartNumber"],
        serial=slot["SerialNumber"],
        rank=slot["RankCount"],
        corrected=0,
        uncorrected=0,
        channel=channel,
        socket=socket,
    )


def _disk(drive: dict[str, Any], number: int) -> Disk:
    nvme, spins = drive["Protocol"] == "NVMe", drive["MediaType"] == "HDD"
    health = DiskHealth("ok", wear=0.0, defects=0, pending=0, offline=0, uncorrected=0, timeouts=0)
    return Disk(
        name=f"nvme{number}n1" if nvme else f"sd{chr(97 + number)}",
        kind="nvme" if nvme else "hdd" if spins else "ssd",
        size=drive["CapacityBytes"],
        rotational=spins,
        serial=drive["SerialNumber"],
        model=drive["Model"],
        firmware=drive["Revision"],
        by_path=f"pci-0000:00:1f.2-ata-{number}",
        transport="nvme" if nvme else drive["Protocol"].lower(),
        logical_block=512,
        health=health,
    )


def _nic(port: dict[str, Any], number: int) -> Nic:
    speed = port["SpeedMbps"] * 10**6
    return Nic(
        f"ens{number}", port["PermanentMACAddress"].lower(), speed, "full", True, "mlx5_core", supported=(speed,)
    )
