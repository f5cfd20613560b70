"""restore: a backup becomes the state directory, whole or not at all.

All of it is read and verified, then written into a directory beside (`.NAME.restoring`) and brought to the disk; one
rename makes that the state directory. A restore that was killed leaves the directory beside: every command then says
so and refuses to begin a new store there, and the same `restore` does it again from the start.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

from metalctl.engine.errors import EngineError
from metalctl.engine.operate.backup import MANIFEST, Backup
from metalctl.engine.state import StateDir
from metalctl.model.errors import UsageError


def restore(path: Path, state: StateDir) -> Backup:
    """Put a backup into an empty state directory, or one that is not there yet.

    Raises UsageError: it is not empty, or another restore is at work; EngineError: the file is damaged, or the
    directory cannot be written.
    """
    if state.url:
        raise UsageError("the store is PostgreSQL", hint="put it back with pg_restore; a backup file is of SQLite")
    _require_empty(state.path)
    found, contents = _read(path)
    try:
        with _beside(state.restoring) as folder:
            for name, data in contents.items():
                _write(folder / name, data)
            StateDir(folder).create()
            _become(folder, state.path)
    except OSError as error:
        raise EngineError(f"{state.path} cannot be restored: {error.strerror}", hint=_hint(error, state)) from error
    return found


def _require_empty(path: Path) -> None:
    """Empty folders are nothing: a service that did not come to its start leaves them."""
    held = sorted(str(one.relative_to(path)) for one in path.rglob("*") if not one.is_dir() or one.is_symlink())
    if held:
        names = ", ".join(held[:3]) + (" and more" if len(held) > 3 else "")
        raise UsageError(
            f"{path} holds state already: {names}", hint="move it away, or name another directory with --state-dir"
        )


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """An empty directory of our own; what a restore that was killed has left in it goes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"another restore writes {folder}", hint="wait for it to end") from None
        for one in folder.iterdir():
            shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()
        yield folder
    finally:
        os.close(handle)


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        os.fsync(file.fileno())


def _become(folder: Path, path: Path) -> None:
    """The rename is the moment in which it is restored. The owner of the directory that was there stays its owner."""
    folder.chmod(0o755)
    if path.exists():
        before = path.stat()
        folder.chmod(before.st_mode & 0o777)
        if os.geteuid() == 0:
            for one in (folder, *folder.rglob("*")):
                os.chown(one, before.st_uid, before.st_gid)
    for one in (folder, *(one for one in folder.rglob("*") if one.is_dir())):
        _to_disk(one)
    for one in sorted((one for one in path.rglob("*") if one.is_dir()), reverse=True):
        one.rmdir()
    folder.rename(path)
    _to_disk(path.parent)


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _hint(error: OSError, state: StateDir) -> str:
    if error.errno in (errno.EBUSY, errno.EXDEV):
        return f"{state.path} is a mount point: restore into a directory below it, and name that with --state-dir"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{state.path.parent} must be writable: run it as root; the directory keeps its owner"
    return "correct that, then restore again: nothing was restored yet"


def _read(path: Path) -> tuple[Backup, dict[str, bytes]]:
    """All of it is read and verified before anything is written."""
    hint = "is it a file that metalctl backup wrote, and did it arrive whole?"
    try:
        with tarfile.open(path, "r:gz") as tar:
            contents = {m.name: file.read() for m in tar if m.isfile() and (file := tar.extractfile(m))}
        manifest = json.loads(contents.pop(MANIFEST))
        files = dict(manifest["files"])
    except (OSError, tarfile.TarError, ValueError, KeyError, EOFError) as error:
        raise EngineError(f"{path} cannot be read as a backup: {error}", hint=hint) from error
    for name in {*files, *contents}:
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise EngineError(f"{path}: {name!r} leads out of the state directory", hint=hint)
        if hashlib.sha256(contents.get(name, b"")).hexdigest() != files.get(name):
            raise EngineError(f"{path}: {name} is not what the manifest says", hint=hint)
    return Backup(path, str(manifest["made"]), str(manifest["version"]), files), contents
