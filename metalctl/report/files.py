"""Writing files: each whole or not at all, each as an `Artifact` with its digest."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from metalctl.model.dossier import Artifact


def put(path: Path, text: str, kind: str) -> Artifact:
    """Write a file whole or not at all, and name it."""
    data = text.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(3).hex()}")
    aside.write_bytes(data)
    aside.replace(path)
    return Artifact(kind, str(path.absolute()), hashlib.sha256(data).hexdigest())
