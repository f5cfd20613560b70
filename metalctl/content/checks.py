"""The catalogue of checks, read from the files without importing them: they belong to the node, not to this machine.

A check is a file `checks/nvme_randread.py` (or `test_nvme_randread.py`); its name is `nvme-randread`. Its docstring is
its manual: the first line says what it is. A site's file of the same name comes first, as with all content.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from metalctl.content import paths, plugins, syntax
from metalctl.content.errors import PluginError

REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Check:
    """One check. manual: its docstring; facts: what its decorator states (component, levels, estimate, needs).

    limits: name → default ("required" where the profile must give it, "none" where it is optional); None when the file
    does not tell. paired: it runs against another node (its function asks for `peer`). broken: why the file cannot be
    read.
    """

    name: str
    file: str
    manual: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    limits: dict[str, str] | None = None
    broken: str = ""
    paired: bool = False

    @property
    def summary(self) -> str:
        """The first line of the manual, or why there is none."""
        return self.manual.partition("\n")[0] or (f"cannot be read: {self.broken}" if self.broken else "")


def catalogue() -> dict[str, Check]:
    """Every check on the content path by name, sorted."""
    found: dict[str, Path] = {}
    for folder in paths.find_all("checks"):
        for file in sorted(folder.glob("*.py")):
            if not file.name.startswith(("_", "conftest")):
                found.setdefault(name_of(file), file)
    return {name: _read_once(name, found[name], found[name].stat().st_mtime_ns) for name in sorted(found)}


def travelling() -> dict[str, Path]:
    """What a node gets as its `checks/`: path in it → file. A site's file hides the shipped one of the same path.

    Raises PluginError for a file of the site that other users can write to: it would run as root on every node.
    """
    found: dict[str, Path] = {}
    for folder in reversed(paths.find_all("checks")):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                _require_trusted(file)
                found[file.relative_to(folder).as_posix()] = file
    return dict(sorted(found.items()))


def _require_trusted(file: Path) -> None:
    if not file.is_relative_to(paths.shipped()):
        plugins.require_trusted(file)


def name_of(file: Path) -> str:
    """The name of the check in a file."""
    return file.stem.removeprefix("test_").replace("_", "-")


@cache
def _read_once(name: str, file: Path, changed: int) -> Check:
    """Each version of a file is parsed once; `changed` tells versions apart."""
    return read(name, file)


def read(name: str, file: Path) -> Check:
    """One check as its file states it."""
    try:
        _require_trusted(file)
        tree = syntax.parse(file.read_bytes(), str(file))
    except (OSError, SyntaxError, ValueError, RecursionError, PluginError) as error:
        return Check(name, str(file), broken=str(error))
    return Check(name, str(file), ast.get_docstring(tree) or "", _facts(tree), _limits(tree), paired=_paired(tree))


def _paired(tree: ast.Module) -> bool:
    tests = (f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name.startswith("test_"))
    return any(argument.arg == "peer" for test in tests for argument in test.args.args)


def _facts(tree: ast.Module) -> dict[str, str]:
    """The keywords of the first `@check(...)`, as words; its limits are kept apart."""
    return {name: _words(value) for name, value in _keywords(tree).items() if name != "limits"}


def _keywords(tree: ast.Module) -> dict[str, ast.expr]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", "")) == "check":
            return {k.arg: k.value for k in call.keywords if k.arg}
    return {}


def _words(node: ast.expr) -> str:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ast.unparse(node)
    if isinstance(value, dict):
        return ", ".join(f"{level} {default}" for level, default in value.items())
    return " ".join(map(str, value)) if isinstance(value, (tuple, list, set)) else str(value)


def _limits(tree: ast.Module) -> dict[str, str] | None:
    """The limits that `@check(limits={...})` declares, with their defaults; None when it cannot be told."""
    declared = _keywords(tree).get("limits")
    if declared is None:
        return {} if _keywords(tree) else None
    if not isinstance(declared, ast.Dict):
        return None
    limits = {}
    for key, value in zip(declared.keys, declared.values, strict=True):
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            return None
        limits[key.value] = _default(value)
    return limits


def _default(value: ast.expr) -> str:
    if isinstance(value, ast.Name) and value.id == "REQUIRED":
        return REQUIRED
    return "none" if isinstance(value, ast.Constant) and value.value is None else _words(value)
