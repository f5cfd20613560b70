"""The `scratch` fixture: a directory on a real disk of the installed system, gone afterwards."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metalctl.node.errors import NodeError
from metalctl.node.guard.target import plain

_IN_RAM = ("tmpfs", "ramfs", "overlay", "squashfs", "rootfs")
_NO_DISK = re.compile(r"(zram|ram|loop|nbd)\d+")


class NoDisk(NodeError):
    """The directory is not on a disk."""


@contextmanager
def scratch(parent: str = "") -> Iterator[Path]:
    """A new directory below `parent` (default: $METALCTL_SCRATCH or /var/tmp), which must be on a disk."""
    base = Path(parent or os.environ.get("METALCTL_SCRATCH", "/var/tmp"))  # noqa: S108
    _require_disk(base)
    made = Path(tempfile.mkdtemp(prefix="metalctl-", dir=base))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def _require_disk(base: Path) -> None:
    """What lies in memory, on the network or in a file says nothing of a disk."""
    kind, source = filesystem(base)
    name = Path(os.path.realpath(source)).name if source.startswith("/dev/") else ""
    if kind in _IN_RAM or not name or _NO_DISK.fullmatch(name):
        what = kind if kind in _IN_RAM or not source else f"{kind} on {source}"
        raise NoDisk(f"{base} is {what}, not a disk", hint="this check is for the installed system")


def filesystem(path: Path, mounts: Path = Path("/proc/self/mounts")) -> tuple[str, str]:
    """Type and source of the file system that holds the path."""
    real = str(path.resolve())
    best = ("", "unknown", "")
    for line in mounts.read_text().splitlines():
        source, point, kind = (plain(word) for word in line.split()[:3])
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        # The later of two mounts on one point covers the earlier.
        if inside and len(point) >= len(best[0]):
            best = (point, kind, source)
    return best[1:]
