"""Plug-ins of a site that are Python: who may write them, how they are loaded, and what is said of a broken one.

A file is loaded only if root or the user of this process owns it and nobody else can write to it or to a folder above
it (a folder with the sticky bit, such as /tmp, is fine). What it raises becomes a `PluginError` that names its file and
line: no traceback of a site's code reaches a user.
"""

from __future__ import annotations

import importlib.util
import os
import stat
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from metalctl.content import paths
from metalctl.content.errors import PluginError
from metalctl.model.errors import MetalctlError

_KNOWN: dict[tuple[Path, int], ModuleType] = {}


def found(folder: str) -> dict[str, Path]:
    """Name → file of each `folder/NAME.py` of the site, the first root of the content path wins. Nothing is loaded."""
    shipped = paths.shipped()
    named: dict[str, Path] = {}
    for root in paths.roots():
        if root != shipped and (root / folder).is_dir():
            for file in sorted((root / folder).glob("*.py")):
                if not file.name.startswith(("_", "conftest")):
                    named.setdefault(file.stem, file)
    return named


def require_trusted(file: Path) -> None:
    """PluginError unless only root and the user of this process can change the file."""
    try:
        whole = file.resolve(strict=True)
        for path in (whole, *whole.parents):
            if wrong := _wrong(path, path.stat()):
                raise PluginError(f"{file} is not loaded: {wrong}", hint=f"chown root {path} && chmod go-w {path}")
    except OSError as error:
        raise PluginError(f"{file}: {error.strerror}", hint="check the name and the permissions") from error


def _wrong(path: Path, status: os.stat_result) -> str:
    if status.st_uid not in (0, os.geteuid()):
        return f"{path} belongs to user id {status.st_uid}, not to root or to you"
    if path.is_dir() and status.st_mode & stat.S_ISVTX:
        return ""
    group = status.st_mode & stat.S_IWGRP and status.st_gid not in (0, os.getegid())
    return f"other users can write to {path}" if group or status.st_mode & stat.S_IWOTH else ""


def load(file: Path, needs: tuple[str, ...]) -> ModuleType:
    """The module in the file, which must have the functions named in `needs`. Each version is loaded once.

    Raises PluginError with file and line.
    """
    require_trusted(file)
    key = (file, file.stat().st_mtime_ns)
    if key not in _KNOWN:
        with calling(file):
            _KNOWN[key] = _loaded(file)
    module = _KNOWN[key]
    if missing := [name for name in needs if not callable(getattr(module, name, None))]:
        raise PluginError(f"{file}: the function {missing[0]} is missing", hint=f"it needs: {', '.join(needs)}")
    return module


class _Loader(SourceFileLoader):
    """Leaves no byte code next to the site's files."""

    def get_code(self, fullname: str) -> CodeType:
        """Compiled from the source, whatever is cached."""
        return self.source_to_code(self.get_data(self.path), self.path)


def _loaded(file: Path) -> ModuleType:
    name = f"metalctl_site_{file.parent.name}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file, loader=_Loader(name, str(file)))
    assert spec is not None and spec.loader is not None  # noqa: PT018 - a loader is given
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


@contextmanager
def calling(file: Path) -> Iterator[None]:
    """Whatever the plug-in raises, but for errors of ours, is a PluginError with its file and line."""
    try:
        yield
    except MetalctlError:
        raise
    except SyntaxError as error:
        where = f"{error.filename or file}:{error.lineno or 0}"
        raise PluginError(f"{where}: {error.msg}", hint="correct this line") from None
    except Exception as error:
        steps = [s for s in traceback.extract_tb(error.__traceback__) if s.filename == str(file)]
        where = f"{file}:{steps[-1].lineno}" if steps else str(file)
        what = f"{where}: {type(error).__name__}: {error}"[:400]
        raise PluginError(what, hint="correct this plug-in, or take it out of the folder") from error
