"""The `scratch` fixture: a directory on a real disk of the installed system, gone afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metalctl.node.errors import NodeError

_IN_RAM = ("tmpfs", "ramfs", "overlay", "squashfs", "rootfs")


class NoDisk(NodeError):
    """The directory is not on a disk."""


@contextmanager
def scratch(parent: str = "") -> Iterator[Path]:
    """A new directory below `parent` (default: $METALCTL_SCRATCH or /var/tmp), which must be on a disk."""
    base = Path(parent or os.environ.get("METALCTL_SCRATCH", "/var/tmp"))  # noqa: S108
    kind = filesystem(base)
    if kind in _IN_RAM:
        raise NoDisk(f"{base} is {kind}, not a disk", hint="this check is for the installed system")
    made = Path(tempfile.mkdtemp(prefix="metalctl-", dir=base))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def filesystem(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The type of the file system that holds the path."""
    real = str(path.resolve())
    best = ("", "unknown")
    for line in mounts.read_text().splitlines():
        point, kind = line.split()[1:3]
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        # The later of two mounts on one point covers the earlier.
        if inside and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1]
