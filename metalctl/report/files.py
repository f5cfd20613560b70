"""Writing files: each whole or not at all, each as an `Artifact` with its digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from metalctl.model.dossier import Artifact


@contextmanager
def putting(path: Path, kind: str) -> Iterator[tuple[IO[bytes], list[Artifact]]]:
    """Write a file piece by piece, whole or not at all; (where to write, what it is in the end)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside, written = _aside(path), list[Artifact]()
    try:
        with aside.open("w+b") as file:
            yield file, written
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256")
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    written.append(Artifact(kind, str(path.absolute()), digest.hexdigest()))


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(3).hex()}")


def put(path: Path, text: str, kind: str) -> Artifact:
    """Write a file whole or not at all, and name it."""
    data = text.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(path)
    aside.write_bytes(data)
    aside.replace(path)
    return Artifact(kind, str(path.absolute()), hashlib.sha256(data).hexdigest())
