"""What the guest boots: busybox, an init that prints a nonce and uses its virtual disk, and the virtio modules."""

from __future__ import annotations

import lzma
import shutil
from pathlib import Path

from metalctl.node import tool
from metalctl.node.errors import ToolFailed
from metalctl.node.kvm.cpio import DIRECTORY, FILE, Entry, archive

SECTOR = 512
_INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t devtmpfs dev /dev
exec >/dev/ttyS0 2>&1 </dev/null
for m in /modules/*; do [ -e "$m" ] && $b insmod "$m"; done
echo "METALCTL-GUEST {nonce}"
echo "METALCTL-CPU $($b dmesg | $b grep -m1 -o 'Hypervisor detected: .*')"
i=0
while [ ! -b /dev/vda ] && [ $i -lt {patience} ]; do $b sleep 1; i=$((i+1)); done
if [ -b /dev/vda ]; then
  echo "METALCTL-READ $($b head -c 512 /dev/vda | $b head -n 1)"
  echo "METALCTL-WROTE {nonce}" | $b dd of=/dev/vda bs=512 seek=1 conv=notrunc,fsync,sync 2>/dev/null
  $b sync
else
  echo "METALCTL-NODISK"
fi
$b poweroff -f
"""
_WANTED = ("virtio_pci", "virtio_blk")


def build(nonce: str, release: str, root: Path = Path("/")) -> tuple[bytes, bool]:
    """The archive, and whether it can drive a virtio disk. Raises ToolFailed without a busybox that can be used."""
    found = modules(release, root)
    entries: list[Entry] = [(d, DIRECTORY, b"") for d in ("bin", "dev", "proc", "modules")]
    entries += _busybox()
    entries += [(f"modules/{i:02d}", FILE, data) for i, data in enumerate(found or [])]
    init = _INIT.format(nonce=nonce, patience=5 if found is not None else 0)
    return archive([*entries, ("init", FILE, init.encode())]), found is not None


def modules(release: str, root: Path = Path("/")) -> list[bytes] | None:
    """virtio-blk and all that it needs, in the order to load them; [] when built in, None when it cannot be had."""
    base = root / "lib/modules" / release
    try:
        depends = dict(_line(x) for x in (base / "modules.dep").read_text().splitlines() if ":" in x)
        builtin = {_name(x) for x in (base / "modules.builtin").read_text().splitlines()}
        order: list[str] = []
        for wanted in _WANTED:
            if wanted in builtin:
                continue
            path = next(p for p in depends if _name(p) == wanted)
            order += [p for p in (*reversed(depends[path]), path) if p not in order]
        return [_unpack(base / p) for p in order]
    except (OSError, StopIteration, ToolFailed, lzma.LZMAError):
        return None


def _line(text: str) -> tuple[str, list[str]]:
    path, _, needs = text.partition(":")
    return path, needs.split()


def _name(path: str) -> str:
    return Path(path).name.split(".")[0].replace("-", "_")


def _unpack(path: Path) -> bytes:
    if path.suffix == ".xz":
        return lzma.decompress(path.read_bytes())
    if path.suffix == ".ko":
        return path.read_bytes()
    raise ToolFailed(f"{path.name} is packed in a way that is not known here")


def _busybox() -> list[Entry]:
    """busybox, with its libraries when it is not static."""
    where = shutil.which("busybox")
    if where is None:
        raise ToolFailed("busybox is not installed", hint="apt-get install busybox-static")
    entries: list[Entry] = [("bin/busybox", FILE, Path(where).resolve().read_bytes())]
    listed = tool.run(["ldd", where], 20)
    words = (
        [w for line in listed.out.splitlines() for w in line.split() if w.startswith("/")] if not listed.code else []
    )
    seen: set[str] = set()
    for library in words:
        for parent in reversed([str(p) for p in Path(library).parents if str(p) != "/"]):
            if parent not in seen:
                seen.add(parent)
                entries.append((parent.lstrip("/"), DIRECTORY, b""))
        entries.append((library.lstrip("/"), FILE, Path(library).resolve().read_bytes()))
    return entries
