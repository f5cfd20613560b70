"""The ramdisk: a Debian live image built from pxe/ramdisk/ and kept by content hash.

Result: `kernel`, `initrd`, `filesystem.squashfs` and `ramdisk.json` {"hash", "kernel_version", "sizes", "built"}. Boot
it with

    boot=live fetch=http://ADDRESS/filesystem.squashfs BOOTIF=01-aa-bb-cc-dd-ee-ff console=ttyS0,115200n8
    metalctl.url=http://ADDRESS:PORT metalctl.token=TOKEN metalctl.node=NAME

`fetch` wants a numeric address: the initrd has no resolver.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from metalctl.boot.build import cache, rootfs, sources
from metalctl.boot.build.recipe import Recipe, load
from metalctl.boot.build.tools import Progress, require, run, silent

COMPRESSION = ("-comp", "zstd", "-Xcompression-level", "8", "-b", "128K")


@dataclass(frozen=True)
class RamdiskArtifacts:
    """The three files to serve, the recipe's content hash, and whether the cache had them."""

    kernel: Path
    initrd: Path
    squashfs: Path
    hash: str
    reused: bool


def ensure_ramdisk(recipe_dir: Path, cache_dir: Path | None = None, progress: Progress = silent) -> RamdiskArtifacts:
    """The ramdisk of this recipe, built unless the cache has it. Needs root to build. Raises BuildError."""
    recipe, top = load(recipe_dir), cache_dir or cache.default_cache()
    shelf = top / "ramdisk"

    def build(staging: Path) -> None:
        require("mmdebstrap", "mksquashfs", "unshare", "setpriv", keyring=sources.KEYRING)
        progress(f"building the ramdisk ({len(recipe.packages)} packages and what they need)")
        pack(recipe, rootfs.make(recipe, staging / "work", top / "packages", progress), staging, progress)

    folder, reused = cache.ensure(shelf, recipe.key, recipe.need_mib << 20, build, progress)
    if reused:
        progress(f"ramdisk {recipe.key}: taken from the cache")
    return RamdiskArtifacts(folder / "kernel", folder / "initrd", folder / "filesystem.squashfs", recipe.digest, reused)


def pack(recipe: Recipe, root: Path, out: Path, progress: Progress) -> None:
    """Kernel and initrd out of the tree, the rest into a squashfs; the kernel stays inside too, for KVM guests."""
    kernel = max((root / "boot").glob("vmlinuz-*"))
    version = kernel.name.removeprefix("vmlinuz-")
    shutil.copyfile(kernel, out / "kernel")
    shutil.move(root / "boot" / f"initrd.img-{version}", out / "initrd")
    progress("packing the squashfs")
    run(["mksquashfs", str(root), str(out / "filesystem.squashfs"), *COMPRESSION, "-noappend", "-no-progress",
         "-processors", str(os.cpu_count() or 1)])  # fmt: skip
    sizes = {name: (out / name).stat().st_size for name in ("kernel", "initrd", "filesystem.squashfs")}
    built = datetime.now(UTC).isoformat(timespec="seconds")
    facts = {"hash": recipe.digest, "kernel_version": version, "sizes": sizes, "built": built}
    (out / "ramdisk.json").write_text(json.dumps(facts, indent=1) + "\n")
