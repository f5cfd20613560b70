"""The destructive guard: nothing on this node writes to a raw disk without its leave.

    with guard.hold(armed, disk, "install") as claim:   the way to write: claims the disk, then looks, and holds it
        write(claim.path)

    guard.find(serial, size)                 the one disk with that serial and size, whatever it is called today
    guard.require(armed, disk, "install")    look only: the leave is for this disk, this action and this boot, has not
                                             expired, and the disk is idle; raises Refused with every reason
    guard.objections(disk)                   what speaks against writing, and what could not be seen; () for an idle one
    guard.refusals(disk)                     the same as sentences
    guard.signatures(disk)                   what wipefs finds on it; told, and no reason to refuse by itself

Refused is a disk that is read-only; that is mounted, in any mount namespace, or swap (itself or a partition); that
carries the running system or its live medium; that has something built on it (LVM, md, multipath, bcache, btrfs, a
loop device); that is exported to other machines; that a process has open for writing; that anybody else in the kernel
has claimed (ZFS, Ceph: an exclusive open says EBUSY). Devices are compared by number, never by name. Refused as well is
what could not be seen: a process that may not be looked at, a container around us, an unmounted configfs.

Not seen, by any means that Linux offers: another machine that writes to a shared disk (SAN), a disk that a process was
sent over a socket and has not received yet; on kernels that list no whole paths, a disk that was registered with an
io_uring under a device file of another name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from metalctl.model.inventory import Disk
from metalctl.model.run import Armed
from metalctl.node.errors import Refused
from metalctl.node.guard import exports, leave, mounts, processes, stacked
from metalctl.node.guard.claim import Claim, claimed
from metalctl.node.guard.leave import seen
from metalctl.node.guard.signatures import signatures, signatures_of
from metalctl.node.guard.target import Objection, number, partitions, target
from metalctl.node.inspect import LocalHost, disks
from metalctl.node.inspect.host import Host

__all__ = [
    "Claim",
    "Objection",
    "claimed",
    "find",
    "hold",
    "objections",
    "partitions",
    "refusals",
    "require",
    "seen",
    "signatures",
    "signatures_of",
]

Claimed = Callable[[str], str]


def find(serial: str, size: int, host: Host | None = None) -> Disk:
    """The one disk with that serial and size (bytes); raises Refused for none, for two, and for an empty serial.

    serial: `Disk.key`, with the unit where one drive has several.
    """
    host = host or LocalHost()
    if not serial:
        raise Refused("a disk without a serial number cannot be identified", hint="give the disk a serial number")
    present = disks.collect(host)
    found = [d for d in present if d.key == serial and d.size == size]
    if len(found) == 1:
        return found[0]
    raise _not_one(serial, size, present, [d.name for d in found])


def _not_one(serial: str, size: int, present: Sequence[Disk], found: list[str]) -> Refused:
    if found:
        return Refused(
            f"{len(found)} disks have serial {serial} and {size} bytes: {', '.join(found)}",
            hint="two disks need distinct serials, or distinct world-wide names",
            serial=serial,
        )
    same = [f"{d.name} has that serial and {d.size} bytes" for d in present if d.key == serial]
    there = "; ".join(same) or "present: " + (", ".join(f"{d.key or '?'} ({d.name})" for d in present) or "no disk")
    return Refused(
        f"no disk has serial {serial} and {size} bytes",
        hint=f"{there}. Inspect the node again before choosing a disk",
        serial=serial,
    )


def hold(armed: Armed, disk: Disk, action: str, now: float | None = None, *, host: Host | None = None) -> Claim:
    """The disk, claimed: claimed first, then looked at, so that nothing changes in between or until it is closed.

    Raises Refused for the reasons of `require`, and for a leave that does not say which disk of which boot it is for.
    """
    host = host or LocalHost()
    try:
        claim = Claim(*((name, number(host, name)) for name in (disk.name, *disk.paths)))
    except Refused:
        # Who has it is told where that can be found out.
        _require(armed, disk, action, now, host, None, whole=True)
        raise
    try:
        # The claim of the whole disk by all its paths is one of every partition.
        _require(armed, disk, action, now, host, lambda _: "", whole=True)
    except BaseException:
        claim.close()
        raise
    return claim


def boot_time() -> float:
    """Seconds since the kernel started, suspended ones too: nobody sets this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


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

    now: seconds of this boot (`boot_time`). The disk is looked up again by serial and size: a kernel name that moved
    since is refused. Of the disk's identity and the boot what the leave states is compared; `hold` wants all of it
    stated.
    """
    _require(armed, disk, action, now, host or LocalHost(), claimed, whole=False)


def _require(
    armed: Armed, disk: Disk, action: str, now: float | None, host: Host, claimed: Claimed | None, *, whole: bool
) -> None:
    reasons = leave.mismatches(armed, disk, action, boot_time() if now is None else now)
    if not reasons:
        present = find(armed.serial, armed.size, host)
        if present.name != disk.name:
            reasons.append(f"serial {disk.key} is {present.name} now, not {disk.name}")
        reasons += leave.changes(armed, present, host, whole=whole)
        reasons += refusals(present, host=host, claimed=claimed)
    if reasons:
        raise Refused(
            f"{disk.label} must not be written ({action}): {'; '.join(reasons)}",
            hint="free the disk (umount, swapoff, losetup -d, vgchange -an, mdadm --stop, zpool export), or arm the"
            " right one: metalctl enroll --retry reads the disks again",
            reasons=reasons,
        )


def refusals(disk: Disk, *, host: Host | None = None, claimed: Claimed | None = None) -> list[str]:
    """Why the disk must not be written, as sentences; [] when nothing speaks against it. Changes nothing."""
    return [o.text for o in objections(disk, host=host, claimed=claimed)]


def objections(disk: Disk, *, host: Host | None = None, claimed: Claimed | None = None) -> tuple[Objection, ...]:
    """The same with what could not be seen marked as such."""
    host = host or LocalHost()
    aim = target(host, disk)
    found = []
    if host.text(f"/sys/block/{disk.name}/ro") == "1":
        found.append(Objection("it is read-only"))
    for look in (mounts.objections, mounts.swap, stacked.objections, exports.objections, processes.objections):
        found += look(host, aim)
    if not any(o.certain for o in found):
        # Last, as it names nobody; but it knows every owner in the kernel, also those that this room has no name for.
        found += [Objection(reason) for name in aim.names if (reason := (claimed or _claimed)(name))]
    return tuple(dict.fromkeys(found))


_claimed = claimed
