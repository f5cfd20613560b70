"""Pure parsers: disks, controllers and volumes. What is not stated stays None."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from metalctl.bmc.redfish.parse import sizes
from metalctl.bmc.redfish.parse.media import kind_of, kind_of_names, transport_of
from metalctl.bmc.redfish.schema.links import last, path_of
from metalctl.bmc.redfish.schema.storage import Drive, SimpleDevice, StorageController, Volume
from metalctl.model.inventory import Controller, Disk, DiskHealth, PcieLink
from metalctl.model.inventory import Volume as VolumePart

_OLD_LEVELS = {"nonredundant": "raid0", "mirrored": "raid1", "stripedwithparity": "raid5", "spannedmirrors": "raid10",
               "spannedstripeswithparity": "raid50", "rawdevice": ""}  # fmt: skip
_BROKEN = ("critical", "failed", "faulty")
_FAILED = frozenset({"fail", "predictivefailureanalysis"})
_FLASH = frozenset({"nvme", "ssd"})
_NO_DISK = re.compile(
    r"^(?!.*(?:\bdis[ck]\b|drive|ssd|hdd|nvme)).*(?:backplane|enclosure|expander|extender|midplane|sgpio)",
    re.IGNORECASE,
)


def disk(drive: Drive, controller: str = "", link: PcieLink | None = None) -> Disk:
    """One drive."""
    kind = kind_of(drive)
    return Disk(
        name=drive.id,
        kind=kind,
        size=None if sizes.drive(drive.capacity, kind) else drive.capacity or None,
        rotational=None if kind == "unknown" else kind == "hdd",
        serial=drive.serial,
        wwn=_wwn(drive),
        model=drive.model,
        firmware=drive.firmware,
        transport=transport_of(drive.protocol),
        slot=_slot(drive),
        logical_block=drive.block or None,
        health=_health(drive, kind),
        controller=controller,
        link=link,
        enclosure=last(path_of(drive.chassis)),
    )


def there(drive: Drive) -> bool | None:
    """Whether a drive is in the bay; None where its entry states nothing."""
    return drive.there(drive.capacity, drive.serial, drive.model, drive.media, drive.firmware)


def doubt(drive: Drive) -> tuple[str, str, str]:
    """(fact, why it is not known, address of what may be missing) of a drive; why is "" where there is no doubt."""
    if there(drive) is None:
        return "disks", f"{drive.id or 'a drive'} is listed and states nothing: is a drive in it?", drive.path
    why = sizes.drive(drive.capacity, kind_of(drive))
    return f"disks.{drive.id}.size", f"drive {drive.id} {why}" if why else "", ""


def _health(drive: Drive, kind: str) -> DiskHealth | None:
    # Only flash wears by being written: of a hard disk 0 and 100 mean nothing, and several BMCs say them.
    left = drive.life_left if kind in _FLASH else None
    wear = round(100 - left, 1) if left is not None and 0 <= left <= 100 else None
    faults = tuple(_faults(drive))
    broken = drive.condition in _BROKEN
    failing = drive.failure_predicted or drive.indicator in _FAILED or broken
    good = "ok" in (drive.health, drive.rollup) and not drive.unused
    told = "failing" if failing else "warning" if faults else "ok" if good else ""
    return DiskHealth(status=told, wear=wear, faults=faults) if told or wear is not None else None


def _faults(drive: Drive) -> Iterator[str]:
    """What the BMC says is wrong with it, in words; a part of it that is not in order (rollup) is its fault too."""
    if drive.failure_predicted:
        yield "it predicts its failure"
    if (word := drive.condition) in ("warning", *_BROKEN):
        said = "; ".join(what for _, what in drive.conditions if what)
        yield f"its health is {word}" + (f" ({said})" if said else "")
    if drive.indicator in _FAILED:
        yield f"its bay's light says {drive.indicator}"


def _wwn(drive: Drive) -> str:
    for identifier in drive.identifiers:
        if identifier.format in ("naa", "eui") and identifier.name:
            return "0x" + identifier.name.lower().replace(":", "").removeprefix("0x")
    return ""


def _slot(drive: Drive) -> str:
    if drive.label or drive.ordinal is None:
        return drive.label or drive.name
    return f"{drive.location_type or 'Slot'} {drive.ordinal}"


def simple_disk(device: SimpleDevice) -> Disk | None:
    """A device of a SimpleStorage; None when it is no disk, or nobody can tell (see `simple_doubt`)."""
    if device.absent or not device.capacity:
        return None
    kind = kind_of_names(device.name, device.model)
    size = None if sizes.drive(device.capacity, kind) else device.capacity
    return Disk(name=device.name, kind=kind, size=size, model=device.model, slot=device.name)


def simple_doubt(device: SimpleDevice) -> tuple[str, str]:
    """(fact, why it is not known): what states no size is a backplane, or a disk that does not answer."""
    if device.capacity:
        why = sizes.drive(device.capacity, kind_of_names(device.name, device.model))
        return f"disks.{device.name}.size", f"{device.name} {why}" if why else ""
    if device.absent or _NO_DISK.search(f"{device.name} {device.model}"):
        return "disks", ""
    return "disks", f"{device.name or 'a device'} is listed without a capacity: is it a disk?"


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
        faults=tuple(_wrong(found)),
    )


def _wrong(found: StorageController) -> Iterator[str]:
    """What is wrong with it and with its cache module, in words."""
    if (word := found.condition) in ("warning", *_BROKEN):
        yield f"its health is {word}"
    yield from (said for _, said in found.conditions if said)
    if (word := found.cache.condition) in ("warning", *_BROKEN):
        yield f"the health of its cache is {word}"


def volume_doubt(found: Volume) -> tuple[str, str]:
    """(fact, why its size cannot be right); why is "" when it can."""
    why = sizes.VOLUME.doubt(found.capacity)
    return f"volumes.{found.name}.size", f"volume {found.name} {why}" if why else ""


def volume(found: Volume, unit: str, serials: Mapping[str, str]) -> VolumePart:
    """One volume of the subsystem `unit`; serials: path of a drive → its serial, for the members."""
    members = [path for one in found.drives if (path := path_of(one))]
    return VolumePart(
        name=found.name,
        level=found.level or _OLD_LEVELS.get(found.kind, ""),
        size=None if sizes.VOLUME.doubt(found.capacity) else found.capacity or None,
        members=tuple(sorted(serials.get(path) or last(path) for path in members)),
        controller=unit,
        health=found.health,
    )
