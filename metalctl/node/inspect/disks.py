"""Disks: what can be written to as a whole, from /sys/block and udev, with the serial that the disk itself reports.

A volume of a RAID controller is listed too, with kind "volume" (raid.py): one may install onto it, but it is none of
the disks that a profile counts. Those behind it are behind.py's.

`collect` reads /sys and udev only, because the guard asks it before every write; `details` adds what costs a tool:
health, NVMe namespaces and firmware slots.

Not a disk: loop, ram, zram, device mapper, md, optical and floppy drives, hidden multipath legs, eMMC boot areas,
drives without medium (a BMC's empty virtual media), and the removable medium that the live system runs from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from metalctl.model.drives import told_apart
from metalctl.model.inventory import Disk
from metalctl.node.inspect import nvme, pcilink, raid, smart, values
from metalctl.node.inspect.host import Host

_BLOCK = "/sys/block"
_NOT_DISKS = re.compile(r"(loop|ram|zram|dm-|md|sr|fd|nbd|rbd|drbd|zd|bcache)\d+|mmcblk\d+(boot|rpmb).*")
_LIVE_MEDIA = ("/run/live/medium", "/lib/live/mount/medium", "/run/initramfs/live", "/cdrom")
_PAGE_80_HEADER = 4


def collect(host: Host) -> tuple[Disk, ...]:
    """Every disk, by kernel name; one that is reached by two paths is one, with the other path's name in `paths`."""
    live = live_media(host.text("/proc/mounts"))
    listed = host.names(_BLOCK)
    if not listed:
        host.unreadable("disks", f"{_BLOCK}: the kernel lists no block device")
    names = [n for n in listed if not _NOT_DISKS.fullmatch(n)]
    disks = [_disk(host, n) for n in names if host.text(f"{_BLOCK}/{n}/hidden") != "1"]
    return told_apart(d for d in disks if d.size and not (d.removable and any(m.startswith(d.name) for m in live)))


def details(host: Host, disks: Iterable[Disk], slots: Mapping[str, str] | None = None) -> tuple[Disk, ...]:
    """The same disks with their health, NVMe namespaces and firmware. slots: PCI address without function → slot."""
    found = tuple(_detailed(host, d, slots or {}) for d in disks)
    if found:
        host.source("disks", "/sys/block, udev")
    return found


def _detailed(host: Host, disk: Disk, slots: Mapping[str, str]) -> Disk:
    if disk.transport == "nvme":
        found = nvme.details(host, disk)
        return found if found.slot else replace(found, slot=slots.get(disk.pci.rpartition(".")[0], ""))
    if disk.transport in ("virtio", "mmc"):
        host.unreadable(f"disks.{disk.name}.health", f"a {disk.transport} disk has no health log")
        return disk
    health, protected = smart.collect(host, disk)
    return replace(disk, health=health, power_loss_protection=protected)


def live_media(mounts: str) -> set[str]:
    """Kernel names of what the live system's medium is mounted from."""
    pairs = (line.split()[:2] for line in mounts.splitlines() if line.count(" ") >= 2)
    return {device.removeprefix("/dev/") for device, where in pairs if where in _LIVE_MEDIA}


def _disk(host: Host, name: str) -> Disk:
    base, udev = f"{_BLOCK}/{name}", host.udev(name)
    transport = _transport(host, name, udev)
    rotational = {"0": False, "1": True}.get(host.text(f"{base}/queue/rotational"))
    sectors = host.number(f"{base}/size")
    serial = serial_of(host, name, udev)
    if not serial:
        host.unreadable(f"disks.{name}.serial", "the disk reports no serial number")
    links = udev.get("DEVLINKS", "").split()
    model = host.text(f"{base}/device/model") or udev.get("ID_MODEL", "")
    made = raid.made_by(host, name, model)
    if transport == "nvme" and "/nvme-fabrics/" in nvme.where(host, name):
        made = raid.UNKNOWN
        host.unreadable(f"disks.{name}.kind", "it is reached over a network (NVMe over Fabrics): no drive of its own")
    return Disk(
        name=name,
        kind=kind(transport, rotational) if made == raid.DISK else made,
        size=values.product(sectors, 512),
        rotational=rotational,
        serial=serial,
        wwn=_wwn(host, base, udev),
        model=model,
        firmware=_firmware(host, base, udev),
        by_path=_link(links, "/dev/disk/by-path/", ""),
        by_id=_link(links, "/dev/disk/by-id/", serial),
        transport=transport,
        slot=_slot(host, name),
        logical_block=host.number(f"{base}/queue/logical_block_size"),
        removable=host.text(f"{base}/removable") == "1",
        enclosure=_enclosure(host, name),
        **_behind(host, name, transport),
    )


