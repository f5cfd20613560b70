"""Mounts, in every mount namespace that a process lives in, and swap."""

from __future__ import annotations

from collections.abc import Iterator

from metalctl.node.guard.processes import comm, pids
from metalctl.node.guard.target import Objection, Target, Unseen, plain
from metalctl.node.inspect.host import Host


def objections(host: Host, target: Target) -> Iterator[Objection]:
    """Where the disk or a partition is mounted. Elsewhere is told only of what is not mounted here."""
    here = list(_mounted(host, target, host.text("/proc/self/mountinfo"), ""))
    yield from (Objection(_where(name, place)) for name, place in here)
    told = {name for name, _ in here}
    for pid, mountinfo in _elsewhere(host):
        if isinstance(mountinfo, Objection):
            yield mountinfo
            continue
        for name, place in _mounted(host, target, mountinfo, f"/proc/{pid}/root"):
            if name not in told:
                told.add(name)
                yield Objection(f"{_where(name, place)}, in the mount namespace of {comm(host, pid)} (pid {pid})")


def swap(host: Host, target: Target) -> Iterator[Objection]:
    for line in host.text("/proc/swaps").splitlines()[1:]:
        if name := _at(host, target, plain((line.split() or [""])[0])):
            yield Objection(f"{name} is swap")


def _elsewhere(host: Host) -> Iterator[tuple[str, str | Objection]]:
    """(pid, its mountinfo) of one process in each other mount namespace."""
    known = {host.linked("/proc/self/ns/mnt")} - {""}
    for pid in pids(host):
        namespace = host.linked(f"/proc/{pid}/ns/mnt")
        if namespace in known:
            continue
        try:
            text = host.content(f"/proc/{pid}/mountinfo").decode(errors="replace")
        except PermissionError:
            yield pid, Objection(f"the mounts that {comm(host, pid)} (pid {pid}) sees cannot be read", certain=False)
        except OSError:
            continue  # it ended meanwhile
        else:
            known.add(namespace or pid)
            yield pid, text


def _mounted(host: Host, target: Target, mountinfo: str, root: str) -> Iterator[tuple[str, str]]:
    """(kernel name, mount point)."""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields, source = left.split(), plain([*right.split(), "", ""][1])
        if len(fields) <= 4:
            continue
        # btrfs shows a number of no device, so its source is looked at too.
        name = target.blocks.get(fields[2]) or (_at(host, target, root + source) if source.startswith("/") else "")
        if name:
            yield name, plain(fields[4])


def _at(host: Host, target: Target, path: str) -> str:
    """Only to name the user: whoever mounts a device or swaps to it has claimed it in the kernel, which is seen too."""
    try:
        return target.at(host, path) if path else ""
    except Unseen:
        return ""


def _where(name: str, mountpoint: str) -> str:
    if mountpoint == "/":
        return f"{name} carries the running system (/)"
    if mountpoint.startswith(("/run/live", "/lib/live")):
        return f"{name} is the medium of the live system ({mountpoint})"
    return f"{name} is mounted on {mountpoint}"
