"""Where site content is found: profiles, templates, checks, OS recipes.

The roots, in order of precedence; the first that holds the name wins:

1. each folder of `$METALCTL_CONTENT` (separated by colons),
2. `/etc/metalctl`,
3. what the package ships: `metalctl/_content` in an installed wheel, the top of the checkout when run from source.

A name is relative to a root, such as `profiles/compute.yaml`, `pxe/ipxe` or `checks`. A site adds a file by putting it
under the same name in one of the first two.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from metalctl.content.errors import ContentError, ContentMissing

VARIABLE = "METALCTL_CONTENT"
SYSTEM = Path("/etc/metalctl")
_PACKAGE = Path(__file__).resolve().parent.parent


def roots() -> list[Path]:
    """The folders searched, first wins. Those that do not exist are listed too: a person must see where one may add."""
    chosen = [Path(part) for part in os.environ.get(VARIABLE, "").split(":") if part]
    return [*chosen, SYSTEM, shipped()]


def shipped() -> Path:
    """The content that came with this metalctl."""
    packaged = _PACKAGE / "_content"
    return packaged if packaged.is_dir() else _PACKAGE.parent


def find(relative: str) -> Path:
    """The file or folder of that name in the first root that has it.

    Raises ContentMissing (names the roots searched), or ContentError for a name that leaves the roots.
    """
    for root in roots():
        if (found := root / _inside(relative)).exists():
            return found
    searched = [str(root) for root in roots()]
    raise ContentMissing(
        f"no {relative} on the content path (searched: {', '.join(searched)})",
        hint=f"add it under /etc/metalctl, or set ${VARIABLE} to the folder that holds it",
        relative=relative,
        roots=searched,
    )


def find_all(relative: str) -> list[Path]:
    """That name in every root that has it, first wins (for folders whose files are merged); may be empty."""
    return [found for root in roots() if (found := root / _inside(relative)).exists()]


def _inside(relative: str) -> PurePosixPath:
    path = PurePosixPath(relative)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ContentError(
            f"{relative!r} is not the name of content", hint="name it relative to a root, such as profiles/compute.yaml"
        )
    return path
