"""`extends`: which file a name means, and how a child's tree is laid over its parent's.

Mappings merge key by key, at every depth. Lists and single values replace what they inherit as a whole. A key whose
value is `~` takes the inherited key away.

`extends: compute` is a name on the content path, as on the command line. A site's `/etc/metalctl/profiles/compute.yaml`
may itself say `extends: compute`: it then extends the one that it hides. A name that ends in `.yaml` is a path from the
file.
"""

from __future__ import annotations

import os
from pathlib import Path

from metalctl.content import paths
from metalctl.content.errors import ContentError, Problem
from metalctl.content.suggest import suggest
from metalctl.content.yaml import Mapping, Scalar, describe, mapping, merge, no_removal, short

SUFFIX = ".yaml"
LONGEST_CHAIN = 16


def available() -> list[str]:
    """Names of every profile on the content path, sorted. `base` and `base-*` are parts to extend, not profiles."""
    found = set()
    for root in paths.find_all("profiles"):
        for file in root.rglob(f"*{SUFFIX}"):
            if file.stem != "base" and not file.stem.startswith("base-"):
                found.add(file.relative_to(root).with_suffix("").as_posix())
    return sorted(found)


def locate(name: str, hidden: tuple[Path, ...] = ()) -> Path | None:
    """The file of a profile's name, passing over those in `hidden`; None when there is none."""
    try:
        candidates = paths.find_all(f"profiles/{name}{SUFFIX}")
    except (ContentError, OSError, ValueError):
        return None
    return next((c for c in candidates if _real(c) not in hidden and c.is_file()), None)


def resolved(path: Path, problems: list[Problem]) -> tuple[Mapping | None, bool]:
    """The tree of the file with everything it extends laid under it, and whether the whole chain could be read."""
    layers: list[Mapping] = []
    chain: list[Path] = []
    whole = True
    following: Path | None = path
    while following is not None:
        chain.append(_real(following))
        tree = mapping(following, "a profile", problems)
        if tree is None:
            whole = False
            break
        _own_name(tree, following, problems)
        layers.append(tree)
        try:
            following = _parent(tree, following, tuple(chain), problems)
        except _Broken:
            whole = False
            break
    if not layers:
        return None, False
    merged = layers.pop()
    if whole:
        no_removal(merged, problems)
    while layers:
        merged = merge(merged, layers.pop(), problems)
    return merged, whole


def _real(path: Path) -> Path:
    try:
        return Path(os.path.realpath(path))
    except ValueError:  # a null byte: reading it will say so
        return path


def _own_name(tree: Mapping, file: Path, problems: list[Problem]) -> None:
    """`name:` may stand in a file for the reader's sake; then it is the file's. It is never inherited."""
    node = tree.items.pop("name", None)
    if node is not None and not (isinstance(node, Scalar) and node.text.rpartition("/")[2] == file.stem):
        message = f"name: expected {short(file.stem)}, as the file is called, got {describe(node)}"
        problems.append(Problem(node.place, message))


class _Broken(Exception):
    """The chain of `extends` cannot be followed; a problem was noted."""


def _parent(tree: Mapping, file: Path, chain: tuple[Path, ...], problems: list[Problem]) -> Path | None:
    named = tree.items.pop("extends", None)
    if named is None:
        return None
    if not isinstance(named, Scalar) or named.is_null:
        problems.append(Problem(named.place, f"extends: expected the name of one profile, got {describe(named)}"))
        raise _Broken
    found = _relative(file, named.text) if named.text.endswith(SUFFIX) else locate(named.text, chain)
    if found is not None and _real(found) not in chain and len(chain) < LONGEST_CHAIN:
        return found
    problems.append(_why_not(named, found, chain))
    raise _Broken


def _relative(file: Path, name: str) -> Path | None:
    try:
        candidate = file.parent / name
        return candidate if candidate.is_file() else None
    except (OSError, ValueError):
        return None


def _why_not(named: Scalar, found: Path | None, chain: tuple[Path, ...]) -> Problem:
    if found is None and locate(named.text) is None:
        hint = suggest(named.text, [*available(), "base"])
        return Problem(named.place, f"extends: no profile is called {short(named.text)}", hint)
    if len(chain) >= LONGEST_CHAIN:
        return Problem(named.place, f"extends: expected at most {LONGEST_CHAIN} files in a chain, got more")
    route = " → ".join([*(c.name for c in chain), named.text])
    return Problem(named.place, f"extends: {route} goes in a circle", "let one of them stand alone")
