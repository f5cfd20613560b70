"""A disk under every name it has: by device number, since a node of any name may lead to it.

Which names a path has says nothing: mknod, a bind mount or another mount namespace give others. The kernel's number of
what a path leads to is what counts (st_rdev). The character devices of a disk (SCSI generic, bsg, NVMe generic) write
to it as well.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass

from metalctl.model.inventory import Disk
from metalctl.node.inspect.host import Host

BLOCK = "/sys/block"
_GONE = (errno.ENOENT, errno.ESRCH, errno.ENOTDIR, errno.EINVAL)


_OCTAL = re.compile(r"\\([0-7]{3})")


class Unseen(Exception):
    """What a path leads to cannot be told. gone: because it is no longer there."""

    def __init__(self, reason: str, *, gone: bool = False) -> None:
        super().__init__(reason)
        self.gone = gone


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a disk must not be written, as a sentence. certain: False when it could not be seen whether it is in use."""

    text: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """names: kernel name of the disk and of each partition, by every path to it → its folder in /sys.

    blocks, chars: device number ("8:1") → kernel name ("sda1", "sg0").
    """

    names: Mapping[str, str]
    blocks: Mapping[str, str]
    chars: Mapping[str, str]

    def at(self, host: Host, path: str) -> str:
        """The kernel name of the part of the disk that a path leads to, "" when it is something else. Raises Unseen."""
        seen = host.probe("stat", path)
        if "errno" in seen:
            raise Unseen(str(seen["error"]), gone=seen["errno"] in _GONE)
        if seen:
            table = {"block": self.blocks, "char": self.chars}.get(str(seen["kind"]), {})
            return table.get(str(seen["number"]), "")
        # A recorded machine has no device numbers behind its paths: there the name is all there is.
        return {f"/dev/{name}": name for name in self.names}.get(host.real(path), "")


def target(host: Host, disk: Disk) -> Target:
    """The disk with its partitions and numbers, as /sys has them now."""
    names, chars = dict[str, str](), dict[str, str]()
    for path in (disk.name, *disk.paths):
        names |= {path: f"{BLOCK}/{path}"} | {p: f"{BLOCK}/{path}/{p}" for p in partitions(host, path)}
        chars |= _characters(host, path)
    return Target(names, {n: name for name in names if (n := number(host, name))}, chars)


def partitions(host: Host, name: str) -> list[str]:
    """Kernel names of the partitions of a disk."""
    return [
        p for p in host.names(f"{BLOCK}/{name}") if p.startswith(name) and host.exists(f"{BLOCK}/{name}/{p}/partition")
    ]


def number(host: Host, name: str) -> str:
    """The device number of a block device, "8:1"; "" when the kernel has no such device."""
    return host.text(f"/sys/class/block/{name}/dev")


def _characters(host: Host, disk: str) -> dict[str, str]:
    device = f"{BLOCK}/{disk}/device"
    found = [f"{device}/{kind}/{name}" for kind in ("scsi_generic", "bsg") for name in host.names(f"{device}/{kind}")]
    if disk.startswith("nvme"):
        found.append(f"/sys/class/nvme-generic/{disk.replace('nvme', 'ng', 1)}")
    return {n: path.rpartition("/")[2] for path in found if (n := host.text(f"{path}/dev"))}


def plain(text: str) -> str:
    r"""A path of /proc as it is: the kernel writes a space as \040."""
    return _OCTAL.sub(lambda m: chr(int(m[1], 8)), text)
