"""What several targets want to know of a dossier."""

from __future__ import annotations

import re

from metalctl.handover.errors import Incomplete
from metalctl.model.dossier import Dossier
from metalctl.model.inventory import Disk, Inventory, Nic

# What the kernel happens to call a disk on this boot: sda, vdb1, nvme0n1, md0, dm-3. Never handed to anybody.
_KERNEL_NAME = re.compile(r"^(/dev/)?((s|v|h|xv)d[a-z]+\d*|nvme\d+n\d+(p\d+)?|dm-\d+|md\d+)$")
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def host(dossier: Dossier) -> str:
    """The node's name, fit for an inventory and for a file name; Incomplete when it is not."""
    if not _HOST_NAME.fullmatch(dossier.node) or ".." in dossier.node:
        raise Incomplete(f"{dossier.node!r} is not a host name", hint="rename the node", node=dossier.node)
    return dossier.node


def inventory(dossier: Dossier) -> Inventory:
    """The inventory of the installed system, else of the ramdisk; Incomplete when there is none."""
    found = dossier.installed or dossier.in_band
    if found is None:
        raise Incomplete(f"{dossier.node} has no in-band inventory", hint="enroll it again", node=dossier.node)
    return found


def address(dossier: Dossier) -> str:
    """Where the installed system is reached; Incomplete when it is not known."""
    if not dossier.address:
        raise Incomplete(
            f"{dossier.node} has no known address", hint="has the installed system phoned home?", node=dossier.node
        )
    return dossier.address


def stable_path(dossier: Dossier, disk: Disk) -> str:
    """/dev/disk/by-path/… or by-id/… of a disk; Incomplete when only the kernel's name is known."""
    for folder, name in (("by-path", disk.by_path), ("by-id", disk.by_id)):
        if name and not _KERNEL_NAME.match(name):
            return name if name.startswith("/dev/disk/") else f"/dev/disk/{folder}/{name}"
    raise Incomplete(
        f"{dossier.node}: {disk.label} has no stable path",
        hint="a kernel name may be another disk after the next boot, so it is not handed over",
        node=dossier.node,
        serial=disk.serial,
    )


def is_stable(path: str) -> bool:
    """Whether a device path will mean the same disk after the next boot."""
    return path.startswith(("/dev/disk/by-path/", "/dev/disk/by-id/"))


def paths(dossier: Dossier, *roles: str) -> list[str]:
    """Stable paths of the disks of these roles. Incomplete when one of them carries the operating system."""
    disks = [disk for role in roles for disk in dossier.disk_roles.get(role, ())]
    root = {d.key for d in dossier.disk_roles.get("os", ())}
    if dossier.installation:
        root |= {dossier.installation.disk_serial, dossier.installation.root_disk_serial}
    for disk in disks:
        if disk.serial and disk.key in root:
            raise Incomplete(
                f"{dossier.node}: {disk.label} carries the operating system and is listed for data too",
                hint="the roles of the profile overlap; give them kinds or sizes that do not",
                node=dossier.node,
            )
    return sorted({stable_path(dossier, disk) for disk in disks})


def bond_name(dossier: Dossier) -> str:
    """The first bond of the node, "" when it has none."""
    return dossier.bonds[0].name if dossier.bonds else ""


def spare_ports(dossier: Dossier) -> list[Nic]:
    """Ports with a link that are in no bond, by name."""
    members = {mac for bond in dossier.bonds for mac in bond.members}
    nics = inventory(dossier).nics
    return sorted((n for n in nics if n.mac and n.mac not in members and n.link), key=lambda n: n.name)
