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
from pathlib import Path
from typing import Any

import yaml

from metalctl.handover.errors import HandoverError
from metalctl.model.dossier import Artifact


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


def read_documents(path: Path) -> list[Any]:
    """The YAML documents of a file, empty when it is not there; HandoverError when it cannot be read."""
    try:
        return [d for d in yaml.safe_load_all(path.read_text()) if d is not None]
    except FileNotFoundError:
        return []
    except (OSError, yaml.YAMLError) as error:
        text = str(error).splitlines()[0]
        raise HandoverError(f"{path}: {text}", hint="mend it by hand, or remove it and hand over again") from error


def to_yaml(value: Any) -> str:
    """A value as YAML 1.1 in block style, keys in the order given.

    Ansible and Ceph read YAML 1.1, where an unquoted MAC address may be a number to the base 60, and `on` a boolean:
    PyYAML quotes both, a writer of YAML 1.2 does not.
    """
    return str(yaml.safe_dump(value, sort_keys=False, default_flow_style=False, width=200, allow_unicode=True))
