"""Which parts of the machine a check runs on, by the name of its argument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metalctl.model.inventory import Dimm, Disk, Inventory, Nic
from metalctl.model.run import BondSpec, RunSpec
from metalctl.model.verdict import Verdict

_KINDS = {"nvme": ("nvme",), "ssd": ("ssd",), "hdd": ("hdd",), "disk": ("nvme", "ssd", "hdd", "volume", "unknown")}
_DRIVE = "drive"
_ROLE = "_disk"


@dataclass(frozen=True, slots=True)
class Absent:
    """In place of a part: why there is none to run on."""

    verdict: Verdict
    reason: str
    part: str = ""


Part = Disk | Nic | Dimm | BondSpec | Absent


def device(disk: Disk) -> str:
    """The device file of a disk in this boot."""
    return disk.name if disk.name.startswith("/") else f"/dev/{disk.name}"


def is_part(name: str) -> bool:
    """Whether an argument of that name makes a check run once a part."""
    return name in _KINDS or name.endswith(_ROLE) or name in (_DRIVE, "nic", "dimm", "bond")


def label(part: object) -> str:
    if isinstance(part, (Disk, Nic)):
        return part.label
    if isinstance(part, Dimm):
        return " ".join(p for p in ("dimm", part.slot, part.serial) if p)
    if isinstance(part, BondSpec):
        return f"bond {part.name}"
    return part.part if isinstance(part, Absent) else ""


def parts(name: str, inventory: Inventory, spec: RunSpec) -> Sequence[Part]:
    """The parts for an argument, never empty: with none, one Absent that says why."""
    if name.endswith(_ROLE):
        return _of_role(name.removesuffix(_ROLE), inventory, spec)
    if name == _DRIVE:
        return _drives(inventory, spec)
    if name in _KINDS:
        disks = [d for d in inventory.disks if d.kind in _KINDS[name] and not d.removable]
        return disks or [_no_disk(name, inventory, spec)]
    if name == "nic":
        return inventory.nics or [_none("nics", "no network port was found", inventory)]
    if name == "dimm":
        return _dimms(inventory)
    return spec.bonds or [Absent(Verdict.SKIP, "the profile asks for no bond")]


def _dimms(inventory: Inventory) -> Sequence[Part]:
    found = [d for d in inventory.memory.dimms if d.size]
    return found or [Absent(Verdict.UNKNOWN, _why("memory.dimms", inventory) or "the firmware lists no DIMM")]


def _drives(inventory: Inventory, spec: RunSpec) -> Sequence[Part]:
    """Every disk and volume, and every disk behind a RAID controller."""
    shown = [d for d in inventory.disks if not d.removable]
    why = _why("raid_disks", inventory) if not inventory.raid_disks else ""
    hidden: list[Part] = [Absent(Verdict.UNKNOWN, why, "the disks behind the RAID controller")] if why else []
    return [*shown, *inventory.raid_disks, *hidden] or [_no_disk("disk", inventory, spec)]


def missing_serials(inventory: Inventory, spec: RunSpec) -> list[tuple[str, str]]:
    """(role, serial) of every disk that the run names and the machine does not show now."""
    there = {d.key for d in inventory.disks}
    return [(role, serial) for role, serials in spec.roles.items() for serial in serials if serial not in there]


def _of_role(role: str, inventory: Inventory, spec: RunSpec) -> Sequence[Part]:
    serials = spec.roles.get(role, ())
    by_serial = {d.key: d for d in inventory.disks if d.serial}
    if not serials:
        return [Absent(Verdict.SKIP, f"the profile gives no disk the role {role}")]
    return [by_serial.get(s) or _gone(role, s) for s in serials]


def _gone(role: str, serial: str) -> Absent:
    reason = f"the {role} disk with serial {serial} is not among this machine's disks"
    return Absent(Verdict.UNKNOWN, reason, f"disk serial {serial}")


def _no_disk(kind: str, inventory: Inventory, spec: RunSpec) -> Absent:
    if lost := missing_serials(inventory, spec):
        return _gone(*lost[0])
    return _none("disks", f"this machine has no {kind}", inventory)


def _none(fact: str, reason: str, inventory: Inventory) -> Absent:
    why = _why(fact, inventory)
    return Absent(Verdict.UNKNOWN, why) if why else Absent(Verdict.SKIP, reason)


def _why(fact: str, inventory: Inventory) -> str:
    """Why a list could not be read, "" when it could: a note of the list or of what holds it.

    A note below it ("disks.sda.health") is of a part that was found, and hides none.
    """
    return "; ".join(u.reason for u in inventory.unread(fact))
