"""Targets that are files: a fragment a node, and one file assembled from all fragments.

So a node may be added at any time, by any process, in any order, and the others stay. Writers take a lock on the
folder. Taking a node out is removing its fragment and handing over any other node.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from metalctl.content import yaml
from metalctl.content.errors import Mistakes
from metalctl.handover.errors import HandoverError
from metalctl.model.dossier import Artifact

_LIMITS = yaml.Limits(size=64 << 20, values=5_000_000, documents=100_000, anchors=True)  # a cluster's own files


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else writes this folder meanwhile; it is made when it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write(path: Path, text: str, kind: str) -> Artifact:
    """Write a file whole or not at all, and name it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text)
    aside.replace(path)
    return Artifact(kind, str(path.absolute()), hashlib.sha256(text.encode()).hexdigest())


def read_fragment(path: Path) -> list[Any]:
    """The documents of one node's file, not to be changed. Each version is parsed once: with a thousand nodes every one
    of them is looked at whenever another is handed over.
    """
    found = path.stat()
    return _parsed(path, found.st_ino, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=16_384)
def _parsed(path: Path, _inode: int, _changed: int, _size: int) -> list[Any]:
    return read_documents(path)


def read_documents(path: Path) -> list[Any]:
    """The YAML documents of a file, empty when it is not there; HandoverError when it cannot be read."""
    problems: list[yaml.Problem] = []
    roots = yaml.read(path, problems, _LIMITS) if path.exists() else []
    if roots is None or problems:
        raise HandoverError(str(Mistakes(problems)), hint="fix it by hand, or remove it and hand over again")
    return [document for root in roots if (document := yaml.plain(root)) is not None]
