"""First versions of a site's plug-ins, each with its test: `metalctl check|quirk|requirement|target new`.

The texts are the `.txt` files in this folder; `$name` and `$stem` in them are the plug-in's name and its file's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from metalctl.content import paths
from metalctl.content.errors import ContentError
from metalctl.model.errors import UsageError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class StubError(ContentError, UsageError):
    """Nothing was written: the name cannot be used, or a file is there already."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of plug-in: its folder below the site's, the ending of its file, the names that are taken already."""

    what: str
    folder: str
    ending: str
    taken: Callable[[], list[str]]


def site() -> Path:
    """The folder of the site: the first of $METALCTL_CONTENT, else /etc/metalctl."""
    return paths.roots()[0] if len(paths.roots()) > 2 else paths.SYSTEM


def write(kind: Kind, name: str, folder: Path) -> tuple[Path, Path]:
    """Write the plug-in and its test below the folder; their paths. Nothing is overwritten: StubError."""
    if not _NAME.fullmatch(name):
        raise StubError(f"{name!r} is not a name", hint="small letters, digits and hyphens, such as gpu-burn")
    stem = name if kind.ending == ".yaml" else name.replace("-", "_")
    plugin = folder / kind.folder / f"{stem}{kind.ending}"
    test = folder / "tests" / f"test_{kind.what}_{stem.replace('-', '_')}.py"
    for path in (plugin, test):
        if path.exists():
            raise StubError(f"{path} is there already", hint="choose another name, or remove the file")
    if {name, stem} & set(kind.taken()):
        hint = "choose another name; to replace one of metalctl's, copy its file"
        raise StubError(f"a {kind.what} is called {name} already", hint=hint)
    names = {"name": name, "stem": stem}
    _put(plugin, _text(kind.what, names))
    _put(test, _text(f"{kind.what}_test", names))
    return plugin, test


def _text(what: str, names: dict[str, str]) -> str:
    return Template(files(__name__).joinpath(f"{what}.txt").read_text(encoding="utf-8")).substitute(names)


def _put(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise StubError(f"{path}: {error.strerror}", hint="give --dir a folder that you can write to") from error
