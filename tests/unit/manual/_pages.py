"""The project's prose: which pages there are, their headings as anchors, their links and their blocks of code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parents[3]
# Made by programs from the code and the tests: their words are corrected there.
GENERATED = ("docs/commands/", "docs/reference/truth.md")
_LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^ *(```|~~~)")


def pages() -> list[Path]:
    """Every page of prose, generated ones among them."""
    top = [HERE / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return [p for p in top if p.exists()] + sorted((HERE / "docs").rglob("*.md"))


def sources() -> Iterator[Path]:
    """The text files of the project that may name a page."""
    kinds = {".py", ".md", ".toml", ".yaml", ".yml", ".j2", ".sh", ".txt"}
    for path in sorted(HERE.iterdir()):
        if path.is_file() and path.suffix in {"", *kinds}:
            yield path
        elif path.is_dir() and not path.name.startswith("."):
            yield from (p for p in sorted(path.rglob("*")) if p.suffix in kinds and p.is_file())


def name(page: Path) -> str:
    """As it is written in links and ledgers."""
    return str(page.relative_to(HERE))


def written() -> list[Path]:
    """The pages that people write."""
    return [p for p in pages() if not name(p).startswith(GENERATED)]


def prose(text: str) -> Iterator[tuple[int, str]]:
    """(line number, line) outside of fenced blocks."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def links(page: Path) -> Iterator[tuple[int, str]]:
    """(line number, target) of each link and picture that leads to a place of ours."""
    for number, line in prose(page.read_text()):
        for target in _LINK.findall(re.sub(r"`[^`]*`(?!\])", "", line)):
            if not re.match(r"[a-z]+:", target):
                yield number, target


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as mkdocs makes them; a heading that repeats gets a number."""
    found: list[str] = []
    for _, line in prose(page.read_text()):
        if heading := re.match(r"#{1,6} +(.+?) *#*$", line):
            found.append(_slug(heading[1]))
    return {slug if not (n := found[:i].count(slug)) else f"{slug}_{n}" for i, slug in enumerate(found)}


def _slug(heading: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())
