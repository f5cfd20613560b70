"""Checks of a test's own, for the real runner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.node.runner.errors_of import in_order

HEAD = "import pytest, os, time\nfrom metalctl.node import tool\nfrom metalctl.node.errors import HardwareFault\n"
HEAD += "from metalctl.node.plugin import REQUIRED, check\n"


@pytest.fixture
def written(node: Any, tmp_path: Path) -> Any:
    """Write a check of one's own: `written(name, body, arguments, decorator)`."""
    node.checks = tmp_path / "checks"
    node.checks.mkdir()

    def write(name: str, body: str, arguments: str = "", more: str = "") -> None:
        text = f"{HEAD}@check(component='x'{', ' + more if more else ''})\ndef test_{name}({arguments}):\n    {body}\n"
        (node.checks / f"{name}.py").write_text(text)

    return write


@pytest.fixture
def whole(node: Any, written: Any) -> Any:
    """The machine with every source of errors readable and silent; `quiet` is a check that does nothing."""
    written("quiet", "pass")
    in_order(node)
    return node
