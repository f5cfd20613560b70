"""What is served: a capture of a real machine, or a tree of our own. Path without trailing slash → resource."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from metalctl.lab.errors import BadCapture
from metalctl.model.errors import why_unreadable

Tree = dict[str, dict[str, Any]]
LARGEST = 64 * 2**20
_HINT = (
    "a capture is NAME.tar.gz, or the directory, with NAME/redfish/v1/**/index.json; `metalctl bmc record` makes one"
)


def load_capture(path: Path) -> Tree:
    """The tree in a *.tar.gz or a directory; raises BadCapture."""
    try:
        files = list(_directory(path) if path.is_dir() else _archive(path))
    except (OSError, tarfile.TarError, EOFError) as error:
        raise BadCapture(f"{path}: {why_unreadable(error)}", hint=_HINT) from None
    tree: Tree = {}
    for name, text in files:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadCapture(f"{path}: {name} is not JSON: {error}", hint=_HINT) from None
        if isinstance(found, dict):
            tree[name] = found
    if "/redfish/v1" not in tree or "Systems" not in tree["/redfish/v1"]:
        raise BadCapture(f"{path}: there is no redfish/v1/index.json with Systems in it", hint=_HINT)
    return tree


def _directory(path: Path) -> Iterator[tuple[str, bytes]]:
    for file in path.rglob("index.json"):
        if name := _resource(PurePosixPath(*file.relative_to(path).parts)):
            yield name, file.read_bytes()


def _archive(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path, "r:*") as archive:
        for member in archive:
            name = _resource(PurePosixPath(member.name))
            if name and member.isfile():
                if member.size > LARGEST:
                    raise BadCapture(f"{path}: {member.name} is larger than {LARGEST >> 20} MiB", hint=_HINT)
                reader = archive.extractfile(member)
                assert reader is not None
                yield name, reader.read()


def _resource(file: PurePosixPath) -> str:
    """The resource that a file of a capture holds, "" for none."""
    if file.name != "index.json" or "redfish" not in file.parts:
        return ""
    return "/" + "/".join(file.parts[file.parts.index("redfish") : -1])
