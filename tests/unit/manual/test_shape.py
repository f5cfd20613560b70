"""What python-markdown makes of a page is what was meant: lists and tables begin after an empty line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ._pages import name, pages, prose

_ITEM = re.compile(r"\s*(?:[-*]|\d+\.) ")
_START = {"list": re.compile(r"(?:[-*]|1\.) "), "table": re.compile(r"\|.*\|$")}


def glued(text: str) -> list[int]:
    """The numbers of lines that begin a list or a table under a line of prose, which makes them a part of it."""
    found, before, kind = [], (0, ""), ""
    for number, line in prose(text):
        follows = before[1] if before[0] == number - 1 else ""
        here = next((k for k, pattern in _START.items() if pattern.match(line)), "")
        if here and follows.strip() and kind != here:
            found.append(number)
        if not line.strip():
            kind = ""
        elif here:
            kind = here
        elif not (kind == "list" and (line.startswith("  ") or _ITEM.match(line))):
            kind = ""
        before = (number, line)
    return found


@pytest.mark.parametrize("page", pages(), ids=name)
def test_lists_and_tables_begin_after_an_empty_line(page: Path) -> None:
    assert glued(page.read_text()) == []


def test_what_is_glued_to_a_paragraph_is_found() -> None:
    assert glued("# A\n\nChoices:\n- one\n- two\n\nText\n| a |\n") == [4, 8]
    assert glued("# A\n\n- one\n  more of it\n- two\n\n1. a\n2. b\n\n| a | b |\n|---|---|\n") == []
