"""The disk's layout and boot code."""

import struct
from itertools import pairwise

from metalctl.boot.build import disk

MIB = 1 << 20


def test_the_root_partition_is_last_and_leaves_room_for_the_backup_table():
    parts = disk.layout(3200 * MIB, 64 * MIB, 8 * MIB)
    assert [p.role for p in parts] == ["bios_grub", "esp", "cidata", "root"]
    assert [p.number for p in parts] == [1, 2, 3, 4]
    assert all(a.start + a.size == b.start for a, b in pairwise(parts))
    assert parts[0].start == MIB
    assert parts[-1].start + parts[-1].size == 3199 * MIB


def test_the_boot_sector_loads_the_core_image_from_its_partition():
    boot = disk.patched_boot(bytes(range(256)) * 2, 2048)
    assert struct.unpack_from("<Q", boot, 0x5C) == (2048,)
    assert boot[0x66:0x68] == b"\x90\x90"
    assert len(boot) == 512


def test_the_first_sector_of_the_core_image_loads_all_others():
    core = disk.patched_core(b"\xff" * (512 * 60 + 7), 2048)
    assert struct.unpack_from("<QHH", core, 0x1F4) == (2049, 60, 0x820)
    assert len(core) == 512 * 60 + 7
