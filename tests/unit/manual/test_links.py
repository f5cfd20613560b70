"""Each link of the pages leads to a file or a heading that is there, and so does each page that the code names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs._pictures import site

from ._pages import HERE, anchors, links, name, pages, sources

# Pages that only the site has: those at the top of the repository.
SITE = {HERE / "docs" / page: HERE / top for top, page in site.PAGES.items()}


def place(page: Path, path: str) -> Path:
    """The file that a link of a page leads to."""
    there = (page.parent / path).resolve() if path else page
    return SITE.get(there, there)


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    found = []
    for number, target in links(page):
        path, _, anchor = target.partition("#")
        there = place(page, path)
        if not there.exists():
            found.append(f"{name(page)}:{number}: {target}: no such file")
        elif anchor and anchor not in anchors(there):
            found.append(f"{name(page)}:{number}: {target}: no such heading")
    return found


@pytest.mark.parametrize("page", pages(), ids=name)
def test_each_link_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.name", str)
    page = tmp_path / "page.md"
    page.write_text(
        "# One `two`\n\n[a](page.md#one-two) [b](#one-two) [c](gone.md) [d](#three) `[e](x)`\n\n```\n[f](y)\n```\n"
    )
    assert [line.split(": ")[1] for line in broken(page)] == ["gone.md", "#three"]


_PAGE = re.compile(r"(?<![\w./-])docs/[\w/.-]+\.(?:md|json|svg|png)\b")
_DECISION = re.compile(r"\b[Dd]ecision (0\d{3})\b")


def named(text: str) -> set[str]:
    """The pages that a text names, decisions by their numbers too."""
    return {*_PAGE.findall(text), *(f"docs/decisions/{number}-*.md" for number in _DECISION.findall(text))}


def test_each_page_that_a_file_names_is_there() -> None:
    told = str(Path(__file__).parent)
    files = [file for file in sources() if not str(file).startswith(told)]
    found = [(file, page) for file in files for page in named(file.read_text(errors="replace"))]
    assert len(found) > 20
    assert [f"{name(file)} names {page}" for file, page in found if not list(HERE.glob(page))] == []
