"""The rooms of metalctl/, floor by floor, and which room imports which: read from the sources, never by hand."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

from docs._pictures import _svg

HERE = Path(__file__).parents[2]
WIDTH, MARGIN, FLOOR, HEIGHT, GAP = 1000.0, 20.0, 106.0, 62.0, 12.0
# Every room imports these: an arrow to them would tell nothing.
GROUND = ("content", "model")


def floors() -> list[list[str]]:
    """The rooms from the top floor down, as the import linter holds them."""
    contracts = tomllib.loads((HERE / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["name"] == "Rooms import one way")
    return [re.findall(r"metalctl\.(\w+)", layer) for layer in layers]


def summary(room: str) -> str:
    """The first sentence of the room's own docstring."""
    words = ast.get_docstring(ast.parse((HERE / "metalctl" / room / "__init__.py").read_text())) or ""
    return re.split(r"(?<=\w)[.;:](?:\s|$)", " ".join(words.split()))[0]


@cache
def imports(room: str) -> set[str]:
    """The rooms that a room imports, anywhere in its files."""
    found: set[str] = set()
    for file in (HERE / "metalctl" / room).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            found |= {name.split(".")[1] for name in names if name.startswith("metalctl.")}
    return found - {room}


def places() -> dict[str, tuple[float, float, float]]:
    """Room → left edge, top, width."""
    found = {}
    for level, rooms in enumerate(floors()):
        width = (WIDTH - 2 * MARGIN - GAP * (len(rooms) - 1)) / len(rooms)
        for column, room in enumerate(rooms):
            found[room] = (MARGIN + column * (width + GAP), 56 + level * FLOOR, width)
    return found


def _arrows(where: dict[str, tuple[float, float, float]]) -> list[str]:
    """One a pair; each leaves its room above the room that it goes to, as far as its own width reaches."""
    drawn = []
    for room, (x, y, width) in where.items():
        wanted = sorted((imports(room) & where.keys()) - set(GROUND), key=lambda r: (where[r][0] + where[r][2] / 2, r))
        for place, other in enumerate(wanted, 1):
            left, top, across = where[other]
            if top > y:
                start = x + width * place / (len(wanted) + 1)
                end = left + across * (0.2 + 0.6 * (start - MARGIN) / (WIDTH - 2 * MARGIN))
                drawn.append(_svg.arrow(start, y + HEIGHT, end, top - 1))
    return drawn


def draw() -> str:
    """The drawing."""
    where = places()
    parts = [
        _svg.text(MARGIN, 30, "metalctl/", size=18, weight="600"),
        _svg.text(WIDTH - MARGIN, 30, "a room imports only rooms below it", ink=_svg.GREY, at="end"),
        *_arrows(where),
    ]
    for room, (x, y, width) in where.items():
        ground = room in GROUND
        parts.append(_svg.box(x, y, width, HEIGHT, fill="#e6efe6" if ground else "#eef3f8"))
        parts.append(_svg.text(x + 10, y + 20, f"{room}/", size=15, weight="600"))
        for row, line in enumerate(_svg.wrapped(summary(room), int(width / 7.0))[:3]):
            parts.append(_svg.text(x + 10, y + 36 + 13 * row, line, size=11, ink=_svg.GREY))
    height = 56 + FLOOR * (len(floors()) - 1) + HEIGHT
    parts.append(
        _svg.text(
            MARGIN, height + 24, "green: the ground of all rooms; arrows to it are not drawn", size=11, ink=_svg.GREY
        )
    )
    return _svg.drawing(WIDTH, height + 40, "The rooms of metalctl and which of them imports which", parts)
