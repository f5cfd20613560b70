"""No module of metalctl imports itself by way of others: imports inside functions and for types count too."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[3]


def modules(root: Path, package: str = "metalctl") -> dict[str, Path]:
    """Dotted name → file of every module of the package."""
    found = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path, known: dict[str, Path]) -> set[str]:
    """The known modules that a file imports anywhere in it; `from a import b` means a.b where that is a module."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{path}: a relative import"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in known else node.module for name in inner}
    return names & known.keys()


def cycle(root: Path, package: str = "metalctl") -> list[str]:
    """The modules of one cycle in the order of its imports, [] where there is none."""
    known = modules(root, package)
    try:
        TopologicalSorter({name: imported(path, known) for name, path in known.items()}).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert len(modules(ROOT)) > 500, "the package was moved"
    assert cycle(ROOT) == []


def test_imports_inside_functions_and_for_types_count(tmp_path: Path) -> None:
    sources = {
        "a": "from house import b\n",
        "b": "def later():\n    import house.c\n",
        "c": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.a import thing\n",
        "__init__": "",
    }
    (tmp_path / "house").mkdir()
    for name, text in sources.items():
        (tmp_path / "house" / f"{name}.py").write_text(text)
    assert sorted(set(cycle(tmp_path, "house"))) == ["house.a", "house.b", "house.c"]
    (tmp_path / "house" / "c.py").write_text("")
    assert cycle(tmp_path, "house") == []
