"""An initramfs in pure Python: the "newc" cpio format, root owned, no timestamps, so equal inputs give equal bytes."""

from __future__ import annotations

from collections.abc import Iterable

DIRECTORY, FILE = 0o040755, 0o100755

Entry = tuple[str, int, bytes]
"""Name without a leading slash, mode (with the type bits), content."""


def archive(entries: Iterable[Entry]) -> bytes:
    """The entries as one cpio archive, uncompressed. Parents must come before what is in them."""
    body = b"".join(_record(i, *entry) for i, entry in enumerate(entries, 1))
    return body + _record(0, "TRAILER!!!", 0, b"")


def _record(inode: int, name: str, mode: int, data: bytes) -> bytes:
    encoded = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
    header = b"070701" + b"".join(b"%08X" % f for f in fields)
    return _pad(header + encoded) + _pad(data)


def _pad(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
