"""A small FAT16 file system with a few files in its root, made in memory: the CIDATA volume of a NoCloud seed.

It is written over the partition as bytes, so that nothing is mounted: no kernel module, no half-written volume after
a power cut, and the same read-back proof as the image. Layout: Microsoft's FAT specification 1.03; long names as VFAT
entries.
"""

from __future__ import annotations

import struct

from metalctl.node.errors import NodeError

SECTOR = 512
_ROOT_ENTRIES = 512
_FEWEST, _MOST = 4085, 65524  # clusters: what makes it FAT16
_ATTR_LABEL, _ATTR_FILE, _ATTR_LONG = 0x08, 0x20, 0x0F
_EPOCH = 0x0021  # 1980-01-01


class SeedDoesNotFit(NodeError):
    """The seed is too large for its partition, or the partition no size for FAT16."""


def image(size: int, label: str, files: dict[str, str], volume_id: int) -> bytes:
    """The first bytes of a volume of `size` bytes, as far as they matter (a multiple of 4096)."""
    per_cluster, fat_sectors, clusters = _geometry(size // SECTOR)
    cluster = per_cluster * SECTOR
    fat, data, entries = [0xFFF8, 0xFFFF], bytearray(), [_entry(_short(label), _ATTR_LABEL, 0, 0)]
    for number, (name, text) in enumerate(sorted(files.items()), start=1):
        content = text.encode()
        used = -(-len(content) // cluster)
        entries += _named(name, number, len(fat) if used else 0, len(content))
        fat += [*range(len(fat) + 1, len(fat) + used), 0xFFFF] if used else []
        data += content.ljust(used * cluster, b"\0")
    if len(fat) - 2 > clusters or len(entries) > _ROOT_ENTRIES:
        raise SeedDoesNotFit(f"the seed does not fit into {size} bytes", hint="make the image's cidata_mib larger")
    table = struct.pack(f"<{len(fat)}H", *fat).ljust(fat_sectors * SECTOR, b"\0")
    root = b"".join(entries).ljust(_ROOT_ENTRIES * 32, b"\0")
    volume = _boot_sector(size // SECTOR, per_cluster, fat_sectors, label, volume_id) + table * 2 + root + bytes(data)
    return volume.ljust(-(-len(volume) // 4096) * 4096, b"\0")


def _geometry(sectors: int) -> tuple[int, int, int]:
    """Sectors a cluster, sectors a FAT, clusters."""
    for per_cluster in (1, 2, 4, 8, 16, 32, 64):
        rough = sectors // per_cluster
        fat_sectors = -(-(rough + 2) * 2 // SECTOR)
        clusters = (sectors - 1 - 2 * fat_sectors - _ROOT_ENTRIES * 32 // SECTOR) // per_cluster
        if _FEWEST <= clusters <= _MOST:
            return per_cluster, fat_sectors, clusters
    raise SeedDoesNotFit(f"a volume of {sectors * SECTOR} bytes cannot be FAT16", hint="make it 4 MiB to 2 GiB")


def _boot_sector(sectors: int, per_cluster: int, fat_sectors: int, label: str, volume_id: int) -> bytes:
    small, large = (sectors, 0) if sectors < 0x10000 else (0, sectors)
    parameters = struct.pack(
        "<HBHBHHBHHHII", SECTOR, per_cluster, 1, 2, _ROOT_ENTRIES, small, 0xF8, fat_sectors, 63, 255, 0, large
    )
    extended = struct.pack("<BBBI11s8s", 0x80, 0, 0x29, volume_id, _short(label), b"FAT16   ")
    return (b"\xeb\x3c\x90" + b"METALCTL" + parameters + extended).ljust(510, b"\0") + b"\x55\xaa"


def _short(name: str) -> bytes:
    return name.upper().encode("ascii").ljust(11)[:11]


def _entry(short: bytes, attributes: int, cluster: int, size: int) -> bytes:
    return struct.pack("<11sBBBHHHHHHHI", short, attributes, 0, 0, 0, _EPOCH, _EPOCH, 0, 0, _EPOCH, cluster, size)


def _named(name: str, number: int, cluster: int, size: int) -> list[bytes]:
    """The long-name entries, last part first, and the short entry that they belong to."""
    short = f"SEED~{number}".ljust(11).encode()
    check = 0
    for byte in short:
        check = (((check & 1) << 7) + (check >> 1) + byte) & 0xFF
    units = [ord(c) for c in name] + [0]
    units += [0xFFFF] * (-len(units) % 13)
    # A name that fills its last entry has no terminator.
    if len(name) % 13 == 0:
        units = units[: len(name)]
    parts = [units[i : i + 13] for i in range(0, len(units), 13)]
    entries = []
    for order, part in enumerate(parts, start=1):
        mark = order | (0x40 if order == len(parts) else 0)
        entries.append(struct.pack("<B5HBBB6HH2H", mark, *part[:5], _ATTR_LONG, 0, check, *part[5:11], 0, *part[11:]))
    return [*reversed(entries), _entry(short, _ATTR_FILE, cluster, size)]
