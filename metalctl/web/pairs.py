"""The page of a batch's pair tests: who sent to whom at which rate, and what is to blame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from metalctl.content.checks import catalogue
from metalctl.engine.pipeline import pair_verdicts
from metalctl.engine.pipeline.pairing import possible
from metalctl.model.pairs import Cell, Solution, solve
from metalctl.model.pairs.words import Told, findings
from metalctl.model.verdict import Verdict
from metalctl.report import page

# Squares that a browser draws at once: of a larger batch, the nodes with a slow pair and their peers come first.
MOST = 120
_CSS = {True: "pass", False: "fail", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Square:
    """One direction of one pair, by its place in the list of nodes."""

    row: int
    column: int
    css: str
    title: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """One check. possible: how many directions there are; said: what is to blame, a sentence each."""

    check: str
    nodes: list[str]
    cells: list[Square]
    possible: int
    said: list[str]


def render(database: Engine, batch: str) -> str:
    """The HTML."""
    with database.connect() as connection:
        found = pair_verdicts.gathered(connection, batch)
    paired = [check.name for check in catalogue().values() if check.paired]
    matrices = [_matrix(check, cells, found) for check in paired if (cells := list(pair_verdicts.cells(found, check)))]
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return page.render(
        "pairs.html.j2", batch=batch, matrices=matrices, names=sorted(found.names.values()), generated=stamp
    )


def _matrix(check: str, cells: list[Cell], batch: pair_verdicts.Batch) -> Matrix:
    solution = solve(cells, batch.groups)
    slow = {n for c in cells if c.good is False for n in c.pair}
    names = sorted({n for c in cells for n in c.pair}, key=lambda n: (n not in slow, n))[:MOST]
    names.sort(key=lambda n: (batch.groups.get(n, ""), n))
    place = {name: number for number, name in enumerate(names)}
    squares = [
        Square(place[c.sender], place[c.receiver], _CSS[c.good], f"{c.sender} → {c.receiver} {c.shown}")
        for c in cells if c.sender in place and c.receiver in place
    ]  # fmt: skip
    said = list(dict.fromkeys(_said(solution, Told(check, ports=batch.ports), sorted(slow))))
    return Matrix(check, names, squares, 2 * possible(len(batch.names)), said)


def _said(solution: Solution, told: Told, slow: list[str]) -> Iterator[str]:
    for name in slow:
        for finding in findings(solution, name, told):
            if finding.verdict is not Verdict.PASS:
                whose = finding.part or name
                yield f"{whose}: {finding.got}. {finding.remedy[:1].upper()}{finding.remedy[1:]}."
