"""Builds what nodes boot: the ramdisk and the OS images. `ensure_ramdisk`, `ensure_image`; for people:
`python -m metalctl.boot.build ramdisk|image`.
"""

from metalctl.boot.build.errors import BuildError, NoSpace, RecipeError, ToolFailed, ToolMissing
from metalctl.boot.build.ramdisk import RamdiskArtifacts, ensure_ramdisk

__all__ = ["BuildError", "NoSpace", "RamdiskArtifacts", "RecipeError", "ToolFailed", "ToolMissing", "ensure_ramdisk"]
