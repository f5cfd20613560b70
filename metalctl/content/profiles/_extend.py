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
from metalctl.content.profiles._tree import Mapping, Node, Scalar, describe, read, short
from metalctl.content.suggest import suggest

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
        tree = read(following, problems)
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
        _no_removal(merged, problems)
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
        problems.append(Problem(node.file, node.line, message))


class _Broken(Exception):
    """The chain of `extends` cannot be followed; a problem was noted."""


def _parent(tree: Mapping, file: Path, chain: tuple[Path, ...], problems: list[Problem]) -> Path | None:
    named = tree.items.pop("extends", None)
    if named is None:
        return None
    if not isinstance(named, Scalar) or named.is_null:
        problems.append(
            Problem(named.file, named.line, f"extends: expected the name of one profile, got {describe(named)}")
        )
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
        return Problem(named.file, named.line, f"extends: no profile is called {short(named.text)}", hint)
    if len(chain) >= LONGEST_CHAIN:
        return Problem(named.file, named.line, f"extends: expected at most {LONGEST_CHAIN} files in a chain, got more")
    route = " → ".join([*(c.name for c in chain), named.text])
    return Problem(named.file, named.line, f"extends: {route} goes in a circle", "let one of them stand alone")


def merge(below: Mapping, above: Mapping, problems: list[Problem]) -> Mapping:
    """The child `above` laid over its parent `below`."""
    merged = Mapping(above.file, above.line, dict(below.items), dict(below.lines))
    for key, value in above.items.items():
        inherited = below.items.get(key)
        if isinstance(value, Scalar) and value.is_null:
            if inherited is None:
                problems.append(_nothing_to_remove(key, value))
            merged.items.pop(key, None)
            merged.lines.pop(key, None)
            continue
        if isinstance(value, Mapping) and isinstance(inherited, Mapping):
            merged.items[key] = merge(inherited, value, problems)
        else:
            _no_removal(value, problems)
            merged.items[key] = value
        merged.lines[key] = above.lines[key]
    return merged


def _no_removal(node: Node, problems: list[Problem]) -> None:
    """Where nothing is inherited, an empty value is a slip of the pen: it is noted and dropped."""
    if not isinstance(node, Mapping):
        return
    for key, value in list(node.items.items()):
        if isinstance(value, Scalar) and value.is_null:
            problems.append(_nothing_to_remove(key, value))
            del node.items[key]
        else:
            _no_removal(value, problems)


def _nothing_to_remove(key: str, value: Scalar) -> Problem:
    message = f"{short(key)}: expected a value, got nothing (and nothing is inherited that could be taken away)"
    return Problem(value.file, value.line, message, "write {} for a check without limits, or drop the line")
