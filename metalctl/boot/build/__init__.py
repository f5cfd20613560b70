"""Builds what nodes boot: the ramdisk and the OS images. `ensure_ramdisk`, `ensure_image`; for people:
`python -m metalctl.boot.build ramdisk|image`.
"""

from metalctl.boot.build.errors import BuildError, NoSpace, RecipeError, ToolFailed, ToolMissing
from metalctl.boot.build.image import ImageArtifacts, ensure_image
from metalctl.boot.build.ramdisk import RamdiskArtifacts, ensure_ramdisk

__all__ = [
    "BuildError",
    "ImageArtifacts",
    "NoSpace",
    "RamdiskArtifacts",
    "RecipeError",
    "ToolFailed",
    "ToolMissing",
    "ensure_image",
    "ensure_ramdisk",
]
