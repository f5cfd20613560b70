"""Targets in the kernel that give the disk to other machines: NVMe (nvmet), SCSI (LIO, SCST), USB gadgets, rnbd.

Several of them open the disk without claiming it, so that only their configuration tells. Sources: the kernel's
Documentation/ABI/testing/configfs-*, drivers/target, SCST's README.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from metalctl.node.guard.target import Objection, Target, Unseen
from metalctl.node.inspect.host import Host

_CONFIGFS = "/sys/kernel/config"
# Which file below configfs names what is exported; `*` is any name.
_BELOW = {
    "nvmet/subsystems/*/namespaces/*/device_path": "an NVMe target",
    "target/core/*/*/udev_path": "a SCSI target (LIO)",
    "target/core/*/*/info": "a SCSI target (LIO)",
    "usb_gadget/*/functions/*/*/file": "a USB gadget",
}
_ELSEWHERE = {
    "/sys/kernel/scst_tgt/devices/*/filename": "a SCSI target (SCST)",
    "/sys/class/rnbd-server/ctl/devices/*/block_dev/dev": "an RDMA block target (rnbd)",
}
_MODULES = ("nvmet", "target_core_mod")
_NUMBER = re.compile(r"Major: (\d+)\s+Minor: (\d+)")
_FILE = re.compile(r"File: (\S+)")
_PLAIN_NUMBER = re.compile(r"(\d+):(\d+)")


def objections(host: Host, target: Target) -> Iterator[Objection]:
    """Which export names the disk or a partition, and what could not be looked at."""
    roots = _roots(host)
    loaded = [m for m in _MODULES if host.exists(f"/sys/module/{m}")]
    if loaded and not any(host.names(root) for root in roots):
        yield Objection(
            f"what {' and '.join(loaded)} exports cannot be seen: mount configfs (mount -t configfs none {_CONFIGFS})",
            certain=False,
        )
    patterns = {f"{root}/{below}": what for root in roots for below, what in _BELOW.items()} | _ELSEWHERE
    for pattern, what in patterns.items():
        for path in _matching(host, *pattern.split("/*")):
            yield from _export(host, target, what, path)


def _roots(host: Host) -> list[str]:
    """Where configfs is mounted."""
    lines = (line.split() for line in host.text("/proc/self/mounts").splitlines())
    return list(dict.fromkeys([_CONFIGFS, *(w[1] for w in lines if len(w) > 2 and w[2] == "configfs")]))


def _matching(host: Host, base: str, *rest: str) -> Iterator[str]:
    """Paths of files that a pattern, split at its stars, means."""
    if not rest:
        yield base
        return
    for name in host.names(base):
        yield from _matching(host, f"{base}/{name}{rest[0]}", *rest[1:])


def _export(host: Host, target: Target, what: str, path: str) -> Iterator[Objection]:
    text = host.text(path)
    if found := _NUMBER.search(text) or _PLAIN_NUMBER.fullmatch(text):
        name = target.blocks.get(":".join(found.groups()), "")
    elif not (file := _named(path, text)):
        return
    else:
        try:
            name = target.at(host, file)
        except Unseen as unseen:
            yield Objection(f"{what} exports {file}, and what that is could not be found out: {unseen}", certain=False)
            return
    if name:
        yield Objection(f"{name} is exported by {what}: {path}")


def _named(path: str, text: str) -> str:
    """The file name in a configuration file, "" when it names none."""
    if path.endswith("/info"):
        return found[1] if (found := _FILE.search(text)) else ""
    first = text.partition("\n")[0]
    return first if first.startswith("/") else ""
