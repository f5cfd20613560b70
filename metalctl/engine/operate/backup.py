"""backup: what metalctl remembers, in one file. Consistent while the service runs; keys only on request.

The file is a tar.gz with a manifest (version, schema, SHA-256 of each member). The database is copied by SQLite's own
backup; what is cached (ramdisk, images) and the logs are left out.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import metalctl
from metalctl.engine.state import StateDir
from metalctl.model.errors import UsageError

MANIFEST = "manifest.json"
DATABASES = ("metalctl.db", "workflows.db")


@dataclass(frozen=True, slots=True)
class Backup:
    """files: by name in the backup, SHA-256."""

    path: Path
    made: str
    version: str
    files: dict[str, str]

    @property
    def has_keys(self) -> bool:
        """Whether signing and login keys are in it."""
        return any(name.startswith("keys/") for name in self.files)


def backup(state: StateDir, path: Path, *, keys: bool) -> Backup:
    """Write the file, readable by its owner only, whole or not at all. UsageError: it exists, or there is nothing."""
    if state.url:
        raise UsageError("the store is PostgreSQL", hint="back it up with pg_dump; the keys are in " + str(state.keys))
    if path.exists():
        raise UsageError(f"{path} exists", hint="name a new file")
    if not state.database.exists():
        raise UsageError(f"{state.path} holds no state of metalctl", hint="name its directory with --state-dir")
    with tempfile.TemporaryDirectory(dir=state.path) as folder:
        members = _copied(state, Path(folder)) + _files(state, keys=keys)
        return _packed(members, path)


def _copied(state: StateDir, folder: Path) -> list[tuple[str, Path]]:
    found = []
    for name in DATABASES:
        source = state.path / name
        if not source.exists():
            continue
        with (
            contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60)) as one,
            contextlib.closing(sqlite3.connect(folder / name)) as other,
        ):
            one.backup(other)
        found.append((name, folder / name))
    return found


def _files(state: StateDir, *, keys: bool) -> list[tuple[str, Path]]:
    folders = [state.path / "reports", *([state.keys] if keys else [])]
    listed = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return [(str(path.relative_to(state.path)), path) for path in listed]


def _packed(members: list[tuple[str, Path]], path: Path) -> Backup:
    made, files = datetime.now(UTC).isoformat(timespec="seconds"), dict[str, str]()
    manifest = {"format": 1, "made": made, "version": metalctl.__version__, "files": files}
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream, tarfile.open(fileobj=stream, mode="w:gz") as tar:
            for name, source in members:
                # Read once: a page that is written anew, or pruned, meanwhile must not make the file a damaged one.
                with contextlib.suppress(FileNotFoundError):
                    data = source.read_bytes()
                    files[name] = hashlib.sha256(data).hexdigest()
                    _add(tar, name, data)
            _add(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
            tar.close()
            stream.flush()
            os.fsync(stream.fileno())
        aside.rename(path)
    finally:
        aside.unlink(missing_ok=True)
    return Backup(path, made, metalctl.__version__, files)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    tar.addfile(info, io.BytesIO(data))
