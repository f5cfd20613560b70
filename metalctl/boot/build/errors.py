"""What goes wrong while a ramdisk or an image is built.

BuildError                 root of this folder
├── RecipeError            the recipe folder is wrong: file, what
├── NoSpace                too little free space in the cache directory
├── ToolMissing            a program of the host is not installed
└── ToolFailed             a program failed: its last lines
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from metalctl.boot.errors import BootError


class BuildError(BootError):
    """A build did not come to its end; nothing half-made was left in the cache."""


class RecipeError(BuildError):
    """The recipe folder cannot be read as one."""

    def __init__(self, file: Path, what: str) -> None:
        super().__init__(
            f"{file}: {what}", hint="fix the recipe; pxe/ramdisk/recipe.toml is an example", file=str(file)
        )


class NoSpace(BuildError):
    """The cache directory has less free space than the build takes."""

    def __init__(self, directory: Path, need: int, free: int) -> None:
        super().__init__(
            f"{directory} has {free >> 20} MiB free, the build takes {need >> 20} MiB",
            hint="free some space, or point XDG_CACHE_HOME at a larger file system",
            directory=str(directory),
            need=need,
            free=free,
        )


class ToolMissing(BuildError):
    """Programs that a build calls are not installed."""

    def __init__(self, packages: Sequence[str]) -> None:
        names = " ".join(packages)
        super().__init__(f"not installed: {names}", hint=f"apt-get install -y {names}", packages=list(packages))


class ToolFailed(BuildError):
    """A program exited with an error; `tail` holds the last lines it printed."""

    def __init__(self, command: Sequence[str], status: int, tail: Sequence[str], hint: str = "") -> None:
        said = "\n".join(f"    {line}" for line in tail)
        super().__init__(
            f"{Path(command[0]).name} exited with {status}; its last lines:\n{said}",
            hint=hint or "run it again after fixing what the last lines say; nothing was left in the cache",
            command=Path(command[0]).name,
            status=status,
        )
