"""The destructive guard: nothing on this node writes to a raw disk without its leave.

    disk = guard.find(serial, size)            exactly one disk with this serial and size, whatever it is called today
    guard.require(armed, disk, "install", now) the leave is for this disk, this action, not expired, and the disk is
    idle guard.refusals(disk)                       why the disk must not be written, [] when nothing speaks against
    it guard.signatures(disk)                     what is on it (old tables, file systems, LVM, RAID, Ceph): told, not
    refused

Refused: mounted or swap (itself or a partition), carries the running system or its live medium, has holders (LVM, md,
dm, multipath, bcache), is claimed by anybody else in the kernel (ZFS, Ceph, a mounted multi-device file system: an
exclusive open says EBUSY), is open for writing in a process, or is read-only. Kernel names never identify a disk.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from metalctl.model.inventory import Disk
from metalctl.model.run import Armed
from metalctl.node import tool
from metalctl.node.errors import Refused
from metalctl.node.inspect import LocalHost, disks
from metalctl.node.inspect.host import Host

_BLOCK = "/sys/block"
Claimed = Callable[[str], str]


def find(serial: str, size: int, host: Host | None = None) -> Disk:
    """The one disk with that serial and size (bytes); raises Refused for none, for two, and for an empty serial."""
    host = host or LocalHost()
    if not serial:
        raise Refused("a disk without a serial number cannot be told apart", hint="give the disk a serial number")
    present = disks.collect(host)
    found = [d for d in present if d.key == serial and d.size == size]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(d.name for d in found)
        raise Refused(
            f"{len(found)} disks have serial {serial} and {size} bytes: {names}",
            hint="two disks need distinct serials, or world-wide names that tell them apart",
            serial=serial,
        )
    same = [f"{d.name} has that serial and {d.size} bytes" for d in present if d.key == serial]
    there = "; ".join(same) or "present: " + (", ".join(f"{d.key or '?'} ({d.name})" for d in present) or "no disk")
    raise Refused(
        f"no disk has serial {serial} and {size} bytes",
        hint=f"{there}. Inspect the node again before choosing a disk",
        serial=serial,
    )


def require(
    armed: Armed,
    disk: Disk,
    action: str,
    now: float | None = None,
    *,
    host: Host | None = None,
    claimed: Claimed | None = None,
) -> None:
    """Return when `armed` gives leave for this action on this disk and nothing is in the way; else raise Refused.

    now: epoch seconds. The disk is looked up again by serial and size: a kernel name that moved since is refused.
    """
    now = time.time() if now is None else now
    host = host or LocalHost()
    reasons = _mismatches(armed, disk, action, now)
    if not reasons:
        present = find(armed.serial, armed.size, host)
        if present.name != disk.name:
            reasons.append(f"serial {disk.key} is {present.name} now, not {disk.name}")
        reasons += refusals(present, host=host, claimed=claimed)
    if reasons:
        raise Refused(
            f"{disk.label} must not be written ({action}): {'; '.join(reasons)}",
            hint="free the disk (umount, swapoff, vgchange -an, mdadm --stop, zpool export) or arm the right one",
            reasons=reasons,
        )


def _mismatches(armed: Armed, disk: Disk, action: str, now: float) -> list[str]:
    found = []
    if not armed.serial or armed.serial != disk.key:
        found.append(f"the leave is for serial {armed.serial or '(none)'}, the disk has {disk.key or '(none)'}")
    if armed.size != disk.size:
        found.append(f"the leave is for {armed.size} bytes, the disk has {disk.size}")
    if armed.action != action:
        found.append(f"the leave is for {armed.action!r}")
    if not now < armed.expires:
        found.append(f"the leave expired {now - armed.expires:.0f} s ago")
    return found


def refusals(disk: Disk, *, host: Host | None = None, claimed: Claimed | None = None) -> list[str]:
    """Why the disk must not be written, as sentences; [] when nothing speaks against it. Changes nothing."""
    host = host or LocalHost()
    # In use through another path is in use.
    whole = {name: path for path in (disk.name, *disk.paths) for name in (path, *partitions(host, path))}
    parts = list(whole)
    found = []
    if host.text(f"{_BLOCK}/{disk.name}/ro") == "1":
        found.append("it is read-only")
    for name, path in whole.items():
        found += _mounts(host, name) + _swap(host, name) + _holders(host, path, name)
    found += _writers(host, parts)
    if not found:
        # Last, as it names nobody; but it knows every owner in the kernel, also those that this file has no name for.
        found += [reason for name in parts if (reason := (claimed or _claimed)(name))]
    return list(dict.fromkeys(found))


def partitions(host: Host, name: str) -> list[str]:
    """Kernel names of the partitions of a disk."""
    return [
        p
        for p in host.names(f"{_BLOCK}/{name}")
        if p.startswith(name) and host.exists(f"{_BLOCK}/{name}/{p}/partition")
    ]


def _number(host: Host, name: str) -> str:
    """major:minor."""
    return host.text(f"/sys/class/block/{name}/dev")


def _mounts(host: Host, name: str) -> list[str]:
    found, number = [], _number(host, name)
    for line in host.text("/proc/self/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        fields, source = left.split(), [*right.split(), "", ""][1]
        # btrfs shows an anonymous number, so its source is looked at too.
        if len(fields) > 4 and ((number and fields[2] == number) or source == f"/dev/{name}"):
            found.append(_where(name, fields[4]))
    return found


def _where(name: str, mountpoint: str) -> str:
    if mountpoint == "/":
        return f"{name} carries the running system (/)"
    if mountpoint.startswith(("/run/live", "/lib/live")):
        return f"{name} is the medium of the live system ({mountpoint})"
    return f"{name} is mounted on {mountpoint}"


def _swap(host: Host, name: str) -> list[str]:
    used = (line.split()[0] for line in host.text("/proc/swaps").splitlines()[1:] if line.split())
    return [f"{name} is swap" for device in used if device == f"/dev/{name}" or host.real(device) == f"/dev/{name}"]


def _holders(host: Host, disk: str, name: str) -> list[str]:
    base = f"{_BLOCK}/{disk}" if name == disk else f"{_BLOCK}/{disk}/{name}"
    found = []
    for holder in host.names(f"{base}/holders"):
        what = host.text(f"/sys/class/block/{holder}/dm/name") or holder
        kind = host.text(f"/sys/class/block/{holder}/dm/uuid").partition("-")[0].lower()
        found.append(f"{name} is held by {' '.join(w for w in (kind, what) if w)}")
    return found


def _writers(host: Host, names: list[str]) -> list[str]:
    """Processes that have a device open for writing: a daemon that takes no exclusive claim is seen here."""
    found, devices = [], {f"/dev/{name}": name for name in names}
    for pid in (p for p in host.names("/proc") if p.isdigit() and int(p) != os.getpid()):
        for fd in host.names(f"/proc/{pid}/fd"):
            name = devices.get(host.real(f"/proc/{pid}/fd/{fd}"))
            if name and _writes(host.text(f"/proc/{pid}/fdinfo/{fd}")):
                found.append(f"{name} is open for writing in {host.text(f'/proc/{pid}/comm')} (pid {pid})")
    return found


def _writes(fdinfo: str) -> bool:
    flags = next((line.split()[1] for line in fdinfo.splitlines() if line.startswith("flags:")), "0")
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY


def _claimed(name: str) -> str:
    """Whether anybody in the kernel has claimed the device, by an exclusive open that writes nothing."""
    try:
        os.close(os.open(f"/dev/{name}", os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC))
    except OSError as error:
        if error.errno == errno.EBUSY:
            return f"{name} is claimed in the kernel (ZFS, RAID, multipath, a mounted file system)"
        return f"{name} cannot be opened: {error.strerror}"
    return ""


def signatures(disk: Disk, host: Host | None = None) -> list[str]:
    """What lies on the disk and its partitions, such as "sda: gpt", "sda1: LVM2_member"; changes nothing.

    Raises ToolFailed without wipefs (util-linux).
    """
    names = [disk.name, *partitions(host or LocalHost(), disk.name)]
    return [s for name in names if Path(f"/dev/{name}").exists() for s in signatures_of(f"/dev/{name}")]


def signatures_of(device: str | os.PathLike[str]) -> list[str]:
    """The same for one device or image file."""
    listed = tool.run(["wipefs", "--no-act", "--parsable", "--output", "TYPE", str(device)], 30).require().out
    return _types(Path(device).name, listed.splitlines())


def _types(name: str, lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(f"{name}: {line.strip()}" for line in lines if line.strip() and not line.startswith("#")))
