"""tests/README.md names every helper of the tests and every fixture, so that nobody writes one a second time."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]


def helpers() -> dict[str, list[str]]:
    """Path of each module below tests/ that holds no tests → its fixtures."""
    found = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if not path.name.startswith(("test_", "__init__")):
            body = ast.parse(path.read_text(encoding="utf-8")).body
            functions = [node for node in body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]
            fixtures = [f.name for f in functions if any("fixture" in ast.unparse(d) for d in f.decorator_list)]
            found[path.relative_to(ROOT).as_posix()] = fixtures
    return found


def test_the_map_names_every_helper_and_every_fixture() -> None:
    page = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    there = helpers()
    assert len(there) > 40, "the tests were moved"
    assert sorted(rows) == sorted(there)
    lacking = {path: name for path, names in there.items() for name in names if f"`{name}`" not in rows[path]}
    assert lacking == {}
