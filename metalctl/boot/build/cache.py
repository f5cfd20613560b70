"""The build cache: one folder a result, named by content hash; complete or absent, never half.

    $XDG_CACHE_HOME/metalctl/           (~/.cache/metalctl)
      ramdisk/<key>/                    kernel, initrd, filesystem.squashfs, ramdisk.json
      images/<os>/<key>/                disk.raw, disk.raw.zst, manifest.json
      packages/                         .deb files that all builds share
    beside the results: .lock, .staging-<key>/ (of a running build, removed by the next one if its builder died)

A result appears by one rename, when all its files are on the disk. The two newest results of a shelf are kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from metalctl.boot.build.errors import NoSpace
from metalctl.boot.build.tools import Progress

KEEP = 2


def default_cache() -> Path:
    """The cache directory by the XDG rules."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "metalctl"


def require_space(directory: Path, need: int) -> None:
    """Raise NoSpace unless the file system of `directory` has `need` bytes free."""
    free = shutil.disk_usage(directory).free
    if free < need:
        raise NoSpace(directory, need, free)


def ensure(shelf: Path, key: str, need: int, build: Callable[[Path], None], progress: Progress) -> tuple[Path, bool]:
    """The folder `shelf/key`, built by `build(staging)` if it is not there yet, and whether it was there.

    `build` fills the staging folder; what it leaves in `staging/work` is not part of the result. Raises what `build`
    raises and NoSpace; then nothing is left.
    """
    done = shelf / key
    if done.is_dir():
        return done, True
    shelf.mkdir(parents=True, exist_ok=True)
    with _lock(shelf, progress):
        if done.is_dir():
            return done, True
        for stale in shelf.glob(".staging-*"):
            shutil.rmtree(stale)
        require_space(shelf, need)
        staging = shelf / f".staging-{key}"
        try:
            staging.mkdir()
            (staging / "work").mkdir()
            build(staging)
            shutil.rmtree(staging / "work")
            _publish(staging, done)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        _prune(shelf, done)
    return done, False


@contextlib.contextmanager
def _lock(shelf: Path, progress: Progress) -> Iterator[None]:
    with (shelf / ".lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"{shelf.name}: waiting for another build to finish")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _publish(staging: Path, done: Path) -> None:
    for path in (*staging.iterdir(), staging):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    staging.rename(done)


def _prune(shelf: Path, newest: Path) -> None:
    results = sorted((p for p in shelf.iterdir() if p.is_dir() and p.name[0] != "."), key=lambda p: p.stat().st_mtime)
    others = [p for p in results if p != newest]
    for old in others[: max(0, len(others) - (KEEP - 1))]:
        shutil.rmtree(old)