def _behind(host: Host, name: str, transport: str) -> dict[str, Any]:
    """The PCI function that the disk is behind: its own if it is an NVMe disk, else its controller's."""
    where = nvme.where(host, name) if transport == "nvme" else host.real(f"{_BLOCK}/{name}")
    function = pcilink.function(where)
    if not function:
        return {}
    pci, node = pcilink.address(where), {"numa_node": host.numa(function)}
    if transport in ("nvme", "virtio"):
        return {**node, "pci": pci, "link": pcilink.collect(host, function)}
    return {**node, "controller": pci}


def _bay(host: Host, name: str) -> str:
    """The entry of /sys that an enclosure with words of its own makes below the disk, "" where there is none."""
    entries = host.names(f"{_BLOCK}/{name}/device")
    return next((entry for entry in entries if entry.startswith("enclosure_device:")), "")


def _enclosure(host: Host, name: str) -> str:
    """The enclosure's own id and model, "" for a disk that is in none that speaks."""
    if not (entry := _bay(host, name)):
        return ""
    shelf = host.real(f"{_BLOCK}/{name}/device/{entry}").rpartition("/")[0]
    words = [host.text(f"{shelf}/{file}") for file in ("device/vendor", "device/model", "id")]
    return " ".join(w for w in words if w)


def kind(transport: str, rotational: bool | None) -> str:
    """nvme, ssd, hdd or unknown. A paravirtual disk without more says nothing true about rotation."""
    if transport == "nvme":
        return "nvme"
    if rotational is None or (transport == "virtio" and rotational):
        return "unknown"
    return "hdd" if rotational else "ssd"


def serial_of(host: Host, name: str, udev: dict[str, str] | None = None) -> str:
    """The serial number that the disk itself reports, "" when it reports none.

    The unit serial number comes first: udev's ID_SERIAL_SHORT of a SCSI disk is its WWN.
    """
    base = f"{_BLOCK}/{name}"
    udev = host.udev(name) if udev is None else udev
    scsi = udev.get("SCSI_IDENT_SERIAL") or udev.get("ID_SCSI_SERIAL")
    page = host.data(f"{base}/device/vpd_pg80")[_PAGE_80_HEADER:].decode(errors="replace").strip(" \0")
    stated = (
        host.text(f"{base}/device/serial") or host.text(f"{base}/serial") or scsi or page or udev.get("ID_SERIAL_SHORT")
    )
    return (stated or "").strip()


def _wwn(host: Host, base: str, udev: dict[str, str]) -> str:
    """A world-wide name, "" when there is none: a t10 identifier only repeats model and serial."""
    wwid = host.text(f"{base}/wwid") or host.text(f"{base}/device/wwid")
    if udev.get("ID_WWN_WITH_EXTENSION"):
        return udev["ID_WWN_WITH_EXTENSION"]
    if wwid.startswith("naa."):
        return "0x" + wwid.removeprefix("naa.")
    return wwid if wwid.startswith(("eui.", "nvme.", "uuid.")) else ""


def _firmware(host: Host, base: str, udev: dict[str, str]) -> str:
    stated = host.text(f"{base}/device/firmware_rev") or udev.get("ID_REVISION") or host.text(f"{base}/device/rev")
    return stated.strip()


def _transport(host: Host, name: str, udev: dict[str, str]) -> str:
    """nvme, virtio, sata, sas, usb, mmc, scsi or ""."""
    where = host.real(f"{_BLOCK}/{name}")
    if name.startswith("nvme"):
        return "nvme"
    for part, transport in (("/usb", "usb"), ("/end_device-", "sas"), ("/ata", "sata"), ("/mmc_host", "mmc")):
        if part in where:
            return "sata" if transport == "sas" and udev.get("ID_BUS") == "ata" else transport
    if "/virtio" in where:
        return "scsi" if "/target" in where else "virtio"
    return udev.get("ID_BUS", "")


def _slot(host: Host, name: str) -> str:
    """The enclosure's or the chassis' own name of the bay, "" when neither names it."""
    if entry := _bay(host, name):
        return entry.partition(":")[2].strip()
    if not name.startswith("nvme"):
        return ""
    where = nvme.where(host, name)
    for slot in host.names("/sys/bus/pci/slots"):
        address = host.text(f"/sys/bus/pci/slots/{slot}/address")
        if address and f"/{address}." in where:
            return f"pci slot {slot}"
    return ""


def _link(links: list[str], prefix: str, prefer: str) -> str:
    found = sorted(link for link in links if link.startswith(prefix))
    named = [link for link in found if prefer and prefer in link]
    return next(iter(named or found), "")
