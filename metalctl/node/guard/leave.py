"""Whether a leave (`Armed`) is for this action, for this disk as it was looked at, and for this boot."""

from __future__ import annotations

from metalctl.model.inventory import Disk
from metalctl.model.run import Armed
from metalctl.node.guard.target import number
from metalctl.node.inspect.host import Host

_BOOT_ID = "/proc/sys/kernel/random/boot_id"


def seen(host: Host, disk: Disk) -> dict[str, str]:
    """What tells the disk, as it is now, from another one: wwn, number, diskseq, boot_id (see `Armed`)."""
    return {
        "wwn": disk.wwn,
        "number": number(host, disk.name),
        "diskseq": host.text(f"/sys/block/{disk.name}/diskseq"),
        "boot_id": host.text(_BOOT_ID),
    }


def mismatches(armed: Armed, disk: Disk, action: str, now: float) -> list[str]:
    """Why the leave is not for this action on this disk at this time (epoch seconds)."""
    found = []
    if not armed.serial or armed.serial != disk.key:
        issued, there = armed.serial or "(none)", disk.key or "(none)"
        found.append(f"this write permit was issued for serial {issued}; the disk is {there}")
    if armed.size != disk.size:
        found.append(f"this write permit was issued for {armed.size} bytes; the disk has {disk.size}")
    if armed.action != action:
        found.append(f"this write permit was issued for {armed.action!r}")
    if not now < armed.expires:
        found.append(f"this write permit expired {now - armed.expires:.0f} s ago")
    return found


def changes(armed: Armed, disk: Disk, host: Host, *, whole: bool) -> list[str]:
    """What is not as it was when the disk was looked at. whole: a leave that does not state it all is none."""
    now, found = seen(host, disk), []
    if whole and not (armed.boot_id and armed.number):
        found.append("this write permit does not say which disk was checked, and in which boot")
    if armed.boot_id and armed.boot_id != now["boot_id"]:
        return [*found, "the node was booted again since the disk was checked"]  # numbers mean nothing across boots
    wwn, number = now["wwn"] or "(none)", now["number"] or "(none)"
    moved = {
        "wwn": f"the disk that was checked has WWN {armed.wwn}, this one has {wwn}",
        "number": f"the disk that was checked was device {armed.number}, this one is {number}",
        "diskseq": "the disk was taken out or replaced since it was checked (another diskseq)",
    }
    stated = {"wwn": armed.wwn, "number": armed.number, "diskseq": armed.diskseq}
    return found + [said for what, said in moved.items() if stated[what] and stated[what] != now[what]]
