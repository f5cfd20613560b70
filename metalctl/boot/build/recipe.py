"""A recipe: the folder that says what goes into a ramdisk or an image, read and hashed.

`recipe.toml`:

    kind = "ramdisk" | "image"      release = "bookworm"       components = ["main"]
    packages = "packages.list"      one package a line, # for comments
    overlays = ["overlay", …]       trees laid over the root file system (owner root; 0755 for `#!` files, else 0644);
                                    "pxe/…" is looked up on the content path, so that a site's recipe can take ours
    hooks = ["hooks/x.sh"]          run with the root file system as $1, in order, at the end
    exclude / include = [globs]     what dpkg does not unpack
    enable / mask = [units]         mask_generators = [systemd generators]
    need_mib = free space that a build takes
    [disk]                          images only: see image.py

The content hash covers these inputs and VERSION, and nothing else of the folder: the seed templates of an image are
rendered at install and do not make a new image.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metalctl.boot.build.errors import RecipeError
from metalctl.content import paths

VERSION = "1"  # of what the builder makes of a recipe: raise it when the same recipe gives another result


@dataclass(frozen=True)
class Recipe:
    """A recipe as read; paths are absolute."""

    directory: Path
    kind: str
    release: str
    components: tuple[str, ...]
    packages: tuple[str, ...]
    overlays: tuple[Path, ...]
    hooks: tuple[Path, ...]
    exclude: tuple[str, ...]
    include: tuple[str, ...]
    enable: tuple[str, ...]
    mask: tuple[str, ...]
    mask_generators: tuple[str, ...]
    need_mib: int
    digest: str
    disk: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The first 16 hex digits of the content hash: the folder's name in the cache."""
        return self.digest[:16]


def load(directory: Path) -> Recipe:
    """Read and hash a recipe folder. Raises RecipeError naming the file."""
    path = directory / "recipe.toml"
    try:
        raw = tomllib.loads(path.read_text())
    except OSError as error:
        raise RecipeError(path, f"cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(path, str(error)) from error
    try:
        return _recipe(directory.resolve(), raw)
    except KeyError as error:
        raise RecipeError(path, f"{error.args[0]} is missing") from error
    except OSError as error:
        raise RecipeError(Path(str(error.filename)), f"cannot be read: {error.strerror}") from error


def _recipe(directory: Path, raw: Mapping[str, Any]) -> Recipe:
    overlays = tuple(_overlay(directory, name) for name in raw.get("overlays", ()))
    hooks = tuple((directory / name).resolve(strict=True) for name in raw.get("hooks", ()))
    packages = directory / raw["packages"]
    return Recipe(
        directory=directory,
        kind=raw["kind"],
        release=raw["release"],
        components=tuple(raw["components"]),
        packages=tuple(package_names(packages.read_text())),
        overlays=overlays,
        hooks=hooks,
        exclude=tuple(raw.get("exclude", ())),
        include=tuple(raw.get("include", ())),
        enable=tuple(raw.get("enable", ())),
        mask=tuple(raw.get("mask", ())),
        mask_generators=tuple(raw.get("mask_generators", ())),
        need_mib=int(raw["need_mib"]),
        digest=content_hash(directory / "recipe.toml", packages, *hooks, *overlays),
        disk=raw.get("disk", {}),
    )


def _overlay(directory: Path, name: str) -> Path:
    """A folder of the recipe, or the content of that name: what phones home is the same in every image."""
    return (paths.find(name) if name.startswith("pxe/") else directory / name).resolve(strict=True)


def package_names(text: str) -> Iterator[str]:
    """The names in a packages list: one a line, comments and blank lines left out."""
    for line in text.splitlines():
        name = line.partition("#")[0].strip()
        if name:
            yield name


def content_hash(*inputs: Path) -> str:
    """SHA-256 over VERSION and all inputs, folders walked in sorted order; names count, times and owners do not."""
    total = hashlib.sha256(VERSION.encode())
    for number, top in enumerate(inputs):
        for path in files(top):
            name = path.relative_to(top) if top.is_dir() else Path(top.name)
            data = path.read_bytes()
            total.update(f"\0{number}\0{name}\0{len(data)}\0".encode())
            total.update(data)
    return total.hexdigest()


def files(top: Path) -> list[Path]:
    """All files under `top` (or `top` itself), sorted; editors' and Python's leavings are not content."""
    if not top.is_dir():
        return [top]
    found = (p for p in top.rglob("*") if p.is_file())
    return sorted(p for p in found if p.name[-1] != "~" and "__pycache__" not in p.parts)
