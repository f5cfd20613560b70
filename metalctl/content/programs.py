"""Where this machine's programs are: PATH, and the system programs beside it, which a plain user's shell has not."""

from __future__ import annotations

import os
import shutil


def search_path() -> str:
    """PATH, and beside each of its `bin` folders the `sbin`. Nothing else: what PATH leaves out is not found."""
    folders = [part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part]
    beside = [part.rstrip("/").removesuffix("bin") + "sbin" for part in folders if part.rstrip("/").endswith("/bin")]
    return os.pathsep.join(dict.fromkeys([*folders, *beside]))


def environment() -> dict[str, str]:
    """The environment for a program of this machine: ours, with that PATH."""
    return {**os.environ, "PATH": search_path()}


def find(name: str) -> str | None:
    """The path of a program, None when it is not installed."""
    return shutil.which(name, path=search_path())
