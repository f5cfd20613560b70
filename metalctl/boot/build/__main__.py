"""`python -m metalctl.boot.build ramdisk|image`: build (or find in the cache) and print where the results are."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from metalctl.boot.build import ensure_image, ensure_ramdisk
from metalctl.boot.build.cache import default_cache
from metalctl.content.paths import find
from metalctl.model.errors import MetalctlError, describe


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when the result is there, 3 when the build failed."""
    parser = argparse.ArgumentParser(prog="python -m metalctl.boot.build", description=__doc__)
    parser.add_argument("what", choices=["ramdisk", "image"])
    parser.add_argument("--os", default="debian-12", help="which image (default: debian-12)")
    parser.add_argument("--recipe", type=Path, help="recipe folder (default: found on the content path)")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="cache folder (default: %(default)s)")
    wanted = parser.parse_args(arguments)
    begun = time.monotonic()

    def progress(line: str) -> None:
        sys.stderr.write(f"{time.monotonic() - begun:6.1f} s  {line}\n")

    try:
        if wanted.what == "ramdisk":
            ramdisk = ensure_ramdisk(wanted.recipe or find("pxe/ramdisk"), wanted.cache, progress)
            found = (ramdisk.kernel, ramdisk.initrd, ramdisk.squashfs)
        else:
            image = ensure_image(wanted.os, wanted.recipe or find(f"pxe/images/{wanted.os}"), wanted.cache, progress)
            found = (image.manifest, image.stream, image.disk)
    except MetalctlError as error:
        sys.stderr.write(describe(error) + "\n")
        return 3
    sys.stdout.write("".join(f"{path}\n" for path in found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
