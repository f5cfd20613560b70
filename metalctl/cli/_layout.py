"""Text for a terminal of 80 columns, for a narrower one and for a pipe: what is long is folded at a word, never cut.

What firmware and drives call themselves is printed as well: `plain` takes out what would steer a terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TextIO

import click

WIDE = 10_000  # of a pipe: one line a row, for grep
_FEW = 3  # columns, of which the last is folded however narrow the terminal is
_NARROW = 30  # a last column of less room goes on lines of its own


def width(stream: TextIO | None = None) -> int:
    """Columns to write in: $COLUMNS, else the terminal's; a pipe has no end. stream: stdout where not stated."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isdigit() and int(stated):
        return int(stated)
    try:
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns or 80
    except (OSError, ValueError):
        return WIDE


def plain(text: str) -> str:
    """The text without characters that would steer a terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def paint(text: str, colour: str | None, **style: bool) -> str:
    """In a colour ("" or None for none); without any where NO_COLOR is set. click.echo takes it out of pipes."""
    if os.environ.get("NO_COLOR") or not (colour or style):
        return text
    return click.style(text, fg=colour or None, **style)


def fold(text: str, first: str = "", others: str | None = None, columns: int | None = None) -> list[str]:
    """Lines of at most so many columns, by default `width()`; others: what the second and later ones begin with."""
    indent = " " * len(first) if others is None else others
    folded = wrap(
        plain(text), columns or width(), initial_indent=first, subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return folded or [first.rstrip()]


def table(
    titles: Sequence[str], rows: Sequence[Sequence[str]], colours: Mapping[int, Mapping[str, str]] | None = None
) -> list[str]:
    """A heading and the rows; the last column is folded, and columns that hold nothing are left out.

    colours: by column, the colour of each value.
    """
    used = [i for i in range(len(titles)) if any(row[i] for row in rows)]
    if not used:
        return []
    *fixed, last = used
    widths = {i: max(len(titles[i]), *(len(plain(row[i])) for row in rows)) for i in fixed}
    painted = colours or {}

    taken = sum(widths[i] + 2 for i in fixed)
    room = width() - taken
    below = bool(fixed) and room < _NARROW and any(len(plain(row[last])) > room for row in rows)

    def line(row: Sequence[str]) -> list[str]:
        cells = [paint(f"{plain(row[i]):<{widths[i]}}", painted.get(i, {}).get(row[i])) for i in fixed]
        left = "  ".join(cells)
        if not row[last]:
            return [left.rstrip()]
        if below:
            return [left.rstrip(), *fold(row[last], "    ")]
        first, *others = fold(row[last], columns=room)
        return [f"{left}  {first}" if fixed else first, *(f"{'':<{taken}}{other}" for other in others)]

    heading, *_ = line(titles)
    return [paint(heading, None, bold=True), *(text for row in rows for text in line(row))]


def records(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of many columns: those that do not fit stand below their row, each with its title.

    No value is cut. In a pipe, and where all columns fit, it is a `table`.
    """
    used = [i for i in range(len(titles)) if any(row[i] for row in rows)]
    widths = {i: max(len(titles[i]), *(len(plain(row[i])) for row in rows)) + 2 for i in used}
    fixed = sum(widths[i] for i in used[:-1])
    if len(used) <= _FEW or fixed + min(_NARROW, widths[used[-1]]) <= width():
        return table(titles, rows)
    kept = [i for n, i in enumerate(used) if n == 0 or sum(widths[j] for j in used[: n + 1]) - 2 <= width()]
    below = [i for i in used if i not in kept]
    lines = [paint("".join(f"{titles[i]:<{widths[i]}}" for i in kept).rstrip(), None, bold=True)]
    for row in rows:
        lines.append("".join(f"{plain(row[i]):<{widths[i]}}" for i in kept).rstrip())
        more = "; ".join(f"{titles[i]} {row[i]}" for i in below if row[i])
        lines += fold(more, "    ") if more else []
    return lines


class Screen:
    """Lines on a terminal that are drawn over the former ones; no more of them than it has rows."""

    def __init__(self) -> None:
        self._drawn = 0

    def draw(self, lines: Sequence[str], *, whole: bool = False) -> None:
        """whole: all of them, for the last time."""
        rows = max(3, os.get_terminal_size(sys.stdout.fileno()).lines - 1)
        if not whole and len(lines) > rows:
            lines = [*lines[: rows - 1], f"… and {len(lines) - rows + 1} lines more"]
        up = f"\x1b[{self._drawn}F" if self._drawn else ""
        sys.stdout.write("\n".join([f"{up}\x1b[J{lines[0] if lines else ''}", *lines[1:], ""]))
        sys.stdout.flush()
        self._drawn = max(1, len(lines))
