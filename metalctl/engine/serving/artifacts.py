"""What the boot service hands out: the ramdisk and the images, built when the cache has none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from metalctl.boot.artifacts import Artifacts
from metalctl.boot.build import ensure_image, ensure_ramdisk
from metalctl.content import images
from metalctl.content.paths import find
from metalctl.engine.pipeline.services import Image
from metalctl.engine.settings import Settings


@dataclass(slots=True)
class Served:
    """The table of files, and the images in it by name: (path below the base URL, manifest file)."""

    files: Artifacts = field(default_factory=Artifacts)
    paths: dict[str, tuple[str, Path]] = field(default_factory=dict)

    def images(self, url: str) -> dict[str, Image]:
        """The images as stages use them, under our URL."""
        return {
            name: Image(name, json.loads(manifest.read_text()), f"{url}{path}")
            for name, (path, manifest) in self.paths.items()
        }


def prepare(settings: Settings, progress: Callable[[str], None]) -> Served:
    """Build or reuse everything that nodes will ask for. Minutes the first time, moments after that."""
    served = Served()
    ramdisk = ensure_ramdisk(find("pxe/ramdisk"), settings.cache, progress)
    served.files.offer_ramdisk(ramdisk)
    for name in images.names():
        image = ensure_image(name, find(f"pxe/images/{name}"), settings.cache, progress)
        path = served.files.offer_image(name, image.hash, image.manifest.parent)
        served.paths[name] = (path, image.manifest)
    return served
