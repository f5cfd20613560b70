"""Lay a root file system out on a disk image that boots in BIOS and in UEFI, without a loop device or a mount.

    1 bios     1 MiB    GRUB's core image (BIOS)
    2 esp      vfat     shim, GRUB (both signed by Debian) and three lines that point at the root file system
    3 cidata   vfat     label CIDATA, empty: the node's seed is written there after the image
    4 root     ext4     last, so that it can grow

mke2fs fills the file system from a folder, mtools fills the ESP, and the two numbers that grub-bios-setup would patch
are patched here: that needs no device, works in a container, and leaves nothing behind when it is killed.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from metalctl.boot.build.errors import BuildError
from metalctl.boot.build.tools import run

MIB = 1 << 20
SECTOR = 512
ESP_GUID = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
BIOS_GUID = "21686148-6449-6E6F-744E-656564454649"
DATA_GUID = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
LINUX_ROOT_GUID = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"
# Features that GRUB of the image and mke2fs of any host (Debian 12, Ubuntu 24.04) agree on.
EXT4_FEATURES = "^metadata_csum_seed,^orphan_file,64bit"
EXT4_OPTIONS = "nodiscard,lazy_itable_init=0,lazy_journal_init=0"
BLOCK_SIZE = 4096


@dataclass(frozen=True)
class Partition:
    """A partition: start and size in bytes."""

    number: int
    label: str
    role: str
    type: str
    start: int
    size: int


def layout(size: int, esp: int, cidata: int) -> list[Partition]:
    """The four partitions of a disk of `size` bytes; all arguments are bytes and whole MiB."""
    parts: list[Partition] = []
    start = MIB
    root = size - 3 * MIB - esp - cidata  # first MiB, bios, last MiB for the backup GPT
    shapes = (
        ("bios", "bios_grub", BIOS_GUID, MIB),
        ("esp", "esp", ESP_GUID, esp),
        ("cidata", "cidata", DATA_GUID, cidata),
        ("root", "root", LINUX_ROOT_GUID, root),
    )
    for number, (label, role, guid, length) in enumerate(shapes, start=1):
        parts.append(Partition(number, label, role, guid, start, length))
        start += length
    return parts


def make(image: Path, root: Path, parts: Sequence[Partition], size: int, uuid: str) -> None:
    """Write the disk image from the tree `root`, whose root file system gets `uuid`. Raises ToolFailed, BuildError."""
    bios, esp, cidata, main = parts
    with image.open("xb") as out:
        out.truncate(size)
    partition_table(image, parts)
    vfat(image.with_name("esp.img"), esp.size, "ESP", "32", esp_files(root), image, esp.start)
    vfat(image.with_name("cidata.img"), cidata.size, "CIDATA", "16", {}, image, cidata.start)
    options = f"{EXT4_OPTIONS},offset={main.start}"
    run(["mkfs.ext4", "-q", "-F", "-b", str(BLOCK_SIZE), "-O", EXT4_FEATURES, "-E", options, "-m", "1", "-L", "root",
         "-U", uuid, "-d", str(root), str(image), f"{main.size >> 10}k"])  # fmt: skip
    grub_bios(image, root / "boot/grub/i386-pc", bios)


def partition_table(image: Path, parts: Sequence[Partition]) -> None:
    """Write the GPT."""
    script = image.with_name("partitions.sfdisk")
    lines = ["label: gpt", "unit: sectors"]
    lines += [f'start={p.start // SECTOR}, size={p.size // SECTOR}, type={p.type}, name="{p.label}"' for p in parts]
    script.write_text("\n".join(lines) + "\n")
    run(["sh", "-c", 'exec sfdisk --quiet --no-reread --no-tell-kernel "$1" < "$2"', "sh", str(image), str(script)])


def esp_files(root: Path) -> dict[str, Path]:
    """Names on the ESP and the files of the tree that go there."""
    return {
        "EFI/BOOT/BOOTX64.EFI": root / "usr/lib/shim/shimx64.efi.signed",
        "EFI/BOOT/grubx64.efi": root / "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed",
        "EFI/BOOT/mmx64.efi": root / "usr/lib/shim/mmx64.efi.signed",
        "EFI/debian/grub.cfg": root / "usr/share/metalctl/esp/grub.cfg",  # where the signed GRUB looks
    }


def vfat(fs: Path, size: int, label: str, bits: str, content: dict[str, Path], image: Path, start: int) -> None:
    """Make a FAT file system with `content` and put it into the image at `start`."""
    with fs.open("xb") as out:
        out.truncate(size)
    run(["mkfs.vfat", "-F", bits, "-s", "1", "-n", label, str(fs)])
    folders = {str(Path(name).parents[depth]) for name in content for depth in range(len(Path(name).parts) - 1)}
    for folder in sorted(folders):
        run(["mmd", "-i", str(fs), f"::{folder}"])
    for name, source in content.items():
        run(["mcopy", "-i", str(fs), str(source), f"::{name}"])
    with image.open("r+b") as out:
        out.seek(start)
        out.write(fs.read_bytes().rstrip(b"\0"))
    fs.unlink()


def grub_bios(image: Path, folder: Path, bios: Partition) -> None:
    """Boot code into the MBR and the core image into the BIOS partition, with the addresses that each needs."""
    boot = patched_boot(folder.joinpath("boot.img").read_bytes(), bios.start // SECTOR)
    core = patched_core(folder.joinpath("core.img").read_bytes(), bios.start // SECTOR)
    if len(core) > bios.size:
        raise BuildError(f"GRUB's core image has {len(core)} bytes, the BIOS partition {bios.size}", hint="enlarge it")
    with image.open("r+b") as out:
        out.write(boot[:440])  # what follows is the disk signature and the protective partition table
        out.seek(bios.start)
        out.write(core)


def patched_boot(boot: bytes, core_sector: int) -> bytes:
    """boot.img that loads the core image from `core_sector`, and trusts 0x80 where a BIOS passes a wrong boot drive."""
    data = bytearray(boot)
    data[0x5C:0x64] = struct.pack("<Q", core_sector)
    data[0x66:0x68] = b"\x90\x90"
    return bytes(data)


def patched_core(core: bytes, core_sector: int) -> bytes:
    """core.img whose first sector (diskboot.img) loads all that follow it."""
    data = bytearray(core)
    sectors = -(-len(core) // SECTOR)
    data[0x1F4:0x200] = struct.pack("<QHH", core_sector + 1, sectors - 1, 0x820)
    return bytes(data)
