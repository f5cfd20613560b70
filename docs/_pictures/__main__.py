"""`python -m docs._pictures`: write the drawings; with --check only say which are stale, exit code 1 when one is."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from docs._pictures import house, network, path

FOLDER = Path(__file__).parents[1] / "img"
DRAWN = {"house.svg": house.draw, "path.svg": path.draw, "network.svg": network.draw}


@cache
def drawings() -> dict[str, str]:
    """File name → text."""
    return {name: draw() for name, draw in DRAWN.items()}


def stale(folder: Path = FOLDER) -> list[str]:
    """The drawings that are not what the code says now."""
    return [name for name, text in drawings().items() if not (p := folder / name).exists() or p.read_text() != text]


def main(words: list[str]) -> int:
    """The program; see the module's docstring."""
    names = stale()
    for name in names:
        if "--check" in words:
            sys.stderr.write(f"{FOLDER / name} is stale: run python -m docs._pictures\n")
        else:
            (FOLDER / name).write_text(drawings()[name])
    return 1 if names and "--check" in words else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
