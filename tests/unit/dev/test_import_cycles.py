"""No module needs itself: imports inside functions count too, because they only put the cycle off."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
Graph = dict[str, set[str]]

# Cycles of today, to be untied by who works there next; nothing may be added.
KNOWN = ("metalctl.lab.fleet.", "metalctl.node.runner.")


def graph(root: Path, package: str) -> Graph:
    """Module → the modules of the package that it imports, at its top or anywhere inside."""
    files = {name(root, path): path for path in sorted((root / package).rglob("*.py"))}
    return {one: set(imported(path, files.keys())) - {one} for one, path in files.items()}


def name(root: Path, path: Path) -> str:
    """Its dotted name."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path, modules: Collection[str]) -> Iterator[str]:
    """The modules that a file names in its imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in modules or node.module in modules:
                    yield inner if inner in modules else node.module


def cycles(edges: Graph) -> set[str]:
    """The modules that lead back to themselves."""
    return {one for one in edges if one in reached(edges, one)}


def reached(edges: Graph, start: str) -> set[str]:
    """All that a module needs, directly or not."""
    todo, found = list(edges[start]), set(edges[start])
    while todo:
        new = edges.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found


def test_no_module_imports_itself_by_way_of_others() -> None:
    edges = graph(ROOT, "metalctl")
    assert len(edges) > 500, "the package was moved"
    assert {one for one in cycles(edges) if not f"{one}.".startswith(KNOWN)} == set()


@pytest.mark.parametrize("line", ["from p import a", "import p.a", "def f():\n    from p.a import x"])
def test_a_cycle_is_found_wherever_the_import_stands(tmp_path: Path, line: str) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/__init__.py").write_text("")
    (tmp_path / "p/a.py").write_text("from p import b\n")
    (tmp_path / "p/b.py").write_text(line + "\n")
    (tmp_path / "p/c.py").write_text("import p.a\n")
    assert cycles(graph(tmp_path, "p")) == {"p.a", "p.b"}
