"""The table of files that the boot service hands out. A file that is not in it does not exist, whatever its path.

artifacts.offer_ramdisk(ensure_ramdisk(...))            → /files/ramdisk/HASH/{kernel,initrd,filesystem.squashfs}
artifacts.offer_image("debian-12", HASH, folder)        → /files/image/debian-12/HASH/{manifest.json,disk.raw.zst}
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Protocol

from metalctl.boot.errors import BadScriptValue, BootError

IMAGE_FILES = ("manifest.json", "disk.raw.zst")
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


class Ramdisk(Protocol):
    """What boot.build.ensure_ramdisk returns, as far as serving it goes."""

    @property
    def kernel(self) -> Path: ...
    @property
    def initrd(self) -> Path: ...
    @property
    def squashfs(self) -> Path: ...
    @property
    def hash(self) -> str: ...


class Artifacts:
    """Files by URL path below /files/. Thread-safe. What was offered stays offered, for nodes in mid-boot."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, Path] = {}
        self._ramdisk = ""

    def offer_ramdisk(self, ramdisk: Ramdisk) -> str:
        """Serve this ramdisk, and boot it from now on. Returns its path below the base URL."""
        top = _join("ramdisk", ramdisk.hash)
        self._offer(top, {"kernel": ramdisk.kernel, "initrd": ramdisk.initrd, "filesystem.squashfs": ramdisk.squashfs})
        self._ramdisk = f"/files/{top}"
        return self._ramdisk

    def offer_image(self, name: str, version: str, folder: Path) -> str:
        """Serve stream and manifest of an OS image. Returns their path below the base URL (InstallSpec.base_url)."""
        top = _join("image", name, version)
        self._offer(top, {file: folder / file for file in IMAGE_FILES})
        return f"/files/{top}"

    def offer_loader(self, loader: Path) -> None:
        """Serve a first loader by HTTP too, for UEFI HTTP boot."""
        self._offer("loader", {loader.name: loader})

    @property
    def ramdisk_path(self) -> str:
        """Path of the newest ramdisk's folder below the base URL, "" when there is none yet."""
        return self._ramdisk

    def find(self, name: str) -> Path | None:
        """The file served as /files/NAME, or None."""
        return self._files.get(name)

    def _offer(self, top: str, files: dict[str, Path]) -> None:
        for path in files.values():
            if not path.is_file():
                raise BootError(f"{path} is not there to be served", hint="build it again: metalctl doctor says how")
        with self._lock:
            self._files = self._files | {f"{top}/{name}": path for name, path in files.items()}


def _join(*words: str) -> str:
    for word in words:
        if not word or not set(word) <= _NAME or word.strip(".") == "":
            raise BadScriptValue("artifact name", word)
    return "/".join(words)
