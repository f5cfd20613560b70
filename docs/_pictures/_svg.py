"""A few words of SVG: boxes, lines of text, arrows. Drawings are light on purpose: they have their own ground."""

from __future__ import annotations

from html import escape

INK, GREY, GROUND = "#1d2733", "#6b7785", "#ffffff"
FONT = "font-family='system-ui, Segoe UI, Helvetica, Arial, sans-serif'"


def text(
    x: float, y: float, words: str, *, size: float = 13, weight: str = "400", ink: str = INK, at: str = "start"
) -> str:
    """One line; y is its base line, `at` is start, middle or end."""
    return (
        f"<text x='{x:g}' y='{y:g}' font-size='{size:g}' font-weight='{weight}' fill='{ink}' text-anchor='{at}'>"
        f"{escape(words)}</text>"
    )


def box(x: float, y: float, width: float, height: float, *, fill: str = "#eef3f8", edge: str = "#9fb3c8") -> str:
    """A rectangle with round corners."""
    return f"<rect x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' rx='6' fill='{fill}' stroke='{edge}'/>"


def arrow(x1: float, y1: float, x2: float, y2: float, *, ink: str = "#9aa7b4", bend: float = 0.5) -> str:
    """A curve from above to below (or a straight line sideways) with its head at the second point."""
    middle = y1 + (y2 - y1) * bend
    way = (
        f"M{x1:g},{y1:g} C{x1:g},{middle:g} {x2:g},{middle:g} {x2:g},{y2:g}" if y1 != y2 else f"M{x1:g},{y1:g} H{x2:g}"
    )
    return f"<path d='{way}' fill='none' stroke='{ink}' stroke-width='1.2' marker-end='url(#head)'/>"


def wrapped(words: str, width: int) -> list[str]:
    """Lines of at most `width` characters."""
    lines: list[str] = []
    for word in words.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def drawing(width: float, height: float, title: str, parts: list[str]) -> str:
    """The whole file; the title is what a screen reader says."""
    head = (
        "<defs><marker id='head' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' orient='auto'>"
        "<path d='M0,0 L8,4 L0,8 z' fill='#7b8896'/></marker></defs>"
    )
    lines = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:g} {height:g}' width='{width:g}' "
        f"height='{height:g}' role='img' aria-label='{escape(title, quote=True)}' {FONT}>",
        f"<title>{escape(title)}</title>",
        head,
        f"<rect width='{width:g}' height='{height:g}' fill='{GROUND}'/>",
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
