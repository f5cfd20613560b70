"""Pure parsers: disks, controllers and volumes. What is not stated stays None."""

from __future__ import annotations

from collections.abc import Mapping

from metalctl.bmc.redfish.body import Resource
from metalctl.bmc.redfish.wire_storage import Drive, SimpleStorage, StorageController, Volume
from metalctl.model.inventory import Controller, Disk, DiskHealth, PcieLink
from metalctl.model.inventory import Volume as VolumePart

_NVME = frozenset({"NVMe", "NVMeOverFabrics", "PCIe"})
_KINDS = {"HDD": "hdd", "SMR": "hdd", "SSD": "ssd"}
_OLD_LEVELS = {"NonRedundant": "raid0", "Mirrored": "raid1", "StripedWithParity": "raid5", "SpannedMirrors": "raid10",
               "SpannedStripesWithParity": "raid50", "RawDevice": ""}  # fmt: skip


def kind_of(drive: Drive) -> str:
    """ "nvme", "ssd", "hdd", or "unknown" when not stated."""
    return "nvme" if drive.protocol in _NVME else _KINDS.get(drive.media, "unknown")


def disk(drive: Drive, controller: str = "", link: PcieLink | None = None) -> Disk:
    """One drive."""
    kind = kind_of(drive)
    return Disk(
        name=drive.id,
        kind=kind,
        size=drive.capacity or None,
        rotational=None if kind == "unknown" else kind == "hdd",
        serial=drive.serial,
        wwn=_wwn(drive),
        model=drive.model,
        firmware=drive.firmware,
        transport=drive.protocol.lower(),
        slot=_slot(drive),
        logical_block=drive.block or None,
        health=_health(drive),
        controller=controller,
        link=link,
        enclosure=last(drive.chassis),
    )


def last(link: Resource) -> str:
    """The last part of a link's path: the id of what it leads to."""
    path = link.get("@odata.id")
    return path.rstrip("/").rsplit("/", 1)[-1] if isinstance(path, str) else ""


def _health(drive: Drive) -> DiskHealth | None:
    left = drive.life_left
    wear = round(100 - left, 1) if left is not None and 0 <= left <= 100 else None
    # A warning without a predicted failure is not a disk that fails; it is no "ok" either.
    failing = drive.failure_predicted or drive.health == "critical"
    status = "failing" if failing else "ok" if drive.health == "ok" else ""
    return DiskHealth(status=status, wear=wear) if status or wear is not None else None


def _wwn(drive: Drive) -> str:
    for identifier in drive.identifiers:
        if identifier.format in ("NAA", "EUI") and identifier.name:
            return "0x" + identifier.name.lower().replace(":", "").removeprefix("0x")
    return ""


def _slot(drive: Drive) -> str:
    if drive.label or drive.ordinal is None:
        return drive.label or drive.name
    return f"{drive.location_type or 'Slot'} {drive.ordinal}"


def simple_disks(resource: Resource) -> list[Disk]:
    """The devices of a SimpleStorage: name and size, and nothing of their kind."""
    return [
        Disk(name=d.name, kind="unknown", size=d.capacity or None, model=d.model, slot=d.name)
        for d in SimpleStorage(resource).devices
        if not d.absent
    ]


def controller(found: StorageController, unit: str) -> Controller:
    """One controller of the storage subsystem with the id `unit`."""
    stated = isinstance(found.json.get("SupportedRAIDTypes"), list)
    return Controller(
        name=unit or found.name,
        model=found.model or found.name,
        vendor=found.manufacturer,
        firmware=found.firmware,
        serial=found.serial,
        mode="raid" if found.raid_types else "hba" if stated else "",
        health=found.health,
    )


def volume(found: Volume, unit: str, serials: Mapping[str, str]) -> VolumePart:
    """One volume of the subsystem `unit`; serials: path of a drive → its serial, for the members."""
    members = [one.get("@odata.id") for one in found.drives]
    return VolumePart(
        name=found.name,
        level=found.level.lower() or _OLD_LEVELS.get(found.kind, ""),
        size=found.capacity or None,
        members=tuple(sorted(serials.get(p) or last({"@odata.id": p}) for p in members if isinstance(p, str))),
        controller=unit,
        health=found.health,
    )
