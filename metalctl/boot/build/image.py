"""An OS image: a disk that boots in BIOS and in UEFI, and what a node needs to write it, kept by content hash.

Result: `disk.raw` (sparse), `disk.raw.zst` (the stream) and `manifest.json`. What these hold, and how a node writes
them, is in docs/decisions/0003-ramdisk-and-image.md.

`[disk]` of the recipe: size_mib (virtual size), esp_mib, cidata_mib.
"""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from metalctl.boot.build import blocks, cache, disk, rootfs, sources, stream
from metalctl.boot.build.errors import RecipeError
from metalctl.boot.build.recipe import Recipe, load
from metalctl.boot.build.tools import Progress, require, silent
from metalctl.content.programs import environment

PROGRAMS = ("mmdebstrap", "mkfs.ext4", "dumpe2fs", "mkfs.vfat", "mcopy", "sfdisk", "zstd", "unshare", "setpriv")
PLACEHOLDER = "@ROOT_UUID@"
WITH_UUID = ("etc/fstab", "boot/grub/grub.cfg", "usr/share/metalctl/esp/grub.cfg")


@dataclass(frozen=True)
class ImageArtifacts:
    """Manifest, stream and disk, the recipe's content hash, and whether the cache had them."""

    manifest: Path
    stream: Path
    disk: Path
    hash: str
    reused: bool


def ensure_image(
    name: str, recipe_dir: Path, cache_dir: Path | None = None, progress: Progress = silent
) -> ImageArtifacts:
    """The image `name` ("debian-12") of this recipe, built (as root) unless the cache has it. Raises BuildError."""
    recipe, top = load(recipe_dir), cache_dir or cache.default_cache()

    def build(staging: Path) -> None:
        require(*PROGRAMS, keyring=sources.KEYRING)
        progress(f"building the image {name} ({len(recipe.packages)} packages and what they need)")
        root = rootfs.make(recipe, staging / "work", top / "packages", progress)
        pack(name, recipe, root, staging, progress)

    folder, reused = cache.ensure(top / "images" / name, recipe.key, recipe.need_mib << 20, build, progress)
    if reused:
        progress(f"image {name} {recipe.key}: taken from the cache")
    return ImageArtifacts(folder / "manifest.json", folder / "disk.raw.zst", folder / "disk.raw", recipe.digest, reused)


def pack(name: str, recipe: Recipe, root: Path, out: Path, progress: Progress) -> None:
    """The tree to a disk, its stream and its manifest."""
    size, parts = dimensions(recipe)
    identity = str(uuid.uuid4())
    for path in (root / name for name in WITH_UUID):
        path.write_text(path.read_text().replace(PLACEHOLDER, identity))
    progress("laying out the disk")
    work, image = out / "work", out / "disk.raw"
    disk.make(work / "disk.raw", root, parts, size, identity)
    (work / "disk.raw").rename(image)
    progress("mapping, hashing and compressing the disk")
    data = stream.data_ranges(image)
    wanted, zeroes = blocks.plan(data, free_space(image, parts[-1]), size)
    packed = stream.write(image, wanted, out / "disk.raw.zst")
    facts = manifest(name, recipe, size, parts, wanted, zeroes, packed)
    (out / "manifest.json").write_text(json.dumps(facts, separators=(",", ":")) + "\n")
    total = sum(length for _, length in wanted)
    progress(f"{total >> 20} MiB to write in {len(wanted)} blocks, {packed.size >> 20} MiB as a stream")


def dimensions(recipe: Recipe) -> tuple[int, list[disk.Partition]]:
    """(virtual size in bytes, partitions) of the recipe's [disk]."""
    try:
        size, esp, cidata = (int(recipe.disk[key]) << 20 for key in ("size_mib", "esp_mib", "cidata_mib"))
    except KeyError as error:
        raise RecipeError(recipe.directory / "recipe.toml", f"[disk] {error.args[0]} is missing") from error
    return size, disk.layout(size, esp, cidata)


def free_space(image: Path, root: disk.Partition) -> list[blocks.Range]:
    """The free blocks of the root file system, as ranges of the disk."""
    command = ["dumpe2fs", f"{image}?offset={root.start}"]
    env = {**environment(), "LC_ALL": "C"}
    text = subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout
    return [(root.start + offset, length) for offset, length in blocks.free_blocks(text, disk.BLOCK_SIZE)]


def manifest(
    name: str,
    recipe: Recipe,
    size: int,
    parts: list[disk.Partition],
    wanted: list[blocks.Range],
    zeroes: list[blocks.Range],
    packed: stream.Packed,
) -> Mapping[str, Any]:
    """The manifest as the decision page lays it down."""
    return {
        "format": 1,
        "os": name,
        "version": recipe.key,
        "built": datetime.now(UTC).isoformat(timespec="seconds"),
        "virtual_size": size,
        "sha256": packed.disk_sha256,
        "digest": stream.DIGEST,
        "blocks": [[offset, length, packed.digests[number]] for number, (offset, length) in enumerate(wanted)],
        "zeroes": [list(pair) for pair in zeroes],
        "partitions": [asdict(part) for part in parts],
        "stream": {
            "file": "disk.raw.zst",
            "format": "zstd",
            "size": packed.size,
            "sha256": packed.sha256,
            "raw_size": sum(length for _, length in wanted),
            "frames": packed.frames,
        },
    }
